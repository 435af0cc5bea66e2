"""A stretch of the tree of organizations, which lie in preorder: each before those below it."""

from typing import NamedTuple


class TreeRange(NamedTuple):
    """Organizations by position, both ends included."""

    first: int
    last: int


WHOLE_TREE = TreeRange(0, 2**31 - 1)
