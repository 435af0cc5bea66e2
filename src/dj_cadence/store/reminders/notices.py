"""What has been said about tasks so far, as far as the next word hangs on it."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.reminders.plan import DECIDE, ESCALATED, SENT_BACK
from dj_cadence.domain.tasks.task import SILENT, State
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import act, message, notice, task

NOT_SAID = ("settled_before", "moved")
"""Outcomes of notices that nobody heard, nor was meant to in the end."""
_NOT_OUT_YET = ("ready", "leased", "retry")


def told_of_lateness(
    session: Session, task_ids: Collection[int]
) -> dict[int, dict[int, date | None]]:
    """By task and level, the day on which it was first told that the task is late.

    None where that is written down and waits, in a message that did not go out yet as well.
    What will not be sent, since nobody can be reached or the site was copied, counts as told
    on its day: it holds up nobody.
    """
    closed = notice.c.outcome.in_(("no_addressee", "unknown"))
    waits = message.c.state.in_(_NOT_OUT_YET)
    day = case((closed, notice.c.due_on), (waits, null()), else_=message.c.day)
    query = (
        select(notice.c.task_id, notice.c.level, func.min(day))
        .join(task, task.c.id == notice.c.task_id)
        .outerjoin(message, message.c.id == notice.c.message_id)
        .where(notice.c.task_id.in_(task_ids), notice.c.due_on > task.c.due)
        .where(notice.c.outcome.not_in(NOT_SAID), notice.c.reminder_step != DECIDE)
        .group_by(notice.c.task_id, notice.c.level)
    )
    found: dict[int, dict[int, date | None]] = {}
    for task_id, level, first in session.execute(query):
        found.setdefault(task_id, {})[level] = first
    return found


def already_said(session: Session, task_ids: Collection[int]) -> set[tuple[int, str, int, int]]:
    """(task, rung, occurrence, level) of the notices that went out about them, or will."""
    if not task_ids:
        return set()
    columns = (notice.c.task_id, notice.c.reminder_step, notice.c.occurrence, notice.c.level)
    told = (notice.c.task_id.in_(task_ids), notice.c.outcome.not_in(NOT_SAID))
    return {tuple(row) for row in session.execute(select(*columns).where(*told))}


def take_back(
    session: Session, task_ids: Collection[int], rungs: Collection[str], today: date
) -> None:
    """Drop what waits to be said of a lateness that is none any more: the dates have moved."""
    late_no_more = select(task.c.id).where(task.c.id.in_(task_ids), task.c.due >= today)
    session.execute(
        update(notice)
        .where(notice.c.task_id.in_(late_no_more), notice.c.reminder_step.in_(sorted(rungs)))
        .where(notice.c.message_id.is_(None), notice.c.outcome == "")
        .values(outcome="moved")
    )


def say(
    session: Session,
    row: AnyRow,
    reminder_step: str,
    number: int,
    *,
    due_on: date,
    office: str,
    level: int = 0,
) -> None:
    """Write down that somebody is to be told of an act on a task; `number` is the act's."""
    write(
        session,
        [
            {
                "task_id": row.id,
                "due_revision": row.due_revision,
                "reminder_step": reminder_step,
                "occurrence": number,
                "level": level,
                "office": office,
                "due_on": due_on,
            }
        ],
    )


def needless() -> tuple[tuple[str, ColumnElement[bool]], ...]:
    """Outcomes, each with what makes a `notice` about its `task` end so: nobody need hear it.

    A settled task is not spoken of, one that is handed up only to who decides; nor is what has
    been decided, or is not overdue any more, to superiors.
    """
    asks, goes_up = notice.c.reminder_step == DECIDE, notice.c.reminder_step == ESCALATED
    silent, waits = task.c.state.in_(sorted(SILENT)), task.c.state == State.SUBMITTED.value
    return (
        ("settled_before", and_(silent, ~and_(asks, waits))),
        ("moved", or_(and_(asks, ~waits), and_(goes_up, task.c.state != State.OVERDUE.value))),
    )


def close_needless(session: Session, which: ColumnElement[bool]) -> None:
    """Close those of these notices that are in no message and that nobody need hear."""
    waiting = and_(notice.c.message_id.is_(None), notice.c.outcome == "", which)
    for outcome, condition in needless():
        there = exists().where(task.c.id == notice.c.task_id, condition).correlate(notice)
        session.execute(update(notice).where(waiting, there).values(outcome=outcome))


def close_needless_of(session: Session, task_ids: Collection[int]) -> None:
    """The same for a few tasks."""
    close_needless(session, notice.c.task_id.in_(task_ids))


def say_again(session: Session, task_id: int, revision: int) -> None:
    """Let a task be spoken of as it was before an act that is taken back.

    What was given up because of that act is to be said after all, and what came up because of
    it is not; `revision` is that of the dates before it. What went up is worked out anew.
    """
    waiting = (notice.c.task_id == task_id, notice.c.reminder_step != ESCALATED)
    given_up = (
        notice.c.due_revision == revision,
        notice.c.outcome.in_(NOT_SAID),
        or_(
            notice.c.reminder_step.not_in((DECIDE, SENT_BACK)), notice.c.occurrence == _last_word()
        ),
    )
    session.execute(update(notice).where(*waiting, *given_up).values(outcome="", message_id=None))
    since = (notice.c.due_revision > revision, notice.c.outcome == "")
    session.execute(update(notice).where(*waiting, *since).values(outcome="moved"))


def _last_word() -> ColumnElement[int]:
    """Of the acts that `notice` and its like told somebody of, the last that still stands."""
    alike = notice.alias("alike")
    same = (alike.c.task_id == notice.c.task_id, alike.c.reminder_step == notice.c.reminder_step)
    stands = (act.c.id == alike.c.occurrence, act.c.undone_in.is_(None))
    query = select(func.max(alike.c.occurrence)).where(*same, *stands)
    return query.correlate(notice).scalar_subquery()


def write(session: Session, rows: Iterable[dict[str, object]]) -> None:
    """Write notices down. The unique key makes a repeat a quiet nothing."""
    if values := list(rows):
        session.execute(insert_or_ignore(session, notice), values)
