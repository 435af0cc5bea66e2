"""What an act makes of a task: one function for each, from the task to its new columns.

Whether it is allowed was asked before; who acted and why is written down beside it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.task import OWED, State, Task


class TaskChange(NamedTuple):
    """The columns of a task that become something else."""

    kind: ActKind
    columns: Mapping[str, object]
    is_own: bool = True
    """False: the act was about another task, and the plan may still take this one back."""


def record(
    task: Task, amount: int, last_day: date | None, now: datetime, *, confirm: bool
) -> TaskChange:
    """`amount` is recorded in all: where that is enough it is done, or handed up to `confirm`."""
    columns: dict[str, object] = {"amount": amount}
    if amount >= task.target and confirm:
        columns |= {"state": State.SUBMITTED, "completed_on": last_day, "next_on": None}
    elif amount >= task.target:
        columns |= _settled(State.DONE, now) | {"completed_on": last_day}
    return TaskChange(ActKind.DONE, columns)


def record_surplus(amount: int) -> TaskChange:
    """One more record on a task that is done; `amount` is all of it."""
    return TaskChange(ActKind.SURPLUS, {"amount": amount})


def complete(task: Task, day: date, now: datetime) -> TaskChange:
    """Done on `day`, whole, by something else than a record: an election, a step after it."""
    done = _settled(State.DONE, now) | {"amount": task.target, "completed_on": day}
    return TaskChange(ActKind.DONE, done)


def miss(task: Task, today: date, now: datetime) -> TaskChange:
    """Not done and not to be done. What is counted from a step is then counted from today."""
    step = {"planned": today, "planned_by_person": True} if task.step else {}
    return TaskChange(ActKind.MISSED, _settled(State.MISSED, now) | step)


def fix_day(task: Task, day: date, hour: str, place: str, today: date) -> TaskChange:
    """The organization says on which day it means to do it; `hour` as 14:30 or empty."""
    fixed = {"planned": day, "planned_time": hour, "place": place, "planned_by_person": True}
    return TaskChange(ActKind.PLANNED, {**fixed, **_redated(task, today)})


def postpone(task: Task, opens: date, due: date, by_rule: date, today: date) -> TaskChange:
    """Other dates as granted; the day that the rule gives ends what was granted."""
    granted = _dated(task, opens, due, today)
    granted["postponed_to"] = None if due == by_rule else due
    return TaskChange(ActKind.POSTPONE, granted)


def move(task: Task, opens: date, due: date, today: date) -> TaskChange:
    """Other dates because those of another task were granted others."""
    return TaskChange(ActKind.MOVE, _dated(task, opens, due, today), is_own=False)


def waive(now: datetime) -> TaskChange:
    return TaskChange(ActKind.WAIVE, _settled(State.WAIVED, now))


def withdraw(now: datetime) -> TaskChange:
    return TaskChange(ActKind.WITHDRAW, _settled(State.WITHDRAWN, now), is_own=False)


def accept(now: datetime) -> TaskChange:
    """What was handed up is done."""
    return TaskChange(ActKind.ACCEPT, {"state": State.DONE, "settled_at": now})


def send_back(today: date) -> TaskChange:
    """What was handed up is owed again, from nothing."""
    owed = {"state": State.RETURNED, "amount": 0, "completed_on": None, "next_on": today}
    return TaskChange(ActKind.RETURN, owed)


def release(task: Task, today: date) -> TaskChange:
    """The step has become its workflow's current one, and may say what it was silent about.

    What it says is due from tomorrow: an act of the evening makes nothing late.
    """
    return TaskChange(ActKind.RELEASE, _redated(task, today) | {"redated_on": today + DAY}, False)


def hand_over(task: Task, today: date, **to: int) -> TaskChange:
    """Another organization owes it: `to` are its columns org_id and subject_id."""
    again = {"next_on": today} if task.state in OWED else {}
    return TaskChange(ActKind.HANDOVER, {**to, **again})


def _settled(state: State, now: datetime) -> dict[str, object]:
    return {"state": state, "settled_at": now, "next_on": None}


def _dated(task: Task, opens: date, due: date, today: date) -> dict[str, object]:
    return {"postponed_to": due, "opens": opens, "due": due, **_redated(task, today)}


def _redated(task: Task, today: date) -> dict[str, object]:
    """Its reminders begin anew, and it is looked at today."""
    return {"due_revision": task.due_revision + 1, "redated_on": today, "next_on": today}
