"""Letters, packs and plans for the wall, filled in.

Decisions: docs/why.md, “Digests and documents”.
"""
