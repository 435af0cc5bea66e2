"""An organization as everybody hands it on."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple


class TreeRange(NamedTuple):
    """Organizations by position, both ends included; each lies before those below it."""

    first: int
    last: int


WHOLE_TREE = TreeRange(0, 2**31 - 1)


class Organization(NamedTuple):
    """One organization of the roster, with its place in the tree."""

    id: int
    code: str
    name: str
    kind: str
    """An OrgKind."""
    supervisor_id: int | None
    approver_id: int | None
    """Who decides where that is not the superior."""
    dissolved: date | None
    """The first day on which it is no more."""
    joined_on: date | None
    """From when it owes anything where the roster does not say; None: from the site's start."""
    successor_id: int | None
    handed_over: date | None
    """The dissolution after which its successor took over what was open."""
    position: int
    """In preorder, from 1."""
    subtree_end: int
    """The last position of its subtree."""
    profile_id: int
    roster: Mapping[str, str]
    """Its row of the roster as text."""

    @property
    def subtree(self) -> TreeRange:
        """It and all below it."""
        return TreeRange(self.position, self.subtree_end)
