"""From notices to messages, and from messages to their outcome.

Decisions: docs/why.md, “Sending”.
"""
