"""Tasks, acts, records and what superiors laid over rules.

Decisions: docs/why.md, “Tasks, records and taking back”.
"""
