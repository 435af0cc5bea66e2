"""Official letters and packs: what they are called and what they need.

Decisions: docs/why.md, “Digests and documents”.
"""
