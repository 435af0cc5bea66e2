"""The row of the site, logins, tokens, and what waits to be done.

Decisions: docs/why.md, “Who reads, and how people come in”.
"""
