"""What was sent to whom about which tasks, as far as the links in messages ask."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import appointment, message, notice, task


def handed_over(session: Session, sent: AnyRow, today: date) -> set[int]:
    """The tasks of a message whose office has another holder since it was sent to its reader.

    The reader does not hold it any more, or somebody came into it afterwards.
    """
    mine, other = appointment.alias("mine"), appointment.alias("other")

    def same(held: FromClause) -> ColumnElement[bool]:
        return and_(held.c.org_id == task.c.org_id, held.c.office == notice.c.office)

    own = and_(same(mine), mine.c.person_id == sent.person_id)
    was_mine = exists().where(own)
    new = and_(same(other), other.c.person_id != sent.person_id, holds_office(today, other))
    query = (
        select(notice.c.task_id)
        .join(task, task.c.id == notice.c.task_id)
        .where(notice.c.message_id == sent.id, notice.c.level == 0)
        .where(~exists().where(own, holds_office(today, mine)))
        .where(exists().where(new, or_(was_mine, other.c.since > sent.day)))
    )
    return set(session.scalars(query))


def message_tasks(session: Session, message_id: int) -> tuple[AnyRow, Mapping[int, int]]:
    """A message that exists, and its tasks with the lowest level at which it speaks of each."""
    row = session.execute(select(message).where(message.c.id == message_id)).one()
    told = select(notice.c.task_id, func.min(notice.c.level).label("level"))
    notices = session.execute(
        told.where(notice.c.message_id == message_id).group_by(notice.c.task_id)
    )
    return row, {notice_row.task_id: notice_row.level for notice_row in notices}


def sent_to(session: Session, person_id: int, since: date) -> list[AnyRow]:
    """(id, day) of the messages to a person from a day on, the newest first."""
    query = select(message.c.id, message.c.day)
    mine = (message.c.person_id == person_id, message.c.day >= since)
    return list(session.execute(query.where(*mine).order_by(message.c.id.desc())))
