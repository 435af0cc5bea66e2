"""Notices, quiet periods and the reminder plans that tasks were begun with.

Decisions: docs/why.md, “Reminders and escalation”.
"""
