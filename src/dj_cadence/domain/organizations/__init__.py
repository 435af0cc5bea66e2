"""Organizations, their facts and their offices."""
