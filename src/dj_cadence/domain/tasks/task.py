"""A task, its states, and what time alone does to them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from dj_cadence.domain import labels
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import WorkCalendar


class State(StrEnum):
    """Where a task stands. The Chinese word is `label`."""

    PLANNED = "planned"
    OPEN = "open"
    UNRECORDED = "unrecorded"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    """Recorded, and waiting for the superior; nobody is reminded meanwhile."""
    RETURNED = "returned"
    """Sent back by the superior, and owed again."""
    DONE = "done"
    MISSED = "missed"
    WAIVED = "waived"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return labels.TASKS[self]

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is owed."""
        return self in SETTLED


SETTLED = frozenset({State.DONE, State.MISSED, State.WAIVED, State.WITHDRAWN})
"""Nothing more is owed."""
LET_OFF = frozenset({State.WAIVED, State.WITHDRAWN})
IN_TIME = frozenset({State.OPEN, State.RETURNED})
LATE = frozenset({State.UNRECORDED, State.OVERDUE})
"""The day it was due is over."""
BEGUN = IN_TIME | LATE
"""Its time has come and it is not done."""
OWED = BEGUN | {State.PLANNED}
UNSETTLED = BEGUN | {State.SUBMITTED}
"""What superiors are told of."""
SILENT = SETTLED | {State.SUBMITTED}
"""Of these nobody is reminded."""


class Task(NamedTuple):
    """A task as it is stored: a duty of an organization in a period. Dates are local."""

    id: int
    org_id: int
    duty: str
    subject_id: int
    """An organization below (its id), a case (minus its id), the organization itself (0)."""
    start_event_id: int
    """What its dates are counted from; 0: nothing."""
    period: str
    step: str
    """Empty for the duty's own task."""
    slot_id: int
    state: State
    opens: date
    planned: date | None
    planned_time: str
    """As 14:30; empty where none was said."""
    place: str
    due: date
    asked_on: date | None
    """When it was asked whether it is done already."""
    postponed_to: date | None
    """As the superior granted; goes before the plan's."""
    due_revision: int
    """How often its dates have changed."""
    redated_on: date | None
    planned_by_person: bool
    target: int
    amount: int
    plan_snapshot_id: int
    reminded_until: date
    next_on: date | None
    """None: nothing will happen by itself."""
    has_acts: bool
    """Whether something that somebody did to it stands: the plan then leaves it."""
    completed_on: date | None
    settled_at: datetime | None
    sequence: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TaskDates:
    """The dates of one task, local."""

    opens: date
    planned: date | None
    due: date
    asked_on: date | None = None
    """When it was asked whether it is done already; None: it was not under way at the start."""


def dates_of(row: Any) -> TaskDates:
    """Those of a task, or of the slot that gives them to it."""
    return TaskDates(row.opens, row.planned, row.due, row.asked_on)


ANSWER_DAYS = 15
"""Working days to say whether what was under way at the start is done already."""


def last_answer_day(asked_on: date, calendar: WorkCalendar) -> date:
    """Until when what was asked about at the start is no reproach, whenever it was due."""
    return calendar.add_working_days(asked_on, ANSWER_DAYS)


def first_overdue_day(
    due: date, recording_grace: int, calendar: WorkCalendar, asked_on: date | None = None
) -> date:
    """The first day on which an unsettled task is overdue.

    The day it is due counts whole, then come `recording_grace` working days. What was asked
    about at the start has its time to answer besides.
    """
    last = calendar.add_working_days(due, recording_grace)
    if asked_on:
        last = max(last, last_answer_day(asked_on, calendar))
    return last + DAY


def state_on(
    day: date,
    dates: TaskDates,
    recording_grace: int,
    calendar: WorkCalendar,
    was: State = State.PLANNED,
) -> State:
    """The state on the local date `day` of a task that nobody settled.

    That it `was` sent back shows until its time is over.
    """
    if day < dates.opens:
        return State.PLANNED
    if day <= dates.due:
        return State.RETURNED if was is State.RETURNED else State.OPEN
    late = first_overdue_day(dates.due, recording_grace, calendar, dates.asked_on)
    return State.UNRECORDED if day < late else State.OVERDUE


def next_change(
    day: date, dates: TaskDates, recording_grace: int, calendar: WorkCalendar
) -> date | None:
    """The first day after `day` on which the state changes by itself."""
    late = first_overdue_day(dates.due, recording_grace, calendar, dates.asked_on)
    changes = (dates.opens, dates.due + DAY, late)
    return min((change for change in changes if change > day), default=None)


def overdue_days(day: date, due: date, state: State) -> int:
    """Days since due while overdue, else 0."""
    return (day - due).days if state is State.OVERDUE else 0
