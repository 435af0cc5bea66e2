"""The states of a task, its transitions, and who acts.

Decisions: docs/why.md, “Tasks, records and taking back”.
"""
