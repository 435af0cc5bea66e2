"""All statements of SQL, on SQLite and PostgreSQL alike.

Decisions: docs/why.md, “The structure”.
"""
