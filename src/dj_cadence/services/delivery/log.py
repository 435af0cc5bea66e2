"""The delivery log: what was sent to whom and when, with what outcome; and sending again."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dj_cadence.domain import labels
from dj_cadence.domain.messages.states import FAILED, RESENDABLE, MessageState, NoticeOutcome
from dj_cadence.domain.reminders.plan import DECIDE, NEWCOMER, SENT_BACK
from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery import addresses, delivery_log, messages
from dj_cadence.store.delivery.delivery_log import EVERY_NAME, NamesShown
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import people


def deliveries(session: Session, *, failed: bool, person_key: str) -> Sequence[AnyRow]:
    """Messages, the newest first, of a person's code or address or of all. Raises Refused."""
    person_id = people.find_person(session, person_key).id if person_key else None
    return delivery_log.deliveries(session, FAILED if failed else tuple(MessageState), person_id)


def retry(session: Session, ids: Sequence[int], today: date, now: datetime) -> None:
    """Send these again at the next pass, as they were written; their addresses count as good.

    Raises Refused where one does not exist, has arrived or is over: then none is sent.
    """
    for id_ in ids:
        row = messages.find(session, id_)
        if row is None:
            raise Refused(f"没有编号为 {id_} 的消息。用 deliveries 可以查看编号。")
        if row.state not in RESENDABLE:
            raise Refused(f"消息 {id_}：{labels.MESSAGES[row.state]}，不能再发。")
        if not send_again(session, row, today, now):
            raise Refused(f"消息 {id_} 正在发送，或刚刚被改动，没有重发。过一会儿再试。")


def send_again(session: Session, seen: AnyRow, today: date, now: datetime) -> bool:
    """Outside the day's one message, for a person has asked for it.

    False where it is not as it was seen: it was claimed, or asked for, in between.
    """
    if not messages.send_again(session, seen, today, now):
        return False
    notices.reopen_unknown(session, seen.id)
    addresses.mend(session, seen.channel, seen.address, now)
    return True


def told(
    session: Session, task_id: int, zone: ZoneInfo, shown: NamesShown = EVERY_NAME
) -> list[str]:
    """What was said about a task, to whom, when, with what outcome: a sentence each.

    `shown`: which people and superiors are named.
    """
    lines = []
    for row in delivery_log.notices_of(session, task_id, shown):
        channel = labels.CHANNELS.get(row.channel or "", row.channel)
        to = f"，{row.person}（{channel}）" if row.person else ""
        lines.append(f"{row.due_on} {_aimed_at(row)}{to}：{_outcome(row)}")
        lines += _tries(session, row.message_id, zone) if row.message_id else []
    return lines


def quarantined(session: Session) -> int:
    """How many messages may have arrived twice over, and wait for a person to look."""
    return messages.count(session, MessageState.QUARANTINED)


def _aimed_at(row: AnyRow) -> str:
    if row.reminder_step == DECIDE:
        return f"请{row.superior}{row.office}确认"
    if row.reminder_step == SENT_BACK:
        return f"退回重办，给{row.office}"
    if row.level:
        return f"报上{'一' if row.level == 1 else row.level}级{row.superior}{row.office}"
    return f"给{row.office}{'（新到任）' if row.reminder_step == NEWCOMER else ''}"


def _outcome(row: AnyRow) -> str:
    """A superior that cannot be reached is passed over, which is said."""
    if row.level and row.outcome == NoticeOutcome.NO_ADDRESSEE:
        return "无法联系，改报再上一级"
    return labels.NOTICES[row.outcome]


def _tries(session: Session, message_id: int, zone: ZoneInfo) -> list[str]:
    return [
        f"  {started.astimezone(zone):%Y-%m-%d %H:%M} 第{n}次投递：{labels.ATTEMPTS[outcome]}"
        for n, started, outcome in delivery_log.tries_of(session, message_id)
    ]
