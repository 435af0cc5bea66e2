"""A pass, and what an operator looks at.

Decisions: docs/why.md, “The engine and its clock”.
"""
