"""The delivery log: what was sent to whom and when, with what outcome; and sending again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CursorResult, case, func, select, true, update

from dj_cadence.domain import labels
from dj_cadence.domain.reminders.plan import DECIDE, NEWCOMER, SENT_BACK
from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery import addresses
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import people
from dj_cadence.store.schema import attempt, message, notice, org, person

_FAILED = ("gave_up", "unknown", "quarantined", "retry")
_AGAIN = ("ready", "retry", *_FAILED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message."""

    id: int
    day: date
    person: str
    channel: str
    address: str
    state: str
    attempts: int
    last_try: datetime | None
    reply: str
    """What the other side answered last."""


def deliveries(session: Session, *, failed: bool, person_key: str) -> list[Delivery]:
    """Messages, the newest first; `person_key` is a person's code or address, empty for all.

    Raises Refused where there is no such person.
    """
    tried = attempt.alias()
    last = select(func.max(tried.c.n)).where(tried.c.message_id == message.c.id)
    query = (
        select(message, person.c.name.label("to_name"), attempt.c.started, attempt.c.reply)
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(
            attempt,
            (attempt.c.message_id == message.c.id) & (attempt.c.n == last.scalar_subquery()),
        )
        .order_by(message.c.id.desc())
    )
    if failed:
        query = query.where(message.c.state.in_(_FAILED))
    if person_key:
        query = query.where(message.c.person_id == people.find_person(session, person_key).id)
    return [_delivery(row) for row in session.execute(query)]


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        day=row.day,
        person=row.to_name,
        channel=row.channel,
        address=row.address,
        state=row.state,
        attempts=row.attempts,
        last_try=row.started,
        reply=row.reply or "",
    )


def retry(session: Session, ids: Sequence[int], today: date, now: datetime) -> None:
    """Send these again at the next pass, as they were written; their addresses count as good.

    Raises Refused where one does not exist, has arrived or is over: then none is sent.
    """
    for one in ids:
        row = session.execute(select(message).where(message.c.id == one)).one_or_none()
        if row is None:
            raise Refused(f"没有编号为 {one} 的消息。用 deliveries 可以查看编号。")
        if row.state not in _AGAIN:
            raise Refused(f"消息 {one}：{labels.MESSAGES[row.state]}，不能再发。")
        if not send_again(session, row, today, now):
            raise Refused(f"消息 {one} 正在发送，或刚刚被改动，没有重发。过一会儿再试。")


def send_again(session: Session, row: AnyRow, today: date, now: datetime) -> bool:
    """Outside the day's one message, for a person has asked for it.

    False where it is not as it was seen: it was claimed, or asked for, in between.
    """
    lowest = select(func.min(message.c.serial)).where(
        message.c.person_id == row.person_id, message.c.day == today
    )
    serial = min(session.scalar(lowest) or 0, 0) - 1
    as_seen = (message.c.id == row.id, message.c.state == row.state, message.c.serial == row.serial)
    values = {"state": "retry", "send_at": now, "day": today, "serial": serial}
    again = session.execute(update(message).where(*as_seen).values(values))
    assert isinstance(again, CursorResult)
    if not again.rowcount:
        return False
    notices.reopen_unknown(session, row.id)
    addresses.mend(session, row.channel, row.address, now)
    return True


def told(
    session: Session,
    task_id: int,
    zone: ZoneInfo,
    shown: tuple[ColumnElement[bool], ColumnElement[bool]] = (true(), true()),
) -> list[str]:
    """What was said about a task, to whom, when, with what outcome: a sentence each.

    `shown`: of which organizations (conditions on `org`) people are named, and which
    superiors are.
    """
    people, superiors = shown
    query = (
        select(
            notice,
            case((people, person.c.name), else_="").label("to_name"),
            case((superiors, org.c.name), else_="").label("above"),
            message.c.channel,
            message.c.id.label("m"),
        )
        .outerjoin(person, person.c.id == notice.c.person_id)
        .outerjoin(org, org.c.id == notice.c.org_id)
        .outerjoin(message, message.c.id == notice.c.message_id)
        .where(notice.c.task_id == task_id)
        .order_by(notice.c.due_on, notice.c.id)
    )
    lines = []
    for row in session.execute(query).all():
        to = (
            f"，{row.to_name}（{labels.CHANNELS.get(row.channel, row.channel)}）"
            if row.to_name
            else ""
        )
        lines.append(f"{row.due_on} {_aimed_at(row)}{to}：{_outcome(row)}")
        lines += _tries(session, row.m, zone) if row.m else []
    return lines


def quarantined(session: Session) -> int:
    """How many messages may have arrived twice over, and wait for a person to look."""
    stuck = select(func.count()).where(message.c.state == "quarantined")
    return int(session.execute(stuck).scalar_one())


def _aimed_at(row: AnyRow) -> str:
    if row.reminder_step == DECIDE:
        return f"请{row.above or ''}{row.office}确认"
    if row.reminder_step == SENT_BACK:
        return f"退回重办，给{row.office}"
    if row.level:
        return f"报上{'一' if row.level == 1 else row.level}级{row.above or ''}{row.office}"
    return f"给{row.office}{'（新到任）' if row.reminder_step == NEWCOMER else ''}"


def _outcome(row: AnyRow) -> str:
    """A superior that cannot be reached is passed over, which is said."""
    if row.level and row.outcome == "no_addressee":
        return "无法联系，改报再上一级"
    return labels.NOTICES[row.outcome]


def _tries(session: Session, message_id: int, zone: ZoneInfo) -> list[str]:
    query = select(attempt).where(attempt.c.message_id == message_id).order_by(attempt.c.n)
    return [
        f"  {row.started.astimezone(zone):%Y-%m-%d %H:%M} 第{row.n}次投递："
        f"{labels.ATTEMPTS[row.outcome]}"
        for row in session.execute(query)
    ]
