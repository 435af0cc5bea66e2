"""Messages, digests and documents as text, out of templates/.

Decisions: docs/why.md, “Messages”.
"""
