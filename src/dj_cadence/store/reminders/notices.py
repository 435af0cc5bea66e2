"""The life of notices, and what has been told already.

A notice is open while its outcome is empty: it waits, then belongs to a message. It ends as `sent`
or `folded` (a newer one of the same task speaks for it), or untold as `settled_before`, `moved`,
`no_addressee` or `unknown`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
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

from dj_cadence.domain.messages.states import NEVER_TOLD, UNSENT, MessageState, NoticeOutcome
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import DECIDE, ESCALATED, SENT_BACK
from dj_cadence.domain.tasks.task import SILENT, State
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


def _change(session: Session, *which: ColumnElement[bool], **values: Any) -> int:
    """Change the notices for which all of this holds; returns how many."""
    return session.connection().execute(update(notice).where(*which).values(**values)).rowcount


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
        session.connection().execute(assigning, [one._asdict() for one in assignments])


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
    _change(session, notice.c.id.in_(older), outcome=NoticeOutcome.FOLDED)


def release(session: Session, message_ids: Collection[int]) -> None:
    """Let the open notices of these messages wait for another one."""
    _change(session, among(notice.c.message_id, message_ids), _OPEN, message_id=None)


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
    return _change(session, _OPEN, mine, sent, outcome=NoticeOutcome.SENT)


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
        _change(session, mine, needless, outcome=outcome)


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
    about_it = notice.c.reminder_step.in_(sorted(steps))
    _change(session, notice.c.task_id.in_(on_time), about_it, _WAITS, outcome=NoticeOutcome.MOVED)


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
    return _change(session, _OPEN, notice.c.due_on <= today, outcome=NoticeOutcome.UNKNOWN)


# --- what is open again ---------------------------------------------------------------------------


def reopen_unknown(session: Session, message_id: int) -> None:
    """Open the notices of a message that is sent again."""
    unknown = notice.c.outcome == NoticeOutcome.UNKNOWN
    _change(session, notice.c.message_id == message_id, unknown, outcome=NoticeOutcome.OPEN)


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
    _change(session, mine, given_up, outcome=NoticeOutcome.OPEN, message_id=None)
    _change(session, mine, notice.c.due_revision > revision, _OPEN, outcome=NoticeOutcome.MOVED)


def _last_standing_act() -> ColumnElement[int]:
    """Of the acts that `notice` and its like told somebody of, the last not undone."""
    alike = notice.alias("alike")
    same = (alike.c.task_id == notice.c.task_id, alike.c.reminder_step == notice.c.reminder_step)
    stands = (act.c.id == alike.c.occurrence, act.c.undone_in.is_(None))
    last = select(func.max(alike.c.occurrence)).where(*same, *stands).correlate(notice)
    return last.scalar_subquery()


# --- what has been told ---------------------------------------------------------------------------


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
