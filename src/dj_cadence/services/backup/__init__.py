"""A site in one file, and the way back.

Decisions: docs/why.md, “The site, its backup and its copies”.
"""
