"""What a superior is told of its subtree each week, as numbers and lines.

Decisions: docs/why.md, “Digests and documents”.
"""
