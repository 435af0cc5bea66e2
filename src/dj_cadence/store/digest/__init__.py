"""The numbers of subtrees, and the digests that were made of them.

Decisions: docs/why.md, “Digests and documents”.
"""
