"""An organization as everybody hands it on, and where its pages stand."""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

_AWKWARD = re.compile(r"[/\\?#%;~]|^\.{1,2}$")
"""What servers, proxies and browsers take for more than a letter, even where it is quoted."""
_STAND_IN = re.compile(r"~([0-9A-F]{2})")


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


def organization_path(code: str) -> str:
    """The path of an organization's page: one part of an address, whatever its code is made of.

    `~2F` stands in for a slash, and the like.
    """
    plain = _AWKWARD.sub(lambda match: "".join(f"~{ord(c):02X}" for c in match[0]), code)
    return f"/orgs/{quote(plain, safe='')}"


def code_in_path(part: str) -> str:
    """The code that `organization_path` put into an address, as the server hands it over."""
    return _STAND_IN.sub(lambda match: chr(int(match[1], 16)), part)
