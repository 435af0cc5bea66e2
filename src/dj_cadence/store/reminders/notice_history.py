"""What has been told about tasks already."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import case, func, null, select
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NEVER_TOLD, UNSENT, NoticeOutcome
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.store.schema import message, notice, task


def days_told_late(
    session: Session, task_ids: Collection[int]
) -> dict[int, dict[int, date | None]]:
    """By task and level, the day on which it was first told that the task is late.

    None where that is written down and waits, in a message that did not go out yet as well.
    What will not be sent, since nobody can be reached or the site was copied, counts as told
    on its day: it holds up nobody.
    """
    closed = notice.c.outcome.in_((NoticeOutcome.NO_ADDRESSEE, NoticeOutcome.UNKNOWN))
    waits = message.c.state.in_(UNSENT)
    day = case((closed, notice.c.due_on), (waits, null()), else_=message.c.day)
    query = (
        select(notice.c.task_id, notice.c.level, func.min(day))
        .join(task, task.c.id == notice.c.task_id)
        .outerjoin(message, message.c.id == notice.c.message_id)
        .where(notice.c.task_id.in_(task_ids), notice.c.due_on > task.c.due)
        .where(notice.c.outcome.not_in(NEVER_TOLD), notice.c.reminder_step != DECIDE)
        .group_by(notice.c.task_id, notice.c.level)
    )
    days: dict[int, dict[int, date | None]] = {}
    for task_id, level, first in session.execute(query):
        days.setdefault(task_id, {})[level] = first
    return days


def reminders_told(session: Session, task_ids: Collection[int]) -> set[tuple[int, str, int, int]]:
    """(task, reminder step, occurrence, level) of what was told about these, or will be."""
    if not task_ids:
        return set()
    columns = (notice.c.task_id, notice.c.reminder_step, notice.c.occurrence, notice.c.level)
    told = (notice.c.task_id.in_(task_ids), notice.c.outcome.not_in(NEVER_TOLD))
    return {tuple(row) for row in session.execute(select(*columns).where(*told))}
