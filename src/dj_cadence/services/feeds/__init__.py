"""Calendars that phones subscribe to.

Decisions: docs/why.md, “Calendars to subscribe to”.
"""
