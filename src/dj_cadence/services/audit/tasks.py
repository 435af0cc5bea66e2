"""Owed tasks: each in the state that its dates say, looked at in time, and reminded of."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import cast

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.reminders.daily_update import DailyUpdate, daily_update
from dj_cadence.domain.reminders.plan import reminders
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import LATE, State, dates_of, state_on
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.reminders.daily_update import DailyUpdates, update_key
from dj_cadence.services.reminders.escalation import escalations
from dj_cadence.services.site import Site
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.store.audit import situations as store
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow

_SLACK = 31 * DAY
"""Rules and calendar that changed since a task was looked at may have moved its next day."""
_FAR = 60 * DAY
_TEXTS = {
    "task_ahead": "项任务按将来的日期办过（引擎曾按超前的时钟运行）；已恢复到今天的状态",
    "task_state": "项任务的状态与日期不符；已改正",
    "task_next_day_late": "项任务排得太晚才会再看；已排到今天",
    "task_without_next_day": "项任务没有下一个日期；已补上",
    "notice_missing": "项任务有一条到期的提醒没有写下；已交引擎补写",
}
_Mend = Callable[[Session], int]


def look_at_tasks(
    site: Site, rules: Catalogue, moment: Moment, *, mend: bool
) -> Iterator[AuditFinding]:
    """A finding for each kind of task that is not as it should be."""
    with site.database.read() as session:
        look = _Look(session, site, rules, moment, DailyUpdates(rules, moment.day))
        wrong = [*look.by_situation(), *look.asleep(), *look.unreminded()]
    numbers: Counter[str] = Counter()
    for kind, number, set_right in wrong:
        mended = number
        if mend:
            with site.database.write() as session:
                mended = set_right(session)
        numbers[kind] += mended
    for kind, number in numbers.items():
        yield AuditFinding(kind, number, _TEXTS[kind], mended=mend)


@dataclass
class _Look:
    session: Session
    site: Site
    rules: Catalogue
    moment: Moment
    updates: DailyUpdates

    def by_situation(self) -> Iterator[tuple[str, int, _Mend]]:
        for row in store.situations(self.session):
            if fault := self._wrong(row):
                yield fault[0], row.number, fault[1]

    def _wrong(self, row: AnyRow) -> tuple[str, _Mend] | None:
        """What is wrong in a situation, and what sets it right."""
        key, moment = store.key_of(row), self.moment
        grace = self.rules.recording_grace(row.duty, row.step)
        should = state_on(moment.day, dates_of(row), grace, self.rules.calendar)
        if row.reminded_until > moment.latest:
            return "task_ahead", lambda s: store.bring_back(s, key, should, moment)
        if row.last_next is None or row.last_next <= moment.latest:
            return None  # whatever is wrong, the next pass looks at it
        is_early = row.asked_on is not None and moment.day < row.asked_on
        if not is_early and self._differs(row, should):
            return "task_state", lambda s: store.set_state(s, key, should, moment)
        latest = max(self._latest_next(row), moment.latest)
        if row.last_next > latest:
            return "task_next_day_late", lambda s: store.wake(s, key, latest, moment)
        return None

    def _differs(self, row: AnyRow, should: State) -> bool:
        state = State(row.state)
        if state is should or (state is State.RETURNED and should is State.OPEN):
            return False
        # which of the late ones it is, the calendar says
        return row.reminded_until > self._applied_on or not {state, should} <= LATE

    def _latest_next(self, row: AnyRow) -> date:
        """The last day on which the engine may look at the task again."""
        if row.asked_on and row.reminded_until < row.asked_on:
            return cast(date, row.asked_on)  # whatever its dates say, nobody owed it before
        update, due, opens = self._update(row), cast(date, row.due), cast(date, row.opens)
        if update is None or update.next_on is None:
            return max(self.moment.latest, due) + _FAR
        is_known = row.reminded_until > self._applied_on
        bound = update.next_on if is_known else update.next_on + _SLACK
        return min(bound, opens) if row.reminded_until < opens else bound

    def _update(self, row: AnyRow) -> DailyUpdate | None:
        """What the engine made of it when it looked last; None for a rule that fails."""
        try:
            plan = self.updates.plan(self.session, row.plan_snapshot_id)
            key, day = update_key(row, self.rules), max(row.reminded_until, FIRST_DAY)
            return daily_update(key, plan, self.rules.calendar, day)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return None

    def asleep(self) -> Iterator[tuple[str, int, _Mend]]:
        """Tasks to which something is still to happen, though no day is written down for it."""
        updates, rows, moment = self.updates, store.asleep(self.session), self.moment
        faulty = updates.work_out(self.session, rows)
        sound = [row for row in rows if row.id not in faulty]
        coming = {
            row.id
            for row in sound
            if (update := updates.of(row)).next_on is not None or update.state != row.state
        }
        speaking = speaking_tasks(self.session, self.rules, sound, moment.day)
        upward = escalations(self.session, self.rules, speaking, updates.plans, moment.day)
        ids = sorted(coming.union(upward))
        if ids:
            yield "task_without_next_day", len(ids), lambda s: store.wake_asleep(s, ids, moment)

    def unreminded(self) -> Iterator[tuple[str, int, _Mend]]:
        """Tasks that lack a reminder which fell due since rules and calendar changed last."""
        reminded, moment = store.reminded(self.session), self.moment
        for row in store.plainly_reminded(self.session):
            key = store.key_of(row)
            numbers = reminded.get(key, {})
            lacking = [step for step in self._expected(row) if numbers.get(step, 0) < row.number]
            if lacking:
                ids = store.without_reminder(self.session, key, lacking)
                again = partial(store.look_again, ids=ids, key=key, moment=moment)
                yield "notice_missing", len(ids), again

    def _expected(self, row: AnyRow) -> list[tuple[str, int]]:
        duty = self.rules.duties.get(row.duty)
        if duty is None or duty.workflow or row.reminded_until > self.moment.latest:
            return []  # of a workflow only the current step speaks
        try:
            plan = self.updates.plan(self.session, row.plan_snapshot_id)
            since, until = self._applied_on, row.reminded_until
            due = reminders(plan, dates_of(row), self.rules.calendar, since, until)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return []
        return [(notice.reminder_step, notice.occurrence) for notice in due if notice.level == 0]

    @cached_property
    def _applied_on(self) -> date:
        applied = store.last_applied(self.session)
        return self.site.today(applied) if applied else self.moment.latest
