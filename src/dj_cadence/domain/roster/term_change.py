"""What another 上次换届日期 in the roster means for the running term."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from dj_cadence.domain.dates.arithmetic import add_months, add_years
from dj_cadence.domain.organizations.facts import OrgKind

TERM_YEARS: Mapping[OrgKind, int] = {
    OrgKind.PARTY_COMMITTEE: 5,
    OrgKind.GENERAL_BRANCH: 3,
    OrgKind.BRANCH: 3,
    OrgKind.JOINT_BRANCH: 3,
}
"""关于党的基层组织任期的意见 (2018). Here only to tell an election from a slip of the pen;
what is owed when comes from the rules."""
_OPENS_MONTHS_BEFORE = 6


class TermChange(StrEnum):
    """What a date that differs from the recorded one is taken for."""

    FIRST = "first"
    ELECTION = "election"
    """A new term: settles the running one."""
    CORRECTION = "correction"
    """The same term, begun on another day."""
    IGNORED = "ignored"
    """It would move the date back, which nobody asked for."""
    CLEARED = "cleared"
    """No term is running any more."""


def term_change(
    before: date | None, after: date | None, years: int, *, correct: bool
) -> TermChange | None:
    """What `after` means when `before` is the day of the running term's election.

    `years` is the length of that term. A date later than its opening, six months before it
    ends, is an election. An earlier date, or none, counts only with `correct`. None: nothing
    changes.
    """
    if after == before:
        return None
    if before is None:
        return TermChange.FIRST
    if after is None:
        return TermChange.CLEARED if correct else None
    if after < before:
        return TermChange.CORRECTION if correct else TermChange.IGNORED
    opens = add_months(add_years(before, years), -_OPENS_MONTHS_BEFORE)
    return TermChange.ELECTION if after > opens else TermChange.CORRECTION
