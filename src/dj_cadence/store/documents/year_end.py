"""What the year-end pack says of tasks beside their dates."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import State
from dj_cadence.store.schema import act, record, record_task, task
from dj_cadence.store.tasks.records import is_counted


def records(session: Session, task_ids: Collection[int]) -> dict[int, list[tuple[date, str]]]:
    """(day, note) of the records that count, by task, the earliest first."""
    query = (
        select(record_task.c.task_id, record.c.day, record.c.note)
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id.in_(task_ids), is_counted())
        .order_by(record.c.day, record.c.id)
    )
    by_task: defaultdict[int, list[tuple[date, str]]] = defaultdict(list)
    for task_id, day, note in session.execute(query):
        by_task[task_id].append((day, note))
    return by_task


def reasons(session: Session, task_ids: Collection[int]) -> dict[int, str]:
    """Why tasks were closed as 未按期开展 or let off, as it was said last."""
    closed = task.c.state.in_([State.MISSED.value, State.WAIVED.value])
    query = (
        select(act.c.task_id, act.c.reason)
        .join(task, task.c.id == act.c.task_id)
        .where(act.c.task_id.in_(task_ids), closed)
        .where(act.c.kind.in_(("missed", "waive")), act.c.reason != "", act.c.undone_in.is_(None))
        .order_by(act.c.id)
    )
    return {row.task_id: row.reason for row in session.execute(query)}
