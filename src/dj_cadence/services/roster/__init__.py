"""The roster imported, compared and exported.

Decisions: docs/why.md, “Rosters and other tables”.
"""
