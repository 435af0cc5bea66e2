"""What a superior reads each week, as values."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Generic, NamedTuple, Protocol, TypeVar

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.iso_week import first_day_of_week
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.tasks.task import first_overdue_day, last_answer_day

WEEK = timedelta(days=7)
LISTED = 2000
"""So many tasks are listed one by one; of more, only how many of each duty at each child."""


CONFIDENTIAL = "涉及个人的事项"
"""What is about a person is called so wherever others may read it."""


class Numbers(NamedTuple):
    """What is counted of a subtree, each task once."""

    overdue: int = 0
    newly_overdue: int = 0
    """Of these, how many became so since the digest before."""
    due: int = 0
    """Still open and due in the week."""
    settled: int = 0
    """Done since the digest before."""
    missed: int = 0
    """Closed as 未按期开展 since the digest before."""
    submitted: int = 0
    """Recorded and waiting for a superior."""

    def __bool__(self) -> bool:
        """Templates list only what has any."""
        return any(tuple(self))

    @property
    def ask_for_reading(self) -> bool:
        """Whether a superior should hear of it; what goes well is no reason for a message."""
        return bool(self.overdue or self.missed or self.submitted)


NOTHING = Numbers()


@dataclass(frozen=True, slots=True)
class DigestChild:
    """One organization directly below the superior, its whole subtree counted."""

    org_code: str
    org_name: str
    numbers: Numbers
    change: int | None
    """By how many the overdue ones are more than at the digest before; None: unknown."""


@dataclass(frozen=True, slots=True)
class DigestDuty:
    """One duty in the superior's whole subtree."""

    title: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One task of a subtree, or `count` tasks of one duty below one child."""

    child: str
    """The organization directly below the superior that it belongs to."""
    org_name: str
    title: str
    period: str
    """Empty where it stands for several."""
    due: date
    """The earliest where it stands for several; so is `overdue_days` the most."""
    overdue_days: int
    count: int = 1
    reason: str = ""
    """Why it was not done, in the words of those who closed it."""
    task_id: int = 0


@dataclass(frozen=True, slots=True)
class DigestView:
    """The weekly digest of one superior. Lists are in the organizations' own order."""

    org_code: str
    org_name: str
    week: str
    day: date
    """The local date on which it was counted."""
    since: date
    """The day of the digest before: what happened from then on is news."""
    numbers: Numbers
    change: int | None
    children: tuple[DigestChild, ...]
    duties: tuple[DigestDuty, ...] = ()
    newly_overdue: tuple[DigestLine, ...] = ()
    still_overdue: tuple[DigestLine, ...] = ()
    missed: tuple[DigestLine, ...] = ()
    decisions: tuple[DigestLine, ...] = ()
    """What waits for this very superior."""
    own: tuple[DigestLine, ...] = ()
    """The superior's own duties that are overdue, to be recorded, or due in the week."""
    missing: tuple[str, ...] = ()
    """Sentences on data that is lacking: no election date, nobody reachable."""
    listed: bool = True
    """Whether its lists are still known; of a past week only the numbers are kept."""


@dataclass(frozen=True, slots=True)
class DigestDays:
    """The stretch that the digest of a week speaks about."""

    week: str
    since: date
    """The day of the digest before."""
    until: date
    """The week's first working day: what was settled up to the day before is its news."""
    monday: date


def digest_days(week: str, before: str, calendar: WorkCalendar) -> DigestDays:
    """The stretch of the digest of `week`, where `before` is the week of the last one made.

    Without one (empty), it is the latest week that can have had a digest.
    """
    monday = first_day_of_week(week)
    until = calendar.on_or_after(monday)
    earlier = first_day_of_week(before) if before else monday - WEEK
    while calendar.on_or_after(earlier) >= until:
        earlier -= WEEK
    return DigestDays(week, calendar.on_or_after(earlier), until, monday)


def last_due_known(since: date, recording_grace: int, calendar: WorkCalendar) -> date:
    """The last due date whose tasks were overdue on `since` already."""
    due = since - DAY
    while first_overdue_day(due, recording_grace, calendar) > since:
        due -= DAY
    return due


def last_answered(since: date, calendar: WorkCalendar) -> date:
    """The last day of asking whose time to answer was over on `since` already."""
    asked_on = since - DAY
    while last_answer_day(asked_on, calendar) >= since:
        asked_on -= DAY
    return asked_on


def folded(lines: Iterable[DigestLine], at_most: int) -> tuple[DigestLine, ...]:
    """The lines, or where they are more: one for each child and title, in the same order."""
    every = tuple(lines)
    if len(every) <= at_most:
        return every
    return tuple(
        _as_one(list(same))
        for child, below in groupby(every, key=lambda line: line.child)
        for _, same in groupby(
            sorted(below, key=lambda line: line.title), key=lambda line: line.title
        )
    )


def unnamed(lines: Iterable[DigestLine]) -> tuple[DigestLine, ...]:
    """What is about persons: only how many there are below each child, in the same order."""
    return tuple(
        replace(
            _as_one(list(same)), org_name=child, title=CONFIDENTIAL, period="", reason="", task_id=0
        )
        for child, same in groupby(lines, key=lambda line: line.child)
    )


def _as_one(lines: Sequence[DigestLine]) -> DigestLine:
    oldest = min(lines, key=lambda line: line.due)
    if len(lines) == 1:
        return oldest
    return replace(
        oldest,
        org_name=oldest.child,
        period="",
        count=sum(line.count for line in lines),
        reason="",
        task_id=0,
    )


class HasPosition(Protocol):
    """What belongs to an organization of the tree."""

    @property
    def position(self) -> int: ...


Row = TypeVar("Row", bound=HasPosition)


class SubtreeRows(Generic[Row]):
    """Rows in the organizations' own order, in which a subtree is a stretch of positions."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._positions = [row.position for row in rows]

    def below(self, above: Organization) -> Sequence[Row]:
        """Those strictly below an organization."""
        first = bisect_right(self._positions, above.position)
        return self._rows[first : bisect_right(self._positions, above.subtree_end)]


def child_of(row: HasPosition, children: Sequence[Organization]) -> Organization:
    """Which of the organizations directly below the row belongs to."""
    return children[bisect_left(children, row.position, key=lambda child: child.subtree_end)]
