"""What time does to tasks, and who is told of it.

Decisions: docs/why.md, “Reminders and escalation”.
"""
