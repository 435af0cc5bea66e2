"""Recording what was held on a day without naming a task: the day finds the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty, Term
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.matching import Window, choose, nearest
from dj_cadence.domain.tasks.task import OWED, State, first_overdue_day
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.services.tasks import record
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import slot, task


@dataclass(frozen=True, slots=True)
class Attributed:
    """What became of a record that named no task."""

    task_id: int
    period: str
    record_id: int
    surplus: bool
    """The task was done already; this is one more, and counts for no other period."""
    late_days: int


def hold(
    session: Session,
    catalogue: Catalogue,
    duty_key: str,
    org_code: str,
    actor: Actor,
    *,
    on: date,
    note: str = "",
    amount: int = 1,
    also: Sequence[int] = (),
) -> Attributed:
    """Record that an organization did a duty on the day `on`, for the task the day belongs to.

    The window wins over the calendar year: what is held in February for a window that runs
    from October counts for the year before. Raises Refused, naming the nearest tasks, where
    the day lies in no window, and where several tasks fit.
    """
    duty = catalogue.duties.get(duty_key)
    if duty is None:
        raise Refused(f"没有规则 {duty_key}{suggestion(duty_key, catalogue.duties)}")
    rows = _tasks(session, duty, orgs.find_org(session, org_code).id)
    row = _task_of(catalogue, duty, rows, on)
    late = max((on - row.due).days, 0)
    if row.state == State.DONE and not isinstance(duty.recurrence, Term):
        record_id = record.add_surplus(
            session, catalogue, row, actor, on=on, note=note, amount=amount
        )
        return Attributed(row.id, row.label, record_id, surplus=True, late_days=late)
    record_id = record.done(
        session, catalogue, row.id, actor, on=on, note=note, amount=amount, also=also
    )
    return Attributed(row.id, row.label, record_id, surplus=False, late_days=late)


def _tasks(session: Session, duty: Duty, org_id: int) -> Sequence[AnyRow]:
    """The organization's own tasks of a duty, not those of its steps."""
    mine = (task.c.duty == duty.key, task.c.org_id == org_id, task.c.step == "")
    query = select(task, slot.c.label).join_from(task, slot, slot.c.id == task.c.slot_id)
    return session.execute(query.where(*mine, task.c.state != State.WITHDRAWN)).all()


def _task_of(catalogue: Catalogue, duty: Duty, rows: Sequence[AnyRow], on: date) -> AnyRow:
    by_id = {row.id: row for row in rows}
    windows = [_window(catalogue, duty, row) for row in rows]
    found = choose(windows, on)
    if isinstance(duty.recurrence, Term):  # an election counts whenever it was held
        found = [one for one in windows if one.owed] or found
    if len(found) == 1:
        return by_id[found[0].task_id]
    if found:
        listed = "、".join(_named(by_id[one.task_id]) for one in found)
        raise Refused(f"{day_text(on)}有几项任务都对得上：{listed}。请写任务编号登记。")
    close = "、".join(_named(by_id[one.task_id]) for one in nearest(windows, on))
    where = f"最近的是：{close}。要记给其中一项，请写任务编号登记。" if close else ""
    where = where or "这个组织没有这项任务。"
    raise Refused(f"{day_text(on)}不在“{duty.title}”任何一项任务的办理时段内。{where}")


def _window(catalogue: Catalogue, duty: Duty, row: AnyRow) -> Window:
    late_from = first_overdue_day(row.due, duty.recording_grace, catalogue.calendar, row.asked_on)
    owed = State(row.state) in OWED
    return Window(row.id, row.subject_id, row.opens, row.due, late_from - DAY, owed)


def _named(row: AnyRow) -> str:
    span = f"{day_text(row.opens)}至{day_text(row.due)}"
    return f"任务 {row.id}（{chinese_label(row.label)}，{span}，{State(row.state).label}）"
