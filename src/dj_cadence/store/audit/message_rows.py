"""Messages and what became of each try; the letters, the digests they carry, and limits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, literal, or_, select, update
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

LONGEST_LEASE = timedelta(hours=2)
"""Leases are of minutes."""
_ENDED = tuple({*AttemptOutcome} - {AttemptOutcome.SENDING})
_last = attempt.alias("last")
_MINE = _last.c.message_id == message.c.id
_NUMBERS = select(func.max(_last.c.n)).where(_MINE).correlate(message)
_MOST_TRIES = func.coalesce(_NUMBERS.scalar_subquery(), 0)
_ENDS = select(func.max(_last.c.ended)).where(_MINE, _last.c.outcome == AttemptOutcome.SENT)
_LAST_ENDED = func.coalesce(_ENDS.correlate(message).scalar_subquery(), message.c.created_at)
_HAS_LETTER = exists().where(letter.c.message_id == message.c.id)
_WITHDRAWN = {"state": MessageState.SUPERSEDED, "send_at": None}
_FINAL: dict[str, Any] = {"send_at": None, "lease_by": "", "lease_until": None}


def _tried(*outcomes: AttemptOutcome) -> ColumnElement[bool]:
    return _has_try(_last.c.outcome.in_(outcomes))


def _has_try(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(_MINE, which).correlate(message)


def _bring_back(session: Session, keys: Sequence[Any], moment: Moment) -> None:
    """Make these messages of today, beside the day's one: that is not theirs to be."""
    rows = session.execute(select(message.c.id, message.c.person_id).where(message.c.id.in_(keys)))
    for row in rows.all():
        mine = (message.c.person_id == row.person_id, message.c.day == moment.latest)
        lowest = session.scalar(select(func.min(message.c.serial)).where(*mine))
        values = {"day": moment.latest, "serial": min(lowest or 0, 0) - 1}
        session.execute(update(message).where(message.c.id == row.id).values(**values))


def _set_free(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    release(session, keys)


def _note_try(session: Session, keys: Sequence[Any], _moment: Moment) -> None:
    """Write down again that these went out, which their message knows."""
    rows = select(
        message.c.id,
        _MOST_TRIES + 1,
        message.c.sent_at,
        message.c.sent_at,
        literal(AttemptOutcome.SENT.value),
        literal("核对时补记"),
    ).where(message.c.id.in_(keys))
    names = ["message_id", "n", "started", "ended", "outcome", "reply"]
    session.execute(insert(attempt).from_select(names, rows))


def _message_is(*states: MessageState) -> ColumnElement[bool]:
    return exists().where(message.c.id == attempt.c.message_id, message.c.state.in_(states))


_AS_ITS_MESSAGE = case(
    (_message_is(MessageState.SENT), AttemptOutcome.SENT.value), else_=AttemptOutcome.UNKNOWN.value
)

RULES: Rules = {
    message: {
        "message_state": Invariant(
            message.c.state.not_in(tuple(MessageState)),
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
        "message_kind": Invariant(message.c.kind.not_in(tuple(MessageKind)), {"kind": "bundle"}),
        "message_address": Invariant(
            and_(
                message.c.state.in_(UNSENT), or_(message.c.address == "", message.c.channel == "")
            ),
            {"state": MessageState.SUPERSEDED, **_FINAL},
            beside=(_set_free,),
        ),
        "message_sent_again": Invariant(
            and_(
                message.c.sent_at.is_not(None),
                message.c.state.in_(tuple(MessageState)),
                or_(message.c.state != MessageState.SENT, message.c.send_at.is_not(None)),
            ),
            {"state": MessageState.SENT, **_FINAL},
        ),
        "message_sent_without_instant": Invariant(
            and_(message.c.state == MessageState.SENT, message.c.sent_at.is_(None)),
            {"sent_at": _LAST_ENDED},
        ),
        "message_without_time": Invariant(
            and_(message.c.state.in_(UNSENT), message.c.send_at.is_(None)),
            lambda m: {"send_at": m.now},
        ),
        "message_final_with_time": Invariant(
            and_(
                message.c.state.in_((*REACHED_NOBODY, *UNCERTAIN)), message.c.send_at.is_not(None)
            ),
            _FINAL,
        ),
        "message_put_off": Invariant(
            lambda m: and_(
                message.c.state.in_(WAITING),
                message.c.send_at > m.now + (m.waits_until - m.latest) + DAY,
            ),
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
            _WITHDRAWN,
            beside=(_set_free,),
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
            {"lease_by": "", "lease_until": None},
        ),
        "message_attempts": Invariant(message.c.attempts < _MOST_TRIES, {"attempts": _MOST_TRIES}),
        "message_sent_without_try": Invariant(
            and_(
                message.c.state == MessageState.SENT,
                message.c.sent_at.is_not(None),
                ~_tried(AttemptOutcome.SENT),
                ~_has_try(_last.c.outcome.not_in(_ENDED)),  # it is found out below
            ),
            {"attempts": _MOST_TRIES + 1},
            beside=(_note_try,),
        ),
        "message_letter_lost_in_the_dark": Invariant(
            and_(
                message.c.state == MessageState.RETRY, _tried(AttemptOutcome.UNKNOWN), ~_HAS_LETTER
            ),
            {"state": MessageState.QUARANTINED, "send_at": None},
        ),
        "message_letter_lost": Invariant(and_(message.c.state == MessageState.SENT, ~_HAS_LETTER)),
        "message_notices_lost": Invariant(
            and_(
                message.c.state == MessageState.SENT,
                message.c.kind == "bundle",
                ~exists().where(notice.c.message_id == message.c.id),
            )
        ),
        "message_ahead": Invariant(
            lambda m: and_(message.c.day > m.waits_until, message.c.state.not_in(UNSENT)),
            beside=(_bring_back,),
        ),
        "message_waiting_ahead": Invariant(
            lambda m: and_(message.c.day > m.waits_until, message.c.state.in_(WAITING)),
            _WITHDRAWN,
            beside=(_set_free, _bring_back),
        ),
        "message_quarantined": Invariant(message.c.state == MessageState.QUARANTINED),
    },
    attempt: {
        "attempt_outcome": Invariant(
            attempt.c.outcome.not_in(tuple(AttemptOutcome)),
            {
                "outcome": _AS_ITS_MESSAGE,
                "ended": func.coalesce(attempt.c.ended, attempt.c.started),
            },
        ),
        "attempt_without_end": Invariant(
            and_(attempt.c.outcome == AttemptOutcome.SENDING, ~_message_is(MessageState.LEASED)),
            lambda m: {"outcome": _AS_ITS_MESSAGE, "ended": m.now},
        ),
        "attempt_ended_without_instant": Invariant(
            and_(attempt.c.outcome != AttemptOutcome.SENDING, attempt.c.ended.is_(None)),
            {"ended": attempt.c.started},
        ),
        "attempt_number": Invariant(attempt.c.n < 1),
    },
    digest: {
        "digest_week": Invariant(
            lambda m: or_(digest.c.week.not_like("____-W__"), digest.c.week > m.latest_week),
            remove=True,
        ),
        "digest_in_dead_message": Invariant(
            exists().where(
                message.c.id == digest.c.message_id, message.c.state.in_(REACHED_NOBODY)
            ),
            {"message_id": None},
        ),
    },
    letter: {
        "letter_empty": Invariant(
            and_(
                func.length(letter.c.content) == 0,
                exists().where(message.c.id == letter.c.message_id, message.c.attempts == 0),
            ),
            remove=True,
        )
    },
    rate_token: {
        "rate_number": Invariant(or_(rate_token.c.n < 0, rate_token.c.bucket == ""), remove=True)
    },
}
