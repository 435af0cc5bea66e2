"""Records: one activity each, and the tasks that it counts for."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, insert, select, true, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import Task
from dj_cadence.store.schema import record, record_task
from dj_cadence.store.tasks.acts import deed_in

_JOINED = select().join_from(record_task, record, record.c.id == record_task.c.record_id)


def add(
    session: Session, tasks: Sequence[Task], actor: Actor, *, day: date, amount: int, note: str
) -> int:
    """Write down one activity and that it counts for each of these tasks; the first is its own.

    Returns the record's id.
    """
    written = session.execute(
        insert(record)
        .values(
            org_id=tasks[0].org_id,
            day=day,
            note=note,
            recorded_by=actor.name,
            recorded_at=actor.now,
        )
        .returning(record.c.id)
    )
    record_id = int(written.scalar_one())
    counted = [
        {"record_id": record_id, "task_id": counted_task.id, "amount": amount}
        for counted_task in tasks
    ]
    session.execute(insert(record_task), counted)
    if deed := deed_in(session):
        deed.record_id = record_id
    return record_id


def is_counted() -> ColumnElement[bool]:
    """Whether a `record` counts for the task of a `record_task`: it was not taken or sent back."""
    return and_(record.c.voided_at.is_(None), record_task.c.voided_in.is_(None))


def on_day(session: Session, task_id: int, day: date) -> int:
    """The id of the record of that day that counts for a task; 0 where there is none."""
    return _last(session, task_id, record.c.day == day)


def last(session: Session, task_id: int) -> int:
    """The id of the last record that counts for a task; 0 where there is none."""
    return _last(session, task_id, true())


def _last(session: Session, task_id: int, which: ColumnElement[bool]) -> int:
    query = _JOINED.add_columns(func.max(record.c.id))
    mine = query.where(record_task.c.task_id == task_id, is_counted(), which)
    return int(session.execute(mine).scalar_one() or 0)


def recorded(session: Session, task_id: int, *, without: int = 0) -> tuple[int, date | None]:
    """(the amount recorded for a task, the day of the last record that counts).

    `without` is a record that is about to be taken back.
    """
    query = _JOINED.add_columns(
        func.coalesce(func.sum(record_task.c.amount), 0), func.max(record.c.day)
    ).where(record_task.c.task_id == task_id, is_counted(), record.c.id != without)
    amount, last_day = session.execute(query).one()
    return int(amount), last_day


def send_back(session: Session, task_id: int, act_id: int) -> None:
    """Make what was recorded count no more for this task; for others it goes on counting."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in.is_(None))
    session.execute(update(record_task).where(*mine).values(voided_in=act_id))


def hand_up_again(session: Session, task_id: int, act_id: int) -> None:
    """Let count again what that act sent back."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in == act_id)
    session.execute(update(record_task).where(*mine).values(voided_in=None))


def take_back(session: Session, record_id: int, now: datetime) -> None:
    """Make a record count for nothing any more; it stays readable."""
    session.execute(update(record).where(record.c.id == record_id).values(voided_at=now))


def counted_for(session: Session, record_id: int) -> frozenset[int]:
    """The tasks that a record counts for."""
    query = select(record_task.c.task_id).where(record_task.c.record_id == record_id)
    return frozenset(session.scalars(query))
