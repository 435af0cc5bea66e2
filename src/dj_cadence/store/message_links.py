"""What was sent to whom about which tasks, as far as the links in messages ask."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dj_cadence.store.schema import message, notice
from dj_cadence.store.types import AnyRow


def message_tasks(session: Session, message_id: int) -> tuple[AnyRow, Mapping[int, int]]:
    """A message that exists, and its tasks with the lowest level at which it speaks of each."""
    row = session.execute(select(message).where(message.c.id == message_id)).one()
    told = select(notice.c.task_id, func.min(notice.c.level).label("level"))
    found = session.execute(
        told.where(notice.c.message_id == message_id).group_by(notice.c.task_id)
    )
    return row, {one.task_id: one.level for one in found}


def sent_to(session: Session, person_id: int, since: date) -> list[AnyRow]:
    """(id, day) of the messages to a person from a day on, the newest first."""
    query = select(message.c.id, message.c.day)
    mine = (message.c.person_id == person_id, message.c.day >= since)
    return list(session.execute(query.where(*mine).order_by(message.c.id.desc())))
