"""Messages and what became of each try; the letters, the digests they carry, and limits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.states import (
    REACHED_NOBODY,
    UNCERTAIN,
    UNSENT,
    WAITING,
    AttemptOutcome,
    MessageKind,
    MessageState,
)
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules
from dj_cadence.store.audit.notice_rows import IN_FLIGHT
from dj_cadence.store.delivery.claims import release
from dj_cadence.store.schema import attempt, digest, letter, message, notice, rate_token

KINDS = tuple(MessageKind)
LONGEST_LEASE = timedelta(hours=2)
"""Leases are of minutes."""
_last = attempt.alias("last")


def _tried(*outcomes: AttemptOutcome) -> ColumnElement[bool]:
    mine = (_last.c.message_id == message.c.id, _last.c.outcome.in_(outcomes))
    return exists().where(*mine).correlate(message)


def _unclear() -> ColumnElement[bool]:
    """Whether a try is left whose outcome is found out below."""
    open_ = or_(
        _last.c.outcome == AttemptOutcome.SENDING, _last.c.outcome.not_in(tuple(AttemptOutcome))
    )
    return exists().where(_last.c.message_id == message.c.id, open_).correlate(message)


def _has_letter() -> ColumnElement[bool]:
    return exists().where(letter.c.message_id == message.c.id)


def _most_tries() -> ColumnElement[int]:
    most = select(func.max(_last.c.n)).where(_last.c.message_id == message.c.id)
    return func.coalesce(most.correlate(message).scalar_subquery(), 0)


def _last_ended() -> ColumnElement[Any]:
    ended = select(func.max(_last.c.ended)).where(
        _last.c.message_id == message.c.id, _last.c.outcome == AttemptOutcome.SENT
    )
    return func.coalesce(ended.correlate(message).scalar_subquery(), message.c.created_at)


def _bring_back(session: Session, keys: Sequence[Any], moment: Moment) -> None:
    """Make these messages of today, beside the day's one: that is not theirs to be."""
    rows = session.execute(select(message.c.id, message.c.person_id).where(message.c.id.in_(keys)))
    for row in rows.all():
        mine = (message.c.person_id == row.person_id, message.c.day == moment.latest)
        lowest = session.scalar(select(func.min(message.c.serial)).where(*mine))
        values = {"day": moment.latest, "serial": min(lowest or 0, 0) - 1}
        session.execute(update(message).where(message.c.id == row.id).values(**values))


def _withdraw(session: Session, keys: Sequence[Any], moment: Moment) -> None:
    withdrawn = {"state": MessageState.SUPERSEDED, "send_at": null()}
    session.execute(update(message).where(message.c.id.in_(keys)).values(**withdrawn))
    release(session, keys)
    _bring_back(session, keys, moment)


def _set_free(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    release(session, keys)


def _note_try(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    """Write down again that these went out, which their message knows."""
    rows = select(
        message.c.id,
        _most_tries() + 1,
        message.c.sent_at,
        message.c.sent_at,
        literal(AttemptOutcome.SENT.value),
        literal("核对时补记"),
    ).where(message.c.id.in_(keys))
    names = ["message_id", "n", "started", "ended", "outcome", "reply"]
    session.execute(insert(attempt).from_select(names, rows))


_FINAL: dict[str, Any] = {"send_at": null(), "lease_by": "", "lease_until": null()}


def _message_is(*states: MessageState) -> ColumnElement[bool]:
    return exists().where(message.c.id == attempt.c.message_id, message.c.state.in_(states))


_AS_ITS_MESSAGE = case(
    (_message_is(MessageState.SENT), AttemptOutcome.SENT.value), else_=AttemptOutcome.UNKNOWN.value
)

RULES: Rules = {
    message: {
        "message_state": Invariant(
            message.c.state.not_in(tuple(MessageState)),
            "封消息的状态不认识；发出过的记为已发，可能发出过的转为等人处理，其余作废并放回提醒",
            {
                "state": case(
                    (
                        or_(message.c.sent_at.is_not(None), _tried(AttemptOutcome.SENT)),
                        MessageState.SENT.value,
                    ),
                    (
                        _tried(AttemptOutcome.SENDING, AttemptOutcome.UNKNOWN),
                        MessageState.QUARANTINED.value,
                    ),
                    else_=MessageState.SUPERSEDED.value,
                ),
                **_FINAL,
            },
        ),
        "message_kind": Invariant(
            message.c.kind.not_in(KINDS), "封消息的种类不认识；已改为普通消息", {"kind": "bundle"}
        ),
        "message_address": Invariant(
            and_(
                message.c.state.in_(UNSENT), or_(message.c.address == "", message.c.channel == "")
            ),
            "封待发消息没有地址或渠道；已作废，提醒放回，随下一封发出",
            {"state": MessageState.SUPERSEDED, **_FINAL},
            beside=_set_free,
        ),
        "message_sent_again": Invariant(
            and_(
                message.c.sent_at.is_not(None),
                message.c.state.in_(tuple(MessageState)),
                or_(message.c.state != MessageState.SENT, message.c.send_at.is_not(None)),
            ),
            "封消息已经发出，却又排着要发或记作没有发出；已记为已发，不再发",
            {"state": MessageState.SENT, **_FINAL},
        ),
        "message_sent_without_instant": Invariant(
            and_(message.c.state == MessageState.SENT, message.c.sent_at.is_(None)),
            "封消息已经发出，却没有时间；已补记",
            {"sent_at": _last_ended()},
        ),
        "message_without_time": Invariant(
            and_(message.c.state.in_(UNSENT), message.c.send_at.is_(None)),
            "封消息等着发送却没有时间；已排到现在",
            lambda m: {"send_at": m.now},
        ),
        "message_final_with_time": Invariant(
            and_(
                message.c.state.in_((*REACHED_NOBODY, *UNCERTAIN)), message.c.send_at.is_not(None)
            ),
            "封消息已有结果却还排着时间；已去掉",
            _FINAL,
        ),
        "message_put_off": Invariant(
            lambda m: and_(
                message.c.state.in_(WAITING),
                message.c.send_at > m.now + (m.waits_until - m.latest) + DAY,
            ),
            "封消息被排到下一个工作日以后；已排到现在",
            lambda m: {"send_at": m.now},
        ),
        "message_of_an_earlier_day": Invariant(
            lambda m: and_(
                message.c.state.in_(WAITING),
                message.c.kind != "alert",
                message.c.day < m.day,
                message.c.created_at < m.seen - IN_FLIGHT,
                ~_tried(AttemptOutcome.UNKNOWN),
            ),
            "封消息过了当天没有发出，也没有作废；已作废，提醒放回，随下一封发出",
            {"state": MessageState.SUPERSEDED, "send_at": null()},
            beside=_set_free,
        ),
        "message_lease": Invariant(
            lambda m: and_(
                message.c.state == MessageState.LEASED,
                or_(
                    message.c.lease_by == "",
                    message.c.lease_until.is_(None),
                    message.c.lease_until > m.now + LONGEST_LEASE,
                ),
            ),
            "封消息被占着却不知是谁、到几时；已放开，由引擎收回",
            lambda m: {
                "lease_by": case((message.c.lease_by == "", "nobody"), else_=message.c.lease_by),
                "lease_until": m.now - timedelta(seconds=1),
            },
        ),
        "message_lease_left": Invariant(
            and_(
                message.c.state != MessageState.LEASED,
                or_(message.c.lease_by != "", message.c.lease_until.is_not(None)),
            ),
            "封消息没有在发送，却还被占着；已放开",
            {"lease_by": "", "lease_until": null()},
        ),
        "message_attempts": Invariant(
            message.c.attempts < _most_tries(),
            "封消息的投递次数少于投递记录；已改正",
            {"attempts": _most_tries()},
        ),
        "message_sent_without_try": Invariant(
            and_(
                message.c.state == MessageState.SENT,
                message.c.sent_at.is_not(None),
                ~_tried(AttemptOutcome.SENT),
                ~_unclear(),
            ),
            "封消息已经发出，却没有投递记录；已补记",
            {"attempts": _most_tries() + 1},
            beside=_note_try,
        ),
        "message_letter_lost_in_the_dark": Invariant(
            and_(
                message.c.state == MessageState.RETRY,
                _tried(AttemptOutcome.UNKNOWN),
                ~_has_letter(),
            ),
            "封消息可能已经发出，底稿却不在了，再发就会不一样；已转为等人处理，"
            "问过收信人后用 deliveries retry 补发",
            {"state": MessageState.QUARANTINED, "send_at": null()},
        ),
        "message_letter_lost": Invariant(
            and_(message.c.state == MessageState.SENT, ~_has_letter()),
            "封已发消息的底稿不在了，查不到当时写了什么；要留底请从备份找回（编号 {ids}）",
        ),
        "message_notices_lost": Invariant(
            and_(
                message.c.state == MessageState.SENT,
                message.c.kind == "bundle",
                ~exists().where(notice.c.message_id == message.c.id),
            ),
            "封已发消息里没有一条提醒，说不清发了什么；要留底请从备份找回（编号 {ids}）",
        ),
        "message_ahead": Invariant(
            lambda m: and_(message.c.day > m.waits_until, message.c.state.not_in(UNSENT)),
            "封消息的日期在将来，会顶掉那天的消息；已改到今天",
            beside=_bring_back,
        ),
        "message_waiting_ahead": Invariant(
            lambda m: and_(message.c.day > m.waits_until, message.c.state.in_(WAITING)),
            "封待发消息的日期在将来；已作废，提醒放回",
            beside=_withdraw,
        ),
        "message_quarantined": Invariant(
            message.c.state == MessageState.QUARANTINED,
            "封消息两次发送都结果不明；问过收信人后，用 deliveries retry {ids} 补发",
        ),
    },
    attempt: {
        "attempt_outcome": Invariant(
            attempt.c.outcome.not_in(tuple(AttemptOutcome)),
            "次投递的结果不认识；消息已发的记为已接收，其余记为结果不明",
            {
                "outcome": _AS_ITS_MESSAGE,
                "ended": func.coalesce(attempt.c.ended, attempt.c.started),
            },
        ),
        "attempt_without_end": Invariant(
            and_(attempt.c.outcome == AttemptOutcome.SENDING, ~_message_is(MessageState.LEASED)),
            "次投递没有下文；消息已发的记为已接收，其余记为结果不明",
            lambda m: {"outcome": _AS_ITS_MESSAGE, "ended": m.now},
        ),
        "attempt_ended_without_instant": Invariant(
            and_(attempt.c.outcome != AttemptOutcome.SENDING, attempt.c.ended.is_(None)),
            "次投递没有结束时间；已补记",
            {"ended": attempt.c.started},
        ),
        "attempt_number": Invariant(
            attempt.c.n < 1, "次投递的序号不对；请从备份恢复，或忽略（消息 {ids}）"
        ),
    },
    digest: {
        "digest_week": Invariant(
            lambda m: or_(digest.c.week.not_like("____-W__"), digest.c.week > m.latest_week),
            "份周报属于将来的一周或读不懂的一周；已删去，到时再做",
            remove=True,
        ),
        "digest_in_dead_message": Invariant(
            exists().where(
                message.c.id == digest.c.message_id, message.c.state.in_(REACHED_NOBODY)
            ),
            "份周报留在已作废的消息里；已放回",
            {"message_id": null()},
        ),
    },
    letter: {
        "letter_empty": Invariant(
            and_(
                func.length(letter.c.content) == 0,
                exists().where(message.c.id == letter.c.message_id, message.c.attempts == 0),
            ),
            "封没有发过的信底稿是空的；已删去，发送时重写",
            remove=True,
        )
    },
    rate_token: {
        "rate_number": Invariant(
            or_(rate_token.c.n < 0, rate_token.c.bucket == ""),
            "个限流记号不对；已删去",
            remove=True,
        )
    },
}
