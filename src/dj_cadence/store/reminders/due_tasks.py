"""The tasks that the daily update looks at: what is due is a query, `next_on <= today`."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import BEGUN, State, Task
from dj_cadence.store.schema import task
from dj_cadence.store.tasks import tasks


def any_due(session: Session, today: date) -> bool:
    """Whether there is one."""
    query = select(task.c.id).where(task.c.next_on <= today).limit(1)
    return session.execute(query).first() is not None


def due_of(session: Session, org_ids: Collection[int], today: date) -> list[Task]:
    """Those of a few organizations."""
    return tasks.where(session, task.c.org_id.in_(sorted(org_ids)), task.c.next_on <= today)


def reminded_of(session: Session, org_ids: Collection[int]) -> list[Task]:
    """The tasks of some organizations that have begun and that somebody is to do something for."""
    here = task.c.org_id.in_(sorted(org_ids))
    return tasks.where(session, here, task.c.state.in_(sorted(BEGUN)))


def update_state(
    session: Session,
    task_ids: Collection[int],
    state: State,
    next_on: date | None,
    *,
    today: date,
    changed_at: datetime | None,
) -> None:
    """Write down what a day made of some tasks; `changed_at` where their state is another one."""
    values: dict[str, Any] = {"state": state, "reminded_until": today, "next_on": next_on}
    if changed_at:
        values |= tasks.shown_anew(changed_at)
    tasks.change_where(session, task.c.id.in_(task_ids), values)


def look_again(
    session: Session, task_ids: Collection[int], day: date, *, only_sooner: bool = False
) -> None:
    """Have tasks looked at on `day`; `only_sooner` not those that are looked at before."""
    if not task_ids:
        return
    these: ColumnElement[bool] = task.c.id.in_(task_ids)
    if only_sooner:
        these = and_(these, or_(task.c.next_on.is_(None), task.c.next_on > day))
    tasks.change_where(session, these, {"next_on": day})
