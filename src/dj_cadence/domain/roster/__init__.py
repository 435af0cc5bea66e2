"""The rows of a roster, read cell by cell and checked against each other.

Decisions: docs/why.md, “Rosters and other tables”.
"""
