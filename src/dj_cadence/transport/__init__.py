"""Wire formats: mail, HTTP, chat robots, reports of mail that came back.

Decisions: docs/why.md, “Messages”.
"""
