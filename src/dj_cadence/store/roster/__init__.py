"""Organizations, people and appointments."""
