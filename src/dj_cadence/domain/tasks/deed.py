"""What people do to tasks: who may take it back, and what of a task it changed."""

from collections.abc import Mapping
from enum import StrEnum

from dj_cadence.domain import labels


class DeedKind(StrEnum):
    """A word of a person that can be taken back. What the organization itself says comes first."""

    DONE = "done"
    SURPLUS = "surplus"
    MISSED = "missed"
    PLANNED = "planned"
    POSTPONE = "postpone"
    WAIVE = "waive"
    ACCEPT = "accept"
    RETURN = "return"

    @property
    def is_grant(self) -> bool:
        """Whether only a superior may say it, and so only a superior may take it back."""
        return self in _GRANTS

    @property
    def label(self) -> str:
        return labels.DEEDS[self]


_GRANTS = frozenset({DeedKind.POSTPONE, DeedKind.WAIVE, DeedKind.ACCEPT, DeedKind.RETURN})
DEEDS = frozenset(DeedKind)
_BOOKKEEPING = frozenset({"next_on", "due_revision", "redated_on", "settled_at", "opens", "due"})
"""What follows from the rest: dates are the plan's where nobody granted others."""


def facts_in(values: Mapping[str, object]) -> frozenset[str]:
    """What of a task an act says, of all the columns that it wrote."""
    return frozenset(values) - _BOOKKEEPING


def contradict(earlier: Mapping[str, object], later: Mapping[str, object]) -> bool:
    """Whether a later act rests on what an earlier one says of the same task."""
    return bool(facts_in(earlier) & facts_in(later))
