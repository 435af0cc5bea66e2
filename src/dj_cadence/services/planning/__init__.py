"""Makes the tasks that ought to exist, and takes back those that ought not.

Decisions: docs/why.md, “Planning”.
"""
