"""Rules put in force, announced, and compared with the files they came from.

Decisions: docs/why.md, “Rules and their basis”.
"""
