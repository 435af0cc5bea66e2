"""The pages, by subject.

Decisions: docs/why.md, “Who reads, and how people come in”.
"""
