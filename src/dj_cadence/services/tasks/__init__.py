"""What people do to tasks: record, decide, take back.

Decisions: docs/why.md, “Tasks, records and taking back”.
"""
