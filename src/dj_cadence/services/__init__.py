"""One use case a module: what is asked of the domain and the store, in one transaction.

Decisions: docs/why.md, “The structure”.
"""
