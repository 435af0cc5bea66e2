"""On which days a task is spoken of, and to whom.

Decisions: docs/why.md, “Reminders and escalation”.
"""
