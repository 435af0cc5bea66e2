"""What one person is told on one day, and the states of its delivery.

Decisions: docs/why.md, “Messages”.
"""
