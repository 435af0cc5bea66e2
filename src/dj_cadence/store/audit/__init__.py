"""What must hold of each table's rows, as SQL: a module for each subject, a value for each rule.

`services.audit` asks them all. A rule is a condition that no row may fulfil, at a moment; what
can be set right safely says how, and is set right only where the condition still holds.
"""
