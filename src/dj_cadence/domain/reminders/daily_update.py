"""What a day does to a task: its state changes, reminders fall due, and superiors hear of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.plan import (
    EscalationStep,
    Reminder,
    ReminderPlan,
    next_reminder,
    reminders,
)
from dj_cadence.domain.tasks.task import State, TaskDates, next_change, state_on


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """All that a task's daily update depends on: tasks with equal keys are updated alike."""

    state: State
    dates: TaskDates
    recording_grace: int
    plan_snapshot_id: int
    reminded_until: date
    is_redated: bool
    """All its reminders up to today are looked at anew."""


@dataclass(frozen=True, slots=True)
class DailyUpdate:
    """What becomes of a task today."""

    state: State
    reminders: tuple[Reminder, ...]
    """Those that have fallen due and are not written down yet."""
    next_on: date | None
    """When something happens to it next; None: nothing by itself."""


def daily_update(
    key: UpdateKey, plan: ReminderPlan, calendar: WorkCalendar, today: date
) -> DailyUpdate:
    """What the engine makes of a task with this key on `today`."""
    dates, grace = key.dates, key.recording_grace
    after = FIRST_DAY if key.is_redated else key.reminded_until
    changes = next_change(today, dates, grace, calendar)
    speaks = next_reminder(plan, dates, calendar, today)
    return DailyUpdate(
        state_on(today, dates, grace, calendar, key.state),
        tuple(reminders(plan, dates, calendar, after, today)),
        min((day for day in (changes, speaks) if day), default=None),
    )


@dataclass(frozen=True, slots=True)
class Escalation:
    """The level to be told next: up the reporting line, each after a grace of its own."""

    level: int
    day: date | None
    """From which day on; None: not before the level below has heard of it."""
    office: str


def next_escalation(
    steps: Sequence[EscalationStep],
    overdue_on: date,
    days_told: Mapping[int, date | None],
    levels: int,
    calendar: WorkCalendar,
) -> Escalation | None:
    """Who is to be told next of what is overdue since `overdue_on`; None where nobody is left.

    `days_told` has the day on which each level heard that it is late, None where that is written
    down and has not gone out yet. A level that is missing was told nothing. `levels` is how
    many superiors there are. Each has its grace from when it was told, so that after an
    outage not all of them hear of it at once.
    """
    highest = max(days_told, default=0)
    if highest >= min(len(steps), levels):
        return None
    step, told_on = steps[highest], days_told.get(highest, overdue_on)
    if told_on is None:
        return Escalation(highest + 1, None, step.office)
    day = calendar.add_working_days(max(told_on, overdue_on), step.grace)
    return Escalation(highest + 1, calendar.on_or_after(day), step.office)


def steps_from_text(text: str) -> tuple[EscalationStep, ...]:
    """The inverse of `graces_text`."""
    return tuple(EscalationStep(int(grace)) for grace in text.split(",") if grace)


def graces_text(graces: Sequence[int]) -> str:
    """What a superior chose, as an override keeps it: 5,10."""
    return ",".join(map(str, graces))
