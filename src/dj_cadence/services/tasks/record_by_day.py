"""Recording what was held on a day without naming a task: the day finds the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty, Term
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.matching import Window, choose, nearest
from dj_cadence.domain.tasks.task import State, Task, first_overdue_day
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.services.tasks import record
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import tasks


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
    org_id = orgs.find_org(session, org_code).id
    candidates = tasks.of_duty(session, duty.key, org_id)
    task, period, _ = _window(duty, [_window_of(catalogue, duty, *one) for one in candidates], on)
    late = max((on - task.due).days, 0)
    what: Any = {"on": on, "note": note, "amount": amount}
    if surplus := task.state is State.DONE and not isinstance(duty.recurrence, Term):
        record_id = record.add_surplus(session, catalogue, task, actor, **what)
    else:
        record_id = record.done(session, catalogue, task.id, actor, **what, also=also)
    return Attributed(task.id, period, record_id, surplus, late)


def _window(duty: Duty, windows: Sequence[Window], on: date) -> Window:
    fitting = choose(windows, on)
    if isinstance(duty.recurrence, Term):  # an election counts whenever it was held
        fitting = [window for window in windows if window.owed] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        listed = "、".join(map(_named, fitting))
        raise Refused(f"{day_text(on)}有几项任务都对得上：{listed}。请写任务编号登记。")
    close = "、".join(map(_named, nearest(windows, on)))
    where = f"最近的是：{close}。要记给其中一项，请写任务编号登记。" if close else ""
    where = where or "这个组织没有这项任务。"
    raise Refused(f"{day_text(on)}不在“{duty.title}”任何一项任务的办理时段内。{where}")


def _window_of(catalogue: Catalogue, duty: Duty, task: Task, period: str) -> Window:
    late_from = first_overdue_day(task.due, duty.recording_grace, catalogue.calendar, task.asked_on)
    return Window(task, period, late_from - DAY)


def _named(window: Window) -> str:
    task, period, _ = window
    span = f"{day_text(task.opens)}至{day_text(task.due)}"
    return f"任务 {task.id}（{chinese_label(period)}，{span}，{task.state.label}）"
