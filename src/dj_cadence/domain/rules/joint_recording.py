"""Which tasks one activity may settle together."""

from dataclasses import dataclass

from dj_cadence.domain.rules.duty import Duty


@dataclass(frozen=True, slots=True)
class Counted:
    """As much of a task as the question needs."""

    org_id: int
    duty: Duty
    period: str


def may_count_together(principal: Counted, other: Counted) -> bool:
    """Whether an activity held for `principal` may count for `other` too.

    In one organization: two duties of which the rules let one count for the other, never
    two periods of one duty. In two organizations: the same, or one duty held jointly for
    the same period.
    """
    first, second = principal.duty, other.duty
    if first.key == second.key:
        return principal.org_id != other.org_id and principal.period == other.period
    return second.key in first.counts_for or first.key in second.counts_for
