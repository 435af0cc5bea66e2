"""Sending what is due on one channel: a worker, its connections, and its circuit breaker.

Decisions: docs/why.md, “Sending”.
"""
