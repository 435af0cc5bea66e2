"""Calendars as they are kept, and whether a kept one is still true.

Decisions: docs/why.md, “Calendars to subscribe to”.
"""
