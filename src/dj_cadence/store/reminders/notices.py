"""The life of notices; what has been told already is asked in `notice_history`.

A notice is open while its outcome is empty: it waits, then belongs to a message. It ends as `sent`
or `folded` (a newer one of the same task speaks for it), or untold as `settled_before`, `moved`,
`no_addressee` or `unknown`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    null,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NEVER_TOLD, MessageState, NoticeOutcome
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import DECIDE, ESCALATED, SENT_BACK
from dj_cadence.domain.tasks.task import SILENT, State, Task
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.schema import act, message, notice, task

WAITS = text(f"notice.message_id IS NULL AND notice.outcome = '{NoticeOutcome.OPEN}'")
"""Open and in no message, in the words of the index."""
_OPEN = notice.c.outcome == NoticeOutcome.OPEN
_WAITS = and_(notice.c.message_id.is_(None), _OPEN)


def add(session: Session, notices: Iterable[Notice]) -> None:
    """Write notices down. The unique key makes a repeat a quiet nothing."""
    if rows := [new._asdict() for new in notices]:
        session.execute(insert_or_ignore(notice), rows)


def add_for_act(
    session: Session,
    task: Task,
    reminder_step: str,
    act_id: int,
    *,
    due_on: date,
    office: str,
    level: int = 0,
) -> None:
    """Write down that an office is to be told of an act on a task."""
    revision = task.due_revision
    add(session, [Notice(task.id, revision, reminder_step, act_id, level, office, due_on)])


class Assignment(NamedTuple):
    """A notice in the message to a person."""

    notice: int
    message: int
    person: int
    org: int
    """The organization at the notice's level."""
    meant_for: str
    """Whom to pass it on to; empty where it is for the person."""


def assign(session: Session, assignments: Sequence[Assignment]) -> None:
    """Put notices that still wait in their messages."""
    values = {"message_id": "message", "person_id": "person", "org_id": "org", "relay": "meant_for"}
    assigning = (
        update(notice)
        .where(notice.c.id == bindparam("notice"), _WAITS)
        .values({column: bindparam(name) for column, name in values.items()})
    )
    if assignments:
        session.connection().execute(
            assigning, [assignment._asdict() for assignment in assignments]
        )


def fold(session: Session, message_ids: Collection[int]) -> None:
    """Of several open notices of one task in a message, let the newest speak for all.

    What goes up and what does not are each folded by themselves: the one may pass while the
    message waits, and would take the other with it.
    """
    newest_first = (notice.c.due_on.desc(), notice.c.id.desc())
    alike = (notice.c.message_id, notice.c.task_id, notice.c.reminder_step == ESCALATED)
    age = func.row_number().over(partition_by=alike, order_by=newest_first)
    mine = and_(among(notice.c.message_id, message_ids), _OPEN)
    each = select(notice.c.id, age.label("age")).where(mine).subquery("each")
    older = select(each.c.id).where(each.c.age > 1)
    session.execute(
        update(notice).where(notice.c.id.in_(older)).values(outcome=NoticeOutcome.FOLDED)
    )


def release(session: Session, message_ids: Collection[int]) -> None:
    """Let the open notices of these messages wait for another one."""
    mine = and_(among(notice.c.message_id, message_ids), _OPEN)
    session.execute(update(notice).where(mine).values(message_id=None))


RELEASE = (
    update(notice).where(notice.c.message_id == bindparam("this"), _OPEN).values(message_id=null())
)
"""The same for the message `this`."""


# --- how notices end ------------------------------------------------------------------------------


def close_sent(session: Session, message_ids: Collection[int] | None = None) -> int:
    """Write down with the open notices of sent messages that they were sent; returns how many.

    After every batch for its messages, and before anything is bundled for all: a process may
    have died in between. The message itself knew it all the time.
    """
    sent = exists().where(message.c.id == notice.c.message_id, message.c.state == MessageState.SENT)
    mine: ColumnElement[bool] = notice.c.message_id.is_not(None)
    if message_ids is not None:
        mine = among(notice.c.message_id, message_ids)
    closing = update(notice).where(_OPEN, mine, sent).values(outcome=NoticeOutcome.SENT)
    return session.connection().execute(closing).rowcount


def close_needless(
    session: Session,
    *,
    task_ids: Collection[int] | None = None,
    message_ids: Collection[int] | None = None,
) -> None:
    """Close open notices that nobody need hear any more.

    Those of some messages that are not written yet; else those that wait, all or of some tasks.
    """
    if message_ids is not None:
        mine = and_(among(notice.c.message_id, message_ids), _OPEN)
    else:
        mine = and_(_WAITS, true() if task_ids is None else notice.c.task_id.in_(task_ids))
    for outcome, is_needless in _needless().items():
        needless = exists().where(task.c.id == notice.c.task_id, is_needless).correlate(notice)
        session.execute(update(notice).where(mine, needless).values(outcome=outcome))


def _needless() -> dict[NoticeOutcome, ColumnElement[bool]]:
    """By outcome, what makes a `notice` of a `task` end so.

    A settled task is not spoken of, one that is handed up only to who decides; nor is what has
    been decided, or is not overdue any more, to superiors.
    """
    for_decision, goes_up = notice.c.reminder_step == DECIDE, notice.c.reminder_step == ESCALATED
    silent, submitted = task.c.state.in_(sorted(SILENT)), task.c.state == State.SUBMITTED.value
    not_overdue = task.c.state != State.OVERDUE.value
    return {
        NoticeOutcome.SETTLED_BEFORE: and_(silent, ~and_(for_decision, submitted)),
        NoticeOutcome.MOVED: or_(and_(for_decision, ~submitted), and_(goes_up, not_overdue)),
    }


def close_late_no_more(
    session: Session, task_ids: Collection[int], steps: Collection[str], today: date
) -> None:
    """Close what waits to be said of a lateness that is none any more: the dates have moved."""
    on_time = select(task.c.id).where(task.c.id.in_(task_ids), task.c.due >= today)
    session.execute(
        update(notice)
        .where(notice.c.task_id.in_(on_time), notice.c.reminder_step.in_(sorted(steps)), _WAITS)
        .values(outcome=NoticeOutcome.MOVED)
    )


def close_unaddressed(session: Session, unaddressed: Sequence[tuple[int, int | None]]) -> None:
    """Close notices, each with the organization where nobody can be reached, if there is one."""
    closing = (
        update(notice)
        .where(notice.c.id == bindparam("notice"), _WAITS)
        .values(outcome=NoticeOutcome.NO_ADDRESSEE, org_id=bindparam("org"))
    )
    rows = [{"notice": notice_id, "org": org_id} for notice_id, org_id in unaddressed]
    session.connection().execute(closing, rows)


def close_unknown(session: Session, today: date) -> int:
    """Close what is due and open without telling it: it may have been told from elsewhere.

    Returns how many.
    """
    closing = (
        update(notice).where(_OPEN, notice.c.due_on <= today).values(outcome=NoticeOutcome.UNKNOWN)
    )
    return session.connection().execute(closing).rowcount


# --- what is open again ---------------------------------------------------------------------------


def reopen_unknown(session: Session, message_id: int) -> None:
    """Open the notices of a message that is sent again."""
    mine = and_(notice.c.message_id == message_id, notice.c.outcome == NoticeOutcome.UNKNOWN)
    session.execute(update(notice).where(mine).values(outcome=NoticeOutcome.OPEN))


def restore(session: Session, task_id: int, revision: int) -> None:
    """Let a task be spoken of as it was before an act that is taken back.

    What was given up because of that act is to be said after all, and what came up because of
    it is not; `revision` is that of the dates before it. What went up is worked out anew.
    """
    mine = and_(notice.c.task_id == task_id, notice.c.reminder_step != ESCALATED)
    about_acts = notice.c.reminder_step.in_((DECIDE, SENT_BACK))
    given_up = and_(
        notice.c.due_revision == revision,
        notice.c.outcome.in_(NEVER_TOLD),
        or_(~about_acts, notice.c.occurrence == _last_standing_act()),
    )
    session.execute(
        update(notice).where(mine, given_up).values(outcome=NoticeOutcome.OPEN, message_id=None)
    )
    since = and_(notice.c.due_revision > revision, _OPEN)
    session.execute(update(notice).where(mine, since).values(outcome=NoticeOutcome.MOVED))


def _last_standing_act() -> ColumnElement[int]:
    """Of the acts that `notice` and its like told somebody of, the last not undone."""
    alike = notice.alias("alike")
    same = (alike.c.task_id == notice.c.task_id, alike.c.reminder_step == notice.c.reminder_step)
    stands = (act.c.id == alike.c.occurrence, act.c.undone_in.is_(None))
    query = select(func.max(alike.c.occurrence)).where(*same, *stands)
    return query.correlate(notice).scalar_subquery()
