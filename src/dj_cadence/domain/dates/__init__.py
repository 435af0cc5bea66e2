"""Days, working days and periods, and how one day follows from another.

Decisions: docs/why.md, “Days, periods and terms”.
"""
