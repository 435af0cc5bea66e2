"""Messages on their way: claims, attempts, letters, addresses, circuits.

Decisions: docs/why.md, “Sending”.
"""
