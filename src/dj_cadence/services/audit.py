"""The auditor: proves that nothing owed got lost, and repairs what can be repaired safely.

Each check is one question to the database that must have no answer. A finding is something
that no pass of the engine would have set right by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from dj_cadence.services.advance import lacking_their_next_day
from dj_cadence.services.applied import applied_catalogue
from dj_cadence.services.audience import waiting
from dj_cadence.services.plan import horizon, preview, roll
from dj_cadence.services.site import Site
from dj_cadence.store import planning
from dj_cadence.store import site as sites
from dj_cadence.store.database import batches
from dj_cadence.store.differences import Span
from dj_cadence.store.ledger import WAITING, close_said
from dj_cadence.store.quiets import every
from dj_cadence.store.schema import attempt, message, notice, task

WAITED_TOO_LONG = timedelta(days=15)
"""For a notice: longer than the longest holiday with its make-up days."""
PUT_OFF_TOO_LONG = timedelta(days=1)
_OVER = ("gave_up", "superseded", "settled")
_CHANGES = ("create", "move", "reopen", "withdraw")


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that should not be."""

    kind: str
    number: int
    text: str
    """In Chinese: what was found, what was done about it or what is to be done."""


_Check = Callable[[Session, date, datetime], tuple[int, str]]


def audit(site: Site, now: datetime) -> list[AuditFinding]:
    """Look at everything; empty where all is as it should be."""
    today = site.today(now)
    found = []
    for kind, check in _CHECKS.items():
        with site.database.write() as session:
            number, text = check(session, today, now)
        found.append(AuditFinding(kind, number, text))
    found.append(_tasks(site, today))
    found.append(_plan(site, today, now))
    return [finding for finding in found if finding.number]


# --- notices ----------------------------------------------------------------------------------


def _said_without_outcome(session: Session, _today: date, _now: datetime) -> tuple[int, str]:
    return close_said(session), "条提醒已随消息发出，却没有记上结果；已补记"


def _left_in_the_dark(session: Session, _today: date, _now: datetime) -> tuple[int, str]:
    return _close_notices(session, message.c.state == "unknown", outcome="unknown"), (
        "条提醒所在的消息结果不明，提醒却没有结果；已记为不明，可用 deliveries retry 补发"
    )


def _stuck_in_a_dead_message(session: Session, _today: date, _now: datetime) -> tuple[int, str]:
    return _close_notices(session, message.c.state.in_(_OVER), message_id=None), (
        "条提醒留在已作废的消息里；已放回，随下一封发出"
    )


def _close_notices(session: Session, in_message: ColumnElement[bool], **values: Any) -> int:
    inside = exists().where(message.c.id == notice.c.message_id, in_message)
    closing = update(notice).where(notice.c.outcome == "", inside).values(**values)
    return len(session.execute(closing.returning(notice.c.id)).all())


def _waiting_for_ever(session: Session, today: date, _now: datetime) -> tuple[int, str]:
    if not sites.load(session).sending:
        return 0, ""
    quiets = [replace(one, until=one.until + WAITED_TOO_LONG) for one in every(session)]
    query = waiting(session, quiets, today).where(notice.c.due_on < today - WAITED_TOO_LONG)
    return len(session.execute(query).all()), "条提醒早该发出却一直没有发；请运行 tick，再看日志"


# --- messages ---------------------------------------------------------------------------------


def _without_a_time(session: Session, _today: date, now: datetime) -> tuple[int, str]:
    hangs = and_(message.c.state.in_((*WAITING, "leased")), message.c.send_at.is_(None))
    return _send_now(session, hangs, now), "封消息等着发送却没有时间；已排到现在"


def _put_off_too_long(session: Session, _today: date, now: datetime) -> tuple[int, str]:
    late = and_(message.c.state.in_(WAITING), message.c.send_at > now + PUT_OFF_TOO_LONG)
    return _send_now(session, late, now), "封消息被排到一天以后；已排到现在"


def _send_now(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    moved = update(message).where(which).values(send_at=now).returning(message.c.id)
    return len(session.execute(moved).all())


def _attempt_without_end(session: Session, _today: date, now: datetime) -> tuple[int, str]:
    """Under way, though nobody holds the message."""
    held = exists().where(message.c.id == attempt.c.message_id, message.c.state == "leased")
    ending = update(attempt).where(attempt.c.outcome == "sending", ~held)
    rows = session.execute(
        ending.values(outcome="unknown", ended=now).returning(attempt.c.message_id)
    )
    return len(rows.all()), "次投递没有下文；已记为结果不明"


def _quarantined(session: Session, _today: date, _now: datetime) -> tuple[int, str]:
    ids = session.scalars(select(message.c.id).where(message.c.state == "quarantined")).all()
    listed = " ".join(str(id_) for id_ in ids[:10])
    return len(ids), f"封消息两次发送都结果不明；问过收信人后，用 deliveries retry {listed} 补发"


_CHECKS: dict[str, _Check] = {
    "notice_said_without_outcome": _said_without_outcome,
    "notice_in_unknown_message": _left_in_the_dark,
    "notice_in_dead_message": _stuck_in_a_dead_message,
    "notice_waiting": _waiting_for_ever,
    "message_without_time": _without_a_time,
    "message_put_off": _put_off_too_long,
    "attempt_without_end": _attempt_without_end,
    "message_quarantined": _quarantined,
}


# --- tasks and the plan -----------------------------------------------------------------------


def _tasks(site: Site, today: date) -> AuditFinding:
    with site.database.write() as session:
        ids = lacking_their_next_day(session, applied_catalogue(session), today)
        for some in batches(ids):
            session.execute(update(task).where(task.c.id.in_(some)).values(next_on=today))
    return AuditFinding("task_without_next_day", len(ids), "项任务没有下一个日期；已补上")


def _plan(site: Site, today: date, now: datetime) -> AuditFinding:
    """Compare the stored plan with one computed from nothing, and write what differs."""
    database = site.database
    with database.read() as session:
        catalogue = applied_catalogue(session)
        span = Span(sites.load(session).starts_on, horizon(today))
    report = preview(database, catalogue, span, anew=True)
    number = sum(report.total(change) for change in _CHANGES)
    if not number:
        return AuditFinding("plan_differs", 0, "")
    if report.withdrawals_refused:
        return AuditFinding(
            "plan_differs", number, "项任务与重新推算的不同，其中要撤回的太多；请用 plan 查看"
        )
    with database.write() as session:
        sites.set_rolled(session, "")
        planning.forget_inputs(
            session, {duty for duty, change in report.counts if change in _CHANGES}
        )
    roll(database, catalogue, until=horizon(today), today=today, now=now)
    return AuditFinding("plan_differs", number, "项任务与重新推算的不同；已改正")
