"""The only writer of `message`. Each change goes from states to a state, as `MOVES` allows.

A change is made only where the old state is still there, and of a claimed message only by who
claimed it. What a state implies is set with it: no lease but while LEASED, no `send_at` in a
final state.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    bindparam,
    exists,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.states import (
    MOVES,
    UNSENT,
    WAITING,
    AttemptOutcome,
    MessageKind,
    MessageState,
)
from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import is_asked_for
from dj_cadence.store.core.types import AnyRow, instant_text
from dj_cadence.store.schema import attempt, digest, letter, message


class NewMessage(NamedTuple):
    """A message to one person over one channel."""

    person_id: int
    day: date
    kind: MessageKind
    channel: str
    address: str
    serial: int = 0
    """From 0: the day's one; below 0: asked for, and beside it."""
    late: bool = False


def enqueue(session: Session, new: Sequence[NewMessage], now: datetime) -> dict[int, int]:
    """Put messages, at most one of each person, into the queue; returns their ids by person.

    Without those of a person, day and serial of which there is one already.
    """
    if not new:
        return {}
    due = {"state": MessageState.READY, "send_at": now, "created_at": now}
    adding = insert_or_ignore(message).returning(message.c.person_id, message.c.id)
    rows = session.execute(adding, [{**each._asdict(), **due} for each in new])
    return {row.person_id: row.id for row in rows}


def asked_serial(session: Session, person_id: int, day: date) -> int:
    """The next free serial of a message that is not the day's one."""
    mine = (message.c.person_id == person_id, message.c.day == day)
    lowest = session.scalar(select(func.min(message.c.serial)).where(*mine))
    return min(lowest or 0, 0) - 1


def find(session: Session, message_id: int) -> AnyRow | None:
    """A message as it is seen now."""
    return session.execute(select(message).where(message.c.id == message_id)).one_or_none()


def count(session: Session, *states: MessageState) -> int:
    """How many are in one of these states."""
    query = select(func.count()).where(message.c.state.in_(states))
    return session.execute(query).scalar_one()


def due(session: Session, now: datetime, *which: ColumnElement[bool]) -> AnyRow:
    """The `number` of those that are not sent yet, and when the `oldest` was written."""
    waiting = (message.c.send_at.is_not(None), message.c.created_at <= now, *which)
    oldest = func.min(message.c.created_at).label("oldest")
    return session.execute(select(func.count().label("number"), oldest).where(*waiting)).one()


def of_day(session: Session, person_ids: Sequence[int], day: date) -> dict[int, list[AnyRow]]:
    """By person the day's messages, without what was asked for; locked until the transaction ends.

    Each with its id and state, and whether it `may_take_more` notices. One is the day's, the
    others reached nobody.
    """
    is_written = exists().where(letter.c.message_id == message.c.id)
    may_take_more = and_(message.c.state == MessageState.READY, ~is_written)
    query = select(
        message.c.id, message.c.person_id, message.c.state, may_take_more.label("may_take_more")
    ).where(message.c.day == day, ~is_asked_for(), message.c.person_id.in_(person_ids))
    found: dict[int, list[AnyRow]] = {}
    for row in session.execute(query.with_for_update(of=message)):
        found.setdefault(row.person_id, []).append(row)
    return found


def _change(
    after: MessageState,
    *where: ColumnElement[bool],
    before: Collection[MessageState] = tuple(MessageState),
    **values: Any,
) -> Update:
    """Messages in a state of `before` become `after`; an update that MOVES does not allow fails."""
    forbidden = [state for state in before if after not in MOVES[state]]
    assert not forbidden, f"{forbidden} -> {after}"
    if len(before) < len(MessageState):
        where = (or_(*(message.c.state == state for state in before)), *where)
    if after is not MessageState.LEASED:
        values = {"lease_by": "", "lease_until": null(), **values}
    if after not in UNSENT:
        values["send_at"] = null()
    return update(message).where(*where).values(state=after, **values)


# --- claims ---------------------------------------------------------------------------------------


def lease(session: Session, ids: Sequence[int], owner: str, until: datetime) -> None:
    """Claim messages that wait and that this transaction has locked; a try is counted."""
    values = {"lease_by": owner, "lease_until": until, "attempts": message.c.attempts + 1}
    mine = among(message.c.id, ids)
    session.execute(_change(MessageState.LEASED, mine, before=WAITING, **values))


def settle(session: Session, claims: Sequence[Claim]) -> None:
    """Close messages in which nothing is left to say, each only while the claim holds."""
    mine = among(message.c.id, [claim.id for claim in claims])
    held = message.c.lease_by.in_({claim.owner for claim in claims})
    session.execute(_change(MessageState.SETTLED, mine, held, before=(MessageState.LEASED,)))


# --- what becomes of a try, in the driver's words -------------------------------------------------

IS_CLAIMED = (
    message.c.id == bindparam("this"),
    message.c.state == MessageState.LEASED,
    message.c.lease_by == bindparam("owner"),
    message.c.attempts == bindparam("n"),
)
"""That a claim holds; see `claimed`."""
_LEASED, _RETRY = (MessageState.LEASED,), (MessageState.RETRY,)
_this = message.c.id == bindparam("this")
_earlier = attempt.alias()
_LAST_TRY = (
    select(func.max(_earlier.c.n))
    .where(_earlier.c.message_id == bindparam("this"), _earlier.c.n < bindparam("n"))
    .scalar_subquery()
)  # a claim that came to nothing leaves a gap in the numbers
_UNKNOWN_BEFORE = exists().where(
    attempt.c.message_id == bindparam("this"),
    attempt.c.n == _LAST_TRY,
    attempt.c.outcome == AttemptOutcome.UNKNOWN,
)


def claimed(claim: Claim) -> dict[str, Any]:
    """The parameters of `IS_CLAIMED`."""
    return {"this": claim.id, "n": claim.n, "owner": claim.owner}


class _ClaimChange:
    """A change of a claimed message; the call says whether it was made."""

    def __init__(self, statement: Update) -> None:
        self._compiled = CompiledStatement(statement)

    def __call__(self, transaction: DriverTransaction, claim: Claim, **at: datetime) -> bool:
        instants = {name: instant_text(instant) for name, instant in at.items()}
        return bool(transaction.run(self._compiled, **claimed(claim), **instants))


mark_sent = _ClaimChange(_change(MessageState.SENT, _this, sent_at=bindparam("now")))
"""The channel has accepted it `now`, whoever holds it by now."""
put_off = _ClaimChange(
    _change(MessageState.RETRY, *IS_CLAIMED, before=_LEASED, send_at=bindparam("until"))
)
"""It is tried again from `until` on."""
_without_try = {"attempts": message.c.attempts - 1}
hand_back = _ClaimChange(_change(MessageState.RETRY, *IS_CLAIMED, before=_LEASED, **_without_try))
"""Others may claim it at once; the try does not count."""
wait_until = _ClaimChange(
    _change(
        MessageState.RETRY, *IS_CLAIMED, before=_LEASED, send_at=bindparam("until"), **_without_try
    )
)
"""It may be claimed again from `until` on; the try does not count."""
quarantine_if_unknown_twice = _ClaimChange(
    _change(MessageState.QUARANTINED, *IS_CLAIMED, _UNKNOWN_BEFORE, before=_LEASED)
)
"""Left to a person where the try before had an unknown outcome too."""
give_up = _ClaimChange(
    _change(MessageState.GAVE_UP, _this, message.c.attempts == bindparam("n"), before=_RETRY)
)
"""It was put off by this try, and is refused for good after all."""
begin_next_edition = _ClaimChange(
    update(message)
    .where(_this, message.c.edition == 0, exists().where(digest.c.message_id == message.c.id))
    .values(edition=1)
)
"""To be written without files; not made where it carries none, or was written so already."""


# --- changes of many ------------------------------------------------------------------------------


def take_back(session: Session, owners: Collection[str]) -> Sequence[int]:
    """Let others claim what these owners hold; returns which messages that were."""
    held = (message.c.send_at.is_not(None), message.c.lease_by.in_(owners))
    taking = _change(MessageState.RETRY, *held, before=_LEASED)
    return session.scalars(taking.returning(message.c.id)).all()


def quarantine(session: Session, ids: Sequence[int]) -> None:
    """Leave messages to a person that were just taken back."""
    mine = among(message.c.id, ids)
    session.execute(_change(MessageState.QUARANTINED, mine, before=_RETRY))


def supersede(session: Session, *which: ColumnElement[bool]) -> Sequence[int]:
    """Withdraw those that wait; returns which messages that were."""
    withdrawing = _change(MessageState.SUPERSEDED, *which, before=WAITING)
    return session.scalars(withdrawing.returning(message.c.id)).all()


def set_day(session: Session, message_id: int, day: date) -> None:
    """Make it the person's message of `day`. Raises IntegrityError where there is one."""
    session.execute(update(message).where(message.c.id == message_id).values(day=day))


def end_pauses(session: Session, channel: str, now: datetime) -> None:
    """What was put off on a channel is due at once."""
    later = (message.c.channel == channel, message.c.send_at > now)
    session.execute(_change(MessageState.RETRY, *later, before=_RETRY, send_at=now))


def send_again(session: Session, seen: AnyRow, today: date, now: datetime) -> bool:
    """Outside the day's one message, for a person has asked for it.

    False where it is not as it was seen: it was claimed, or asked for, in between.
    """
    serial = asked_serial(session, seen.person_id, today)
    as_seen = (message.c.id == seen.id, message.c.serial == seen.serial)
    values = {"send_at": now, "day": today, "serial": serial}
    again = _change(MessageState.RETRY, *as_seen, before=(MessageState(seen.state),), **values)
    return session.connection().execute(again).rowcount == 1


def leave_to_people(session: Session) -> None:
    """Send nothing of what waits: another copy of the site may have sent it."""
    session.execute(_change(MessageState.UNKNOWN, before=UNSENT))


def pretend_sent(session: Session, now: datetime) -> None:
    """For a simulation: all that is ready counts as sent."""
    session.execute(_change(MessageState.SENT, before=(MessageState.READY,), sent_at=now))
