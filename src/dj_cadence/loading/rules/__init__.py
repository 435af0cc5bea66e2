"""Rule files: read within bounds, merged layer by layer, checked.

Decisions: docs/why.md, “Rules and their basis”.
"""
