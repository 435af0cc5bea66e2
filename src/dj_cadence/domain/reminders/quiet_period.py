"""Quiet periods: days on which a part of the tree is told nothing that can wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """From `since` to `until`, both included, for the organizations at these positions."""

    first: int
    last: int
    since: date
    until: date
    reason: str
    id: int = 0
    org_code: str = ""
    """Empty for the whole site."""
    org_name: str = ""
    made_by: str = ""

    def holds(self, position: int, day: date) -> bool:
        """Whether the organization at `position` is told nothing on `day`."""
        return self.first <= position <= self.last and self.runs_on(day)

    def runs_on(self, day: date) -> bool:
        return self.since <= day <= self.until


def speaks_on(quiets: Iterable[QuietPeriod], positions: Iterable[int], day: date) -> date:
    """The first day from `day` on that is quiet at none of the `positions`."""
    places = tuple(positions)
    for quiet in sorted(quiets, key=lambda quiet: quiet.since):
        if any(quiet.holds(place, day) for place in places):
            day = quiet.until + DAY
    return day
