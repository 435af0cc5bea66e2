"""The ledger of sending: claims on messages, and the outcome of each attempt.

A message goes ready → leased → sent. What a channel refuses for now waits as `retry`;
what it refuses for good ends as `gave_up` and frees its notices. The row of the attempt
is written before the letter goes out: one found `sending` after a death is in the dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    exists,
    insert,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from dj_cadence.domain.task import SILENT
from dj_cadence.store.prepared import Prepared
from dj_cadence.store.schema import address, attempt, digest, message, notice, person, site, task
from dj_cadence.store.types import instant_text

Executor = Session | Connection

BATCH = 50
WAITING = ("ready", "retry")
_PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2))
_NO_LEASE: Mapping[str, Any] = {"lease_by": "", "lease_until": None}


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one process alone may send until its lease runs out."""

    id: int
    n: int
    """The number of this try. Another process's claim would have counted it up."""
    kind: str
    day: date
    late: bool
    channel: str
    address: str
    content: bytes | None
    """The letter as it was first made; None before the first try."""
    person_id: int
    person_name: str


# --- taking messages -------------------------------------------------------------------------


def channels_waiting(session: Session, now: datetime) -> list[str]:
    """The channels that something is due on."""
    found = select(message.c.channel).where(message.c.send_at <= now, message.c.state.in_(WAITING))
    return sorted(session.scalars(found.distinct()))


def claim(
    session: Session, owner: str, channel: str, now: datetime, lease_until: datetime
) -> list[Claim]:
    """Take up to 50 messages that are due on `channel`, the longest waiting first.

    None while sending is switched off: a restored backup has a queue too.
    """
    due = (
        select(message.c.id)
        .where(message.c.send_at <= now, message.c.state.in_(WAITING))
        .where(message.c.channel == channel, exists().where(site.c.sending))
        .order_by(message.c.send_at, message.c.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    session.execute(
        update(message)
        .where(message.c.id.in_(ids))
        .values(
            state="leased",
            lease_by=owner,
            lease_until=lease_until,
            attempts=message.c.attempts + 1,
        )
    )
    return _claims(session, ids)


def _claims(session: Session, ids: Sequence[int]) -> list[Claim]:
    shared = ("id", "kind", "day", "late", "channel", "address", "content", "person_id")
    rows = session.execute(
        select(
            *(message.c[name] for name in shared),
            message.c.attempts.label("n"),
            person.c.name.label("person_name"),
        )
        .join(person, person.c.id == message.c.person_id)
        .where(message.c.id.in_(ids))
        .order_by(message.c.send_at, message.c.id)
    )
    return [Claim(**row) for row in rows.mappings()]


def trim(session: Session, claims: Sequence[Claim]) -> list[int]:
    """Take out of messages not yet written what need not be said any more.

    Notices of tasks settled meanwhile are `settled_before`; of several notices of one
    task the newest speaks and the others are `folded`. Returns the messages that are
    left empty by this; they are `settled`.
    """
    ids = [claim.id for claim in claims if claim.content is None and claim.kind != "test"]
    settled = select(task.c.id).where(task.c.state.in_(sorted(SILENT)))
    open_notices = update(notice).where(notice.c.message_id.in_(ids), notice.c.outcome == "")
    session.execute(
        open_notices.where(notice.c.task_id.in_(settled)).values(outcome="settled_before")
    )
    session.execute(open_notices.where(_is_outdone()).values(outcome="folded"))
    empty = session.scalars(
        update(message)
        .where(message.c.id.in_(ids), ~_has_open_notice(), ~_has_digest())
        .values(state="settled", send_at=None, **_NO_LEASE)
        .returning(message.c.id)
    )
    return list(empty)


def _is_outdone() -> ColumnElement[bool]:
    """Whether a newer open notice of the same task is in the same message."""
    newer = notice.alias()
    return exists().where(
        newer.c.message_id == notice.c.message_id,
        newer.c.task_id == notice.c.task_id,
        newer.c.outcome == "",
        tuple_(newer.c.due_on, newer.c.id) > tuple_(notice.c.due_on, notice.c.id),
    )


def _has_open_notice() -> ColumnElement[bool]:
    return exists().where(notice.c.message_id == message.c.id, notice.c.outcome == "")


def _has_digest() -> ColumnElement[bool]:
    return exists().where(digest.c.message_id == message.c.id)


# --- one try ------------------------------------------------------------------------------


def freeze(session: Session, claims: Sequence[Claim]) -> None:
    """Keep the contents of these messages for good."""
    if claims:
        session.execute(
            update(message)
            .where(message.c.id == bindparam("this"), message.c.state == "leased")
            .where(message.c.attempts == bindparam("try"))
            .values(content=bindparam("letter")),
            [{"this": c.id, "try": c.n, "letter": c.content} for c in claims],
        )


def begin(connection: Connection, claim: Claim, now: datetime, lease_until: datetime) -> bool:
    """Write down that the letter is about to go out, and renew the lease.

    False where another process has taken the message over: then it must not be sent.
    """
    until = instant_text(lease_until)
    if _RENEW.run(connection, this=claim.id, n=claim.n, until=until).rowcount == 0:
        return False
    _BEGIN.run(connection, this=claim.id, n=claim.n, started=instant_text(now))
    return True


def sent(connection: Connection, claim: Claim, reply: str, now: datetime) -> None:
    """The channel has accepted it. That stands whoever holds the message by now."""
    ended = instant_text(now)
    _SENT.run(connection, this=claim.id, ended=ended)
    _SAID.run(connection, this=claim.id)
    _ENDED.run(connection, this=claim.id, n=claim.n, ended=ended, result="sent", answer=reply)


def postponed(connection: Connection, claim: Claim, reply: str, now: datetime) -> None:
    """The channel did not take it for now; it is tried again after a pause."""
    _postpone(connection, claim, now)
    _end_attempt(connection, claim, "retry", reply, now)


def unwritable(session: Session, claim: Claim, reply: str, now: datetime) -> None:
    """The letter could not be made. It goes out once the template or the data is mended.

    Giving it up would free its notices for a new message that has the same fault.
    """
    if _postpone(session, claim, now):
        tried = {"message_id": claim.id, "n": claim.n, "started": now, "ended": now}
        session.execute(insert(attempt).values(**tried, outcome="retry", reply=reply))


def _postpone(session: Executor, claim: Claim, now: datetime) -> bool:
    pause = _PAUSES[min(claim.n, len(_PAUSES)) - 1]
    return _set_if_mine(session, claim, {"state": "retry", "send_at": now + pause, **_NO_LEASE})


def refused(connection: Connection, claim: Claim, reply: str, now: datetime) -> None:
    """The channel will never take it: the address is bad, and another way must be found."""
    if _set_if_mine(connection, claim, {"state": "gave_up", "send_at": None, **_NO_LEASE}):
        release(connection, [claim.id])
        connection.execute(
            update(address)
            .where(
                address.c.person_id == claim.person_id,
                address.c.channel == claim.channel,
                address.c.value == claim.address,
            )
            .values(state="bad", reason=reply, bad_since=now)
        )
    _end_attempt(connection, claim, "gave_up", reply, now)


def hand_back(connection: Connection, claims: Sequence[Claim]) -> None:
    """Let others take these. Nothing was tried, and so no try is counted."""
    for claim in claims:
        values = {"state": "retry", "attempts": claim.n - 1, **_NO_LEASE}
        _set_if_mine(connection, claim, values)


def release(session: Executor, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    session.execute(
        update(notice)
        .where(notice.c.message_id.in_(message_ids), notice.c.outcome == "")
        .values(message_id=None)
    )
    session.execute(
        update(digest).where(digest.c.message_id.in_(message_ids)).values(message_id=None)
    )


def _set_if_mine(session: Executor, claim: Claim, values: Mapping[str, Any]) -> bool:
    """Compare and set: False, and nothing changed, where the claim has been lost."""
    changed = session.scalars(
        update(message)
        .where(message.c.id == claim.id, message.c.state == "leased")
        .where(message.c.attempts == claim.n)
        .values(**values)
        .returning(message.c.id)
    )
    return changed.one_or_none() is not None


def _end_attempt(
    connection: Connection, claim: Claim, outcome: str, reply: str, now: datetime
) -> None:
    _ENDED.run(
        connection,
        this=claim.id,
        n=claim.n,
        ended=instant_text(now),
        result=outcome,
        answer=reply,
    )


# --- what runs for every letter ---------------------------------------------------------------

_THIS = message.c.id == bindparam("this")
_RENEW = Prepared(
    update(message)
    .where(_THIS, message.c.state == "leased", message.c.attempts == bindparam("n"))
    .values(lease_until=bindparam("until"))
)
_BEGIN = Prepared(
    postgresql.insert(attempt)  # SQLite says it in the same words
    .values(
        message_id=bindparam("this"),
        n=bindparam("n"),
        started=bindparam("started"),
        outcome="sending",
        reply="",
    )
    .on_conflict_do_nothing()  # a commit of which we never heard may have been one
)
_SENT = Prepared(
    update(message)
    .where(_THIS)
    .values(
        state="sent",
        sent_at=bindparam("ended"),
        send_at=null(),
        lease_by="",
        lease_until=null(),
    )
)
_SAID = Prepared(
    update(notice)
    .where(notice.c.message_id == bindparam("this"), notice.c.outcome == "")
    .values(outcome="sent")
)
_ENDED = Prepared(
    update(attempt)
    .where(attempt.c.message_id == bindparam("this"), attempt.c.n == bindparam("n"))
    .values(outcome=bindparam("result"), ended=bindparam("ended"), reply=bindparam("answer"))
)
