"""From a duty and the facts of organizations to dated slots.

Decisions: docs/why.md, “Planning”.
"""
