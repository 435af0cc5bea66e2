"""Opening a database, column types, and the only place that names a dialect.

Decisions: docs/why.md, “The site, its backup and its copies”.
"""
