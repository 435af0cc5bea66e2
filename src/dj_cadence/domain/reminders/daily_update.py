"""What a day does to a task: its state changes, and reminders fall due."""

from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.plan import Reminder, ReminderPlan, next_reminder, reminders
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
