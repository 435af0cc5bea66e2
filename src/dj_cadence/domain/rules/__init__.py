"""Duties, workflows and what superiors lay over them, with the basis they rest on.

Decisions: docs/why.md, “Rules and their basis”.
"""
