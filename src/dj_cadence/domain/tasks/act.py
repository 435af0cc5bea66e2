"""The kinds of acts: what may be done to a task, and who may take it back."""

from collections.abc import Mapping
from enum import StrEnum

from dj_cadence.domain import labels


class ActKind(StrEnum):
    """What an act did to its task. The Chinese word is `label`."""

    DONE = "done"
    SURPLUS = "surplus"
    MISSED = "missed"
    PLANNED = "planned"
    POSTPONE = "postpone"
    WAIVE = "waive"
    ACCEPT = "accept"
    RETURN = "return"
    UNDO = "undo"
    EVIDENCE = "evidence"
    TAKE_BACK = "take_back"
    HANDOVER = "handover"
    RELEASE = "release"
    MOVE = "move"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"

    @property
    def is_grant(self) -> bool:
        """Whether only a superior may say it, and so only a superior may take it back."""
        return self in _GRANTS

    @property
    def label(self) -> str:
        return labels.ACTS[self]

    @property
    def undo_label(self) -> str:
        """What is taken back, as in 撤回登记. Raises KeyError for what cannot be."""
        return labels.DEEDS[self]


_GRANTS = frozenset({ActKind.POSTPONE, ActKind.WAIVE, ActKind.ACCEPT, ActKind.RETURN})
UNDOABLE = _GRANTS | {ActKind.DONE, ActKind.SURPLUS, ActKind.MISSED, ActKind.PLANNED}
"""What a person says of a task, and can take back."""
_BOOKKEEPING = frozenset({"next_on", "due_revision", "redated_on", "settled_at", "opens", "due"})
"""What follows from the rest: dates are the plan's where nobody granted others."""


def facts_in(values: Mapping[str, object]) -> frozenset[str]:
    """What of a task an act says, of all the columns that it wrote."""
    return frozenset(values) - _BOOKKEEPING


def contradict(earlier: Mapping[str, object], later: Mapping[str, object]) -> bool:
    """Whether a later act rests on what an earlier one says of the same task."""
    return bool(facts_in(earlier) & facts_in(later))
