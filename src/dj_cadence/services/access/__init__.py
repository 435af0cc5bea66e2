"""Who may see and do what, and how a browser comes in.

Decisions: docs/why.md, “Who reads, and how people come in”.
"""
