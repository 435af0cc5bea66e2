"""What time does to tasks: states change, and reminders that fall due are written down.

What is due is a query, `next_on <= today`; a day that was slept through is caught up with.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.messages.view import Observe, ignore
from dj_cadence.domain.reminders.escalation import Escalation
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import (
    ESCALATED,
    From,
    Reminder,
    ReminderPlan,
    TaskDates,
    next_reminder,
    reminders,
)
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State, next_change, owed_again
from dj_cadence.services.reminders.escalation import Upward, rises
from dj_cadence.services.reminders.plan_snapshot import plan_of_snapshot
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.reminders import notice_history, notices
from dj_cadence.store.schema import task

BATCH = 2000
_log = logging.getLogger(__name__)
_EVENTS = {State.OPEN: "opened", State.UNRECORDED: "unrecorded", State.OVERDUE: "overdue"}


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a task's next step depends on; tasks in the same situation move together."""

    duty: str
    step: str
    state: str
    dates: TaskDates
    plan_snapshot_id: int
    reminded_until: date
    redated_on: date | None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a task today."""

    state: State
    reminders: tuple[Reminder, ...]
    next_on: date | None


def advance(
    database: Database,
    catalogue: Catalogue,
    *,
    today: date,
    now: datetime,
    observe: Observe = ignore,
) -> int:
    """Bring every task up to `today` (local); returns how many were looked at."""
    moved = 0
    pace = _Pace(catalogue, today, now)
    while _any_due(database, today):
        with database.write(durable=False) as session:
            every = _due(session, today)
            rows, raised = pace.bring_up(session, every)
        if observe is not ignore:
            _tell(rows, pace.steps, raised, now, observe)
        moved += len(every)
    return moved


def advance_at(
    session: Session, catalogue: Catalogue, org_ids: Collection[int], *, today: date, now: datetime
) -> None:
    """Bring the tasks of a few organizations up to `today`, as the next pass would.

    So what was changed by hand is seen, and heard of, as it is from now on.
    """
    pace = _Pace(catalogue, today, now)
    here = (task.c.org_id.in_(sorted(org_ids)), task.c.next_on <= today)
    while rows := session.execute(select(task).where(*here).order_by(task.c.id)).all():
        pace.bring_up(session, rows)


@dataclass
class _Pace:
    """One day's way for tasks in the same situation, worked out once."""

    catalogue: Catalogue
    today: date
    now: datetime
    steps: dict[Situation, Step] = field(default_factory=dict)
    plans: dict[int, ReminderPlan] = field(default_factory=dict)

    def bring_up(
        self, session: Session, every: Sequence[AnyRow]
    ) -> tuple[list[AnyRow], list[Notice]]:
        """Returns the tasks whose rule can be worked out, and the notices that were raised."""
        steps, plans, catalogue, today = self.steps, self.plans, self.catalogue, self.today
        faulty = work_out(session, every, steps, plans, catalogue, today)
        _leave_for_tomorrow(session, faulty, today)
        rows = [row for row in every if row.id not in faulty]
        _move(session, rows, steps, today, self.now)
        _take_back(session, rows, plans, today)
        speaking = speaking_tasks(session, catalogue, rows, today)
        raised = _raise(session, speaking, steps, catalogue, today)
        raised += _escalate(session, catalogue, speaking, plans, today)
        return rows, raised


def work_out(
    session: Session,
    rows: Sequence[AnyRow],
    steps: dict[Situation, Step],
    plans: dict[int, ReminderPlan],
    catalogue: Catalogue,
    today: date,
) -> set[int]:
    """Fill in the steps of these tasks; returns those whose rule cannot be worked out."""
    faulty: set[int] = set()
    hopeless: set[Situation] = set()  # said once, however many tasks are in it
    for row in rows:
        situation = situation_of(row)
        if situation in hopeless:
            faulty.add(row.id)
        if situation in steps or situation in hopeless:
            continue
        chain = situation.plan_snapshot_id
        try:
            plan = plans[chain] = plans.get(chain) or plan_of_snapshot(session, chain)
            steps[situation] = next_step(situation, plan, catalogue, today)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            _log.exception("task_faulty id=%d duty=%s", row.id, row.duty)
            hopeless.add(situation)
            faulty.add(row.id)
    return faulty


def _leave_for_tomorrow(session: Session, ids: set[int], today: date) -> None:
    """A faulty rule must hold up nobody else; what it owes is looked at again each day."""
    if ids:
        session.execute(update(task).where(task.c.id.in_(ids)).values(next_on=today + DAY))


def _any_due(database: Database, today: date) -> bool:
    with database.read() as session:
        query = select(task.c.id).where(task.c.next_on <= today).limit(1)
        return session.execute(query).first() is not None


def _due(session: Session, today: date) -> list[AnyRow]:
    """The longest waiting, held: what a person does meanwhile must not be written over."""
    query = select(task).where(task.c.next_on <= today).order_by(task.c.next_on, task.c.id)
    return list(session.execute(query.limit(BATCH).with_for_update()))


def situation_of(row: AnyRow) -> Situation:
    return Situation(
        duty=row.duty,
        step=row.step,
        state=row.state,
        dates=TaskDates(row.opens, row.planned, row.due, row.asked_on),
        plan_snapshot_id=row.plan_snapshot_id,
        reminded_until=row.reminded_until,
        redated_on=row.redated_on if row.due_revision else None,
    )


def next_step(one: Situation, plan: ReminderPlan, catalogue: Catalogue, today: date) -> Step:
    """What the engine makes of a task in this situation on `today`."""
    calendar, dates, grace = (
        catalogue.calendar,
        one.dates,
        catalogue.recording_grace(one.duty, one.step),
    )
    after = FIRST_DAY if one.redated_on else one.reminded_until
    changes = next_change(today, dates.opens, dates.due, grace, calendar, dates.asked_on)
    speaks = next_reminder(plan, dates, calendar, today)
    return Step(
        state=owed_again(
            State(one.state), today, dates.opens, dates.due, grace, calendar, dates.asked_on
        ),
        reminders=tuple(reminders(plan, dates, calendar, after, today)),
        next_on=min((day for day in (changes, speaks) if day), default=None),
    )


def _move(
    session: Session, rows: list[AnyRow], steps: dict[Situation, Step], today: date, now: datetime
) -> None:
    groups: dict[tuple[State, date | None, bool], list[int]] = {}
    for row in rows:
        step = steps[situation_of(row)]
        groups.setdefault((step.state, step.next_on, step.state != row.state), []).append(row.id)
    for (state, next_on, shown), ids in groups.items():
        values: dict[str, Any] = {"state": state.value, "reminded_until": today, "next_on": next_on}
        if shown:
            values |= {"sequence": task.c.sequence + 1, "changed_at": now}
        session.execute(update(task).where(task.c.id.in_(ids)).values(**values))


def _take_back(
    session: Session, rows: list[AnyRow], plans: dict[int, ReminderPlan], today: date
) -> None:
    """What a postponement overtook is not said any more."""
    moved: dict[int, list[int]] = {}
    for row in rows:
        if row.due_revision and row.due >= today:
            moved.setdefault(row.plan_snapshot_id, []).append(row.id)
    for chain, ids in moved.items():
        notices.close_late_no_more(session, ids, plans[chain].about_lateness() | {ESCALATED}, today)


def _raise(
    session: Session,
    rows: list[AnyRow],
    steps: dict[Situation, Step],
    catalogue: Catalogue,
    today: date,
) -> list[Notice]:
    """Write the notices down."""
    said = notice_history.reminders_told(session, [row.id for row in rows if row.due_revision])
    heard_above = _heard_above(session, catalogue, rows, steps)
    values = [
        _notice(row, reminder, catalogue, _due_on(row, reminder, catalogue, today))
        for row in rows
        for reminder in steps[situation_of(row)].reminders
        if (reminder.level == 0 or (row.id, reminder.level) in heard_above)
        and not (_is_repetition(row, reminder, said) or _is_told_by_planning(row, reminder))
    ]
    notices.add(session, values)
    return values


def _notice(row: AnyRow, reminder: Reminder, catalogue: Catalogue, due_on: date) -> Notice:
    return Notice(
        row.id,
        row.due_revision,
        reminder.reminder_step,
        reminder.occurrence,
        reminder.level,
        reminder.office or catalogue.office(row.duty, row.step),
        due_on,
    )


def _heard_above(
    session: Session, catalogue: Catalogue, rows: list[AnyRow], steps: dict[Situation, Step]
) -> set[tuple[int, int]]:
    """(task, level) of the reminders to superiors that there are and that it concerns."""
    asked = [
        (row, reminder.level)
        for row in rows
        for reminder in steps[situation_of(row)].reminders
        if reminder.level
    ]
    if not asked:
        return set()
    up = Upward(session, catalogue, [row for row, _ in asked])
    return {(row.id, level) for row, level in asked if up.binds(row) and level <= up.levels(row)}


def _escalate(
    session: Session,
    catalogue: Catalogue,
    rows: list[AnyRow],
    plans: dict[int, ReminderPlan],
    today: date,
) -> list[Notice]:
    """Write down what superiors are to be told today, and look again when the next one is."""
    found = rises(session, catalogue, rows, plans, today)
    now = {id_: rise for id_, rise in found.items() if rise.day and rise.day <= today}
    values = [_upwards(row, now[row.id]) for row in rows if row.id in now]
    notices.add(session, values)
    again: dict[date, list[int]] = {}
    for id_, rise in found.items():
        later = rise.day if rise.day and id_ not in now else today + DAY
        again.setdefault(later, []).append(id_)
    for day, ids in again.items():
        sooner = or_(task.c.next_on.is_(None), task.c.next_on > day)
        session.execute(update(task).where(task.c.id.in_(ids), sooner).values(next_on=day))
    return values


def _upwards(row: AnyRow, rise: Escalation) -> Notice:
    assert rise.day, "it is told only from a day on"
    return Notice(row.id, row.due_revision, ESCALATED, 0, rise.level, rise.office, rise.day)


def _due_on(row: AnyRow, reminder: Reminder, catalogue: Catalogue, today: date) -> date:
    """Its day; what re-dating made due at once is due from then on, and so not late."""
    if row.step and row.reminded_until == FIRST_DAY:  # it has only just been dated
        return max(reminder.day, catalogue.calendar.on_or_after(today))
    if not row.due_revision or row.redated_on is None:
        return reminder.day
    return max(reminder.day, catalogue.calendar.on_or_after(row.redated_on))


def _is_repetition(row: AnyRow, reminder: Reminder, said: set[tuple[int, str, int, int]]) -> bool:
    """A rung that went out goes out again only if re-dating put its day back in the future."""
    one = (row.id, reminder.reminder_step, reminder.occurrence, reminder.level)
    if not row.due_revision or one not in said:
        return False
    return bool(row.redated_on and reminder.day <= row.redated_on)


def _is_told_by_planning(row: AnyRow, reminder: Reminder) -> bool:
    """Who has just set the day need not be told that it is near."""
    hangs_on_it = reminder.counted_from in (From.PLANNED, From.TARGET)
    return bool(row.planned_by_person and hangs_on_it and reminder.day <= row.redated_on)


def _tell(
    rows: list[AnyRow],
    steps: dict[Situation, Step],
    raised: list[Notice],
    now: datetime,
    observe: Observe,
) -> None:
    for row in rows:
        state = steps[situation_of(row)].state
        if state != row.state and state in _EVENTS:
            observe({"at": now, "event": _EVENTS[state], "task": row.id})
    for one in raised:
        event = "escalated" if one.reminder_step == ESCALATED else "notice"
        what = {"reminder_step": one.reminder_step, "level": one.level, "office": one.office}
        observe({"at": now, "event": event, "task": one.task_id, **what})
