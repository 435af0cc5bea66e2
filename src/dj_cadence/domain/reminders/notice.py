"""That somebody is to be told something about a task, and who hears of it when."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.organizations.offices import CLERK, DEPUTY, SECRETARY

_STAND_INS = (SECRETARY, DEPUTY, CLERK)


class Notice(NamedTuple):
    """What an office is to be told of a task, from a day on. All but `due_on` is its key."""

    task_id: int
    due_revision: int
    """Of the task's dates: after a re-dating the same may be said once more."""
    reminder_step: str
    occurrence: int
    """Of a repeated step from 0; of what an act or an appointment caused, its id."""
    level: int
    """0: the task's organization itself; above, so many levels up its reporting line."""
    office: str
    due_on: date


class WaitingNotice(NamedTuple):
    """A notice that is to be told now, with the task's organization and reminder plan."""

    id: int
    notice: Notice
    org_id: int
    plan_snapshot_id: int

    def one_level_up(self, day: date) -> Notice:
        """The same for the next level, due on `day`: nobody can be reached at this one."""
        return self.notice._replace(level=self.notice.level + 1, due_on=day)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an office."""

    person_id: int
    name: str
    acting: bool


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is written to. `relay` names the one it is meant for, where that is another."""

    person_id: int
    name: str
    relay: str = ""


def addressee(
    office: str,
    holders: Mapping[str, Holder],
    reachable: AbstractSet[int],
    fallback: str = SECRETARY,
) -> Addressee | None:
    """Who is written to about something `office` must do; None where nobody can be.

    An office that nobody holds falls to the `fallback`, then to the 书记, the 副书记 and
    the 党务工作者. Someone without an address is not a vacancy: whoever is written to is
    asked to pass it on.
    """
    meant = ""
    for name in dict.fromkeys((office, fallback, *_STAND_INS)):
        holder = holders.get(name)
        if holder and holder.person_id in reachable:
            return Addressee(holder.person_id, holder.name, meant)
        if holder and not meant:
            meant = f"{name}{holder.name}"
    return None


def digest_reader(holders: Mapping[str, Holder], reachable: AbstractSet[int]) -> Addressee | None:
    """Who reads a superior's digest: its clerk, else its 书记."""
    for office in (CLERK, SECRETARY):
        holder = holders.get(office)
        if holder and holder.person_id in reachable:
            return Addressee(holder.person_id, holder.name)
    return None


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """From `since` to `until`, both included, these positions are told nothing that can wait."""

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
