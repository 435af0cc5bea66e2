"""What a refusal means: the only place that decides whose fault it is, by tables.

An address is to blame only where the other side says that there is no such mailbox. What is
not known is the channel's, or passing.
"""
