"""The weekly digest of each superior.

Decisions: docs/why.md, “Digests and documents”.
"""
