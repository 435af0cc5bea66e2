"""The plan as it ought to be, laid out beside the one that is stored.

Decisions: docs/why.md, “Planning”.
"""
