"""The tasks that the daily update looks at: what is due is a query, `next_on <= today`."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import SILENT, State
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import task


def any_due(session: Session, today: date) -> bool:
    """Whether there is one."""
    return (
        session.execute(select(task.c.id).where(task.c.next_on <= today).limit(1)).first()
        is not None
    )


def due(session: Session, today: date, at_most: int) -> list[AnyRow]:
    """The longest waiting, held: what a person does meanwhile must not be written over."""
    query = select(task).where(task.c.next_on <= today).order_by(task.c.next_on, task.c.id)
    return list(session.execute(query.limit(at_most).with_for_update()))


def due_of(session: Session, org_ids: Collection[int], today: date) -> list[AnyRow]:
    """Those of a few organizations."""
    here = (task.c.org_id.in_(sorted(org_ids)), task.c.next_on <= today)
    return list(session.execute(select(task).where(*here).order_by(task.c.id)))


def reminded_of(session: Session, org_ids: Collection[int]) -> list[AnyRow]:
    """The tasks of some organizations that have begun and that somebody is to do something for."""
    reminded = task.c.state.in_(sorted(set(State) - SILENT - {State.PLANNED}))
    here = task.c.org_id.in_(sorted(org_ids))
    return list(session.execute(select(task).where(here, reminded).order_by(task.c.id)))


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
    values: dict[str, Any] = {"state": state.value, "reminded_until": today, "next_on": next_on}
    if changed_at:
        values |= {"sequence": task.c.sequence + 1, "changed_at": changed_at}
    session.execute(update(task).where(task.c.id.in_(task_ids)).values(**values))


def look_again(
    session: Session, task_ids: Collection[int], day: date, *, only_sooner: bool = False
) -> None:
    """Have tasks looked at on `day`; `only_sooner` not those that are looked at before."""
    if not task_ids:
        return
    changing = update(task).where(task.c.id.in_(task_ids))
    if only_sooner:
        changing = changing.where(or_(task.c.next_on.is_(None), task.c.next_on > day))
    session.execute(changing.values(next_on=day))
