"""Quiet periods: days on which a part of the tree is told nothing that can wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `since` to `until`, both included, for the organizations at these positions."""

    first: int
    last: int
    since: date
    until: date
    reason: str

    def holds(self, position: int, day: date) -> bool:
        return self.first <= position <= self.last and self.since <= day <= self.until


def speaks_on(quiets: Iterable[Quiet], positions: Iterable[int], day: date) -> date:
    """The first day from `day` on that is quiet at none of the `positions`."""
    places = tuple(positions)
    mine = sorted(
        (one for one in quiets if any(one.first <= place <= one.last for place in places)),
        key=lambda one: one.since,
    )
    for one in mine:
        if one.since <= day <= one.until:
            day = one.until + DAY
    return day
