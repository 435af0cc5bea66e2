"""What time does to tasks: states change, and reminders that fall due are written down.

A day that was slept through is caught up with.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.messages.view import Observe, ignore
from dj_cadence.domain.reminders.daily_update import DailyUpdate, UpdateKey, daily_update
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import ESCALATED, From, Reminder, ReminderPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State, Task, dates_of
from dj_cadence.services.reminders.escalation import ReportingLines, escalations
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.reminders import notices, plan_snapshots
from dj_cadence.store.tasks import tasks as store

BATCH = 2000
_log = logging.getLogger(__name__)
_EVENTS = {State.OPEN: "opened", State.UNRECORDED: "unrecorded", State.OVERDUE: "overdue"}


def advance(
    database: Database,
    catalogue: Catalogue,
    *,
    today: date,
    now: datetime,
    observe: Observe = ignore,
) -> int:
    """Bring every task up to `today` (local); returns how many were looked at."""

    def any_due() -> bool:
        with database.read() as session:
            return store.any_due(session, today)

    looked_at = 0
    updates = DailyUpdates(catalogue, today)
    while any_due():
        with database.write(durable=False) as session:
            tasks = store.due(session, today, BATCH)
            updated, written = updates.carry_out(session, tasks, now)
        if observe is not ignore:
            _report(updated, updates, written, now, observe)
        looked_at += len(tasks)
    return looked_at


def advance_at(
    session: Session, catalogue: Catalogue, org_ids: Collection[int], *, today: date, now: datetime
) -> None:
    """Bring the tasks of a few organizations up to `today`, as the next pass would.

    So what was changed by hand is seen, and heard of, as it is from now on.
    """
    updates = DailyUpdates(catalogue, today)
    while tasks := store.due_of(session, org_ids, today):
        updates.carry_out(session, tasks, now)


@dataclass
class DailyUpdates:
    """The updates of one day, each worked out once for all tasks that are alike."""

    catalogue: Catalogue
    today: date
    plans: dict[int, ReminderPlan] = field(default_factory=dict)
    """By snapshot."""
    _updates: dict[UpdateKey, DailyUpdate] = field(default_factory=dict)

    def of(self, task: Task) -> DailyUpdate:
        """What becomes of a task that was worked out."""
        return self._updates[update_key(task, self.catalogue)]

    def work_out(self, session: Session, tasks: Sequence[Task]) -> set[int]:
        """Work out what becomes of these tasks; returns those whose rule cannot be worked out."""
        faulty: set[int] = set()
        hopeless: set[UpdateKey] = set()  # said once, however many tasks have it
        for row in tasks:
            key = update_key(row, self.catalogue)
            if key in hopeless:
                faulty.add(row.id)
            if key in self._updates or key in hopeless:
                continue
            try:
                plan = self.plan(session, key.plan_snapshot_id)
                self._updates[key] = daily_update(key, plan, self.catalogue.calendar, self.today)
            except (ArithmeticError, LookupError, TypeError, ValueError):
                _log.exception("task_faulty id=%d duty=%s", row.id, row.duty)
                hopeless.add(key)
                faulty.add(row.id)
        return faulty

    def plan(self, session: Session, snapshot_id: int) -> ReminderPlan:
        """A reminder plan as it was stored. Raises as `plan_snapshots.load` does."""
        if snapshot_id not in self.plans:
            self.plans[snapshot_id] = plan_snapshots.load(session, snapshot_id)
        return self.plans[snapshot_id]

    def carry_out(
        self, session: Session, tasks: Sequence[Task], now: datetime
    ) -> tuple[list[Task], list[Notice]]:
        """Returns the tasks whose rule can be worked out, and the notices that were written."""
        faulty = self.work_out(session, tasks)
        # A faulty rule must hold up nobody else; what it owes is looked at again each day.
        store.look_again(session, faulty, self.today + DAY)
        sound = [row for row in tasks if row.id not in faulty]
        self._change_states(session, sound, now)
        self._close_late_no_more(session, sound)
        speaking = speaking_tasks(session, self.catalogue, sound, self.today)
        return sound, [*self._remind(session, speaking), *self._escalate(session, speaking)]

    def _change_states(self, session: Session, tasks: Sequence[Task], now: datetime) -> None:
        groups: defaultdict[tuple[State, date | None, bool], list[int]] = defaultdict(list)
        for row in tasks:
            update = self.of(row)
            groups[update.state, update.next_on, update.state != row.state].append(row.id)
        for (state, next_on, is_other), ids in groups.items():
            values = {"state": state, "next_on": next_on, "reminded_until": self.today}
            store.update_state(session, ids, values, now if is_other else None)

    def _close_late_no_more(self, session: Session, tasks: Sequence[Task]) -> None:
        """What a postponement overtook is not said any more."""
        postponed: defaultdict[int, list[int]] = defaultdict(list)
        for row in tasks:
            if row.due_revision and row.due >= self.today:
                postponed[row.plan_snapshot_id].append(row.id)
        for snapshot_id, ids in postponed.items():
            steps = self.plans[snapshot_id].about_lateness() | {ESCALATED}
            notices.close_late_no_more(session, ids, steps, self.today)

    def _remind(self, session: Session, tasks: Sequence[Task]) -> list[Notice]:
        reminders = [(row, one) for row in tasks for one in self.of(row).reminders]
        told = notices.reminders_told(session, [row.id for row in tasks if row.due_revision])
        upward = [(row, reminder.level) for row, reminder in reminders if reminder.level]
        heard_above = _heard_above(session, self.catalogue, upward)
        due = [
            Notice(
                row.id,
                row.due_revision,
                reminder.reminder_step,
                reminder.occurrence,
                reminder.level,
                reminder.office or self.catalogue.office(row.duty, row.step),
                _due_on(row, reminder, self.catalogue, self.today),
            )
            for row, reminder in reminders
            if (reminder.level == 0 or (row.id, reminder.level) in heard_above)
            and not _is_known(row, reminder, told)
        ]
        notices.add(session, due)
        return due

    def _escalate(self, session: Session, tasks: Sequence[Task]) -> list[Notice]:
        """What superiors are to be told today; each task that goes up is looked at again then."""
        ahead = escalations(session, self.catalogue, tasks, self.plans, self.today)
        due, next_days = [], defaultdict(list)
        for row in tasks:
            if not (up := ahead.get(row.id)):
                continue
            day = up.day or self.today + DAY
            if day <= self.today:
                due.append(Notice(row.id, row.due_revision, ESCALATED, 0, up.level, up.office, day))
                day = self.today + DAY
            next_days[day].append(row.id)
        notices.add(session, due)
        for day, ids in next_days.items():
            store.look_again(session, ids, day, only_sooner=True)
        return due


def _heard_above(
    session: Session, catalogue: Catalogue, upward: Sequence[tuple[Task, int]]
) -> set[tuple[int, int]]:
    """(task, level) of these where there is such a superior and it concerns them."""
    if not upward:
        return set()
    lines = ReportingLines(session, catalogue, [row for row, _ in upward])
    return {
        (row.id, level)
        for row, level in upward
        if level <= len(lines.above(row)) and lines.binds(row)
    }


def _due_on(task: Task, reminder: Reminder, catalogue: Catalogue, today: date) -> date:
    """Its day; what re-dating made due at once is due from then on, and so not late."""
    earliest = task.redated_on if task.due_revision else None
    if task.step and task.reminded_until == FIRST_DAY:  # it has only just been dated
        earliest = today
    if earliest is None:
        return reminder.day
    return max(reminder.day, catalogue.calendar.on_or_after(earliest))


def _is_known(task: Task, reminder: Reminder, told: set[tuple[int, str, int, int]]) -> bool:
    """What was told is told again only if re-dating put its day back in the future.

    And who has just set the day need not be told that it is near.
    """
    key = (task.id, reminder.reminder_step, reminder.occurrence, reminder.level)
    is_told = task.due_revision and key in told
    of_own_day = reminder.counted_from in (From.PLANNED, From.TARGET) and task.planned_by_person
    return bool((is_told or of_own_day) and task.redated_on and reminder.day <= task.redated_on)


def update_key(task: Any, catalogue: Catalogue) -> UpdateKey:
    """All that the update of a task depends on."""
    return UpdateKey(
        State(task.state),
        dates_of(task),
        catalogue.recording_grace(task.duty, task.step),
        task.plan_snapshot_id,
        task.reminded_until,
        bool(task.due_revision and task.redated_on),
    )


def _report(
    tasks: Sequence[Task],
    updates: DailyUpdates,
    written: Sequence[Notice],
    now: datetime,
    observe: Observe,
) -> None:
    for row in tasks:
        state = updates.of(row).state
        if state != row.state and state in _EVENTS:
            observe({"at": now, "event": _EVENTS[state], "task": row.id})
    for notice in written:
        event = "escalated" if notice.reminder_step == ESCALATED else "notice"
        what = {name: getattr(notice, name) for name in ("reminder_step", "level", "office")}
        observe({"at": now, "event": event, "task": notice.task_id, **what})
