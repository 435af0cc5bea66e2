"""A copy of a site walked through its days, and the invented district of the demonstration.

Decisions: docs/why.md, “Simulation”.
"""
