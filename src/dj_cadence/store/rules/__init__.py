"""The rules in force, and what was found in the saved rule files.

Decisions: docs/why.md, “Rules and their basis”.
"""
