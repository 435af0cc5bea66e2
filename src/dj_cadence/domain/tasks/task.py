"""The states of a task and what time alone does to them."""

from datetime import date
from enum import StrEnum

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
OWED = frozenset({State.PLANNED, State.OPEN, State.UNRECORDED, State.OVERDUE, State.RETURNED})
SILENT = SETTLED | {State.SUBMITTED}
"""Of these nobody is reminded."""


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
    opens: date,
    due: date,
    recording_grace: int,
    calendar: WorkCalendar,
    asked_on: date | None = None,
) -> State:
    """The state of a task that nobody settled, on the local date `day`."""
    if day < opens:
        return State.PLANNED
    if day <= due:
        return State.OPEN
    if day < first_overdue_day(due, recording_grace, calendar, asked_on):
        return State.UNRECORDED
    return State.OVERDUE


def owed_again(
    was: State,
    day: date,
    opens: date,
    due: date,
    recording_grace: int,
    calendar: WorkCalendar,
    asked_on: date | None,
) -> State:
    """The state on `day` of a task that is owed as it `was` before somebody settled it."""
    state = state_on(day, opens, due, recording_grace, calendar, asked_on)
    if was is State.RETURNED and state is State.OPEN:
        return State.RETURNED  # that it was sent back shows until its time is over
    return state


def next_change(
    day: date,
    opens: date,
    due: date,
    recording_grace: int,
    calendar: WorkCalendar,
    asked_on: date | None = None,
) -> date | None:
    """The first day after `day` on which the state changes by itself."""
    late = first_overdue_day(due, recording_grace, calendar, asked_on)
    changes = (opens, due + DAY, late)
    return min((change for change in changes if change > day), default=None)


def overdue_days(day: date, due: date, state: State) -> int:
    """Days since due while overdue, else 0."""
    return (day - due).days if state is State.OVERDUE else 0
