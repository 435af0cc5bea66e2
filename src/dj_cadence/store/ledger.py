"""The ledger of sending: claims on messages, and the outcome of each attempt.

A message goes ready → leased → sent. What a channel refuses for now waits as `retry`;
what it refuses for good ends as `gave_up` and frees its notices. The row of the attempt
is written before the letter goes out: one found `sending` after a death is in the dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, select, tuple_, update
from sqlalchemy.orm import Session

from dj_cadence.domain.bounce import Bounce
from dj_cadence.domain.reminder_plan import ESCALATED
from dj_cadence.domain.task import SILENT, State
from dj_cadence.store.schema import address, attempt, digest, message, notice, person, site, task

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


def claim(session: Session, owner: str, now: datetime, lease_until: datetime) -> list[Claim]:
    """Take up to 50 messages that are due, the longest waiting first.

    None while sending is switched off: a restored backup has a queue too.
    """
    due = (
        select(message.c.id)
        .where(message.c.send_at <= now, message.c.state.in_(WAITING))
        .where(exists().where(site.c.sending))
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

    Notices of tasks settled meanwhile are `settled_before`, those to superiors about what is
    overdue no more `moved`; of several notices of one task the newest speaks and the others
    are `folded`. Returns the messages that are
    left empty by this; they are `settled`.
    """
    ids = [claim.id for claim in claims if claim.content is None and claim.kind != "test"]
    settled = select(task.c.id).where(task.c.state.in_(sorted(SILENT)))
    open_notices = update(notice).where(notice.c.message_id.in_(ids), notice.c.outcome == "")
    session.execute(
        open_notices.where(notice.c.task_id.in_(settled)).values(outcome="settled_before")
    )
    late = select(task.c.id).where(task.c.state == State.OVERDUE.value)
    upwards = and_(notice.c.rung == ESCALATED, notice.c.task_id.not_in(late))
    session.execute(open_notices.where(upwards).values(outcome="moved"))
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


def begin(session: Session, claim: Claim, now: datetime, lease_until: datetime) -> bool:
    """Write down that the letter is about to go out, and renew the lease.

    False where another process has taken the message over: then it must not be sent.
    """
    if not _set_if_mine(session, claim, {"lease_until": lease_until}):
        return False
    _write_attempt(session, claim, "sending", started=now)
    return True


def sent(session: Session, claim: Claim, reply: str, now: datetime) -> None:
    """The channel has accepted it. That stands whoever holds the message by now."""
    session.execute(
        update(message)
        .where(message.c.id == claim.id)
        .values(state="sent", sent_at=now, send_at=None, **_NO_LEASE)
    )
    session.execute(
        update(notice)
        .where(notice.c.message_id == claim.id, notice.c.outcome == "")
        .values(outcome="sent")
    )
    _end_attempt(session, claim, "sent", reply, now)


def postponed(session: Session, claim: Claim, reply: str, now: datetime) -> None:
    """The channel did not take it for now; it is tried again after a pause."""
    _postpone(session, claim, now)
    _end_attempt(session, claim, "retry", reply, now)


def unwritable(session: Session, claim: Claim, reply: str, now: datetime) -> None:
    """The letter could not be made. It goes out once the template or the data is mended.

    Giving it up would free its notices for a new message that has the same fault.
    """
    if _postpone(session, claim, now):
        _write_attempt(session, claim, "retry", started=now, ended=now, reply=reply)


def _postpone(session: Session, claim: Claim, now: datetime) -> bool:
    pause = _PAUSES[min(claim.n, len(_PAUSES)) - 1]
    return _set_if_mine(session, claim, {"state": "retry", "send_at": now + pause, **_NO_LEASE})


def refused(session: Session, claim: Claim, reply: str, now: datetime) -> None:
    """The channel will never take it: the address is bad, and another way must be found."""
    if _set_if_mine(session, claim, {"state": "gave_up", "send_at": None, **_NO_LEASE}):
        release(session, [claim.id])
        _mark_bad(session, claim.id, reply, now)
    _end_attempt(session, claim, "gave_up", reply, now)


def bounced(session: Session, bounce: Bounce, now: datetime) -> None:
    """A message that a server had accepted came back from further on.

    It stays sent, its log says what came back, and later ones go another way.
    """
    told = f"退信：{bounce.reason}"
    session.execute(
        update(attempt)
        .where(attempt.c.message_id == bounce.message, attempt.c.outcome == "sent")
        .where(~attempt.c.reply.contains(told, autoescape=True))
        .values(reply=attempt.c.reply + f"；{told}")
    )
    if bounce.about_recipient:
        _mark_bad(session, bounce.message, told, now)


def _mark_bad(session: Session, message_id: int, reason: str, now: datetime) -> None:
    """The address that a message went to is used no more."""
    to = select(message).where(message.c.id == message_id).subquery()
    session.execute(
        update(address)
        .where(
            address.c.person_id == to.c.person_id,
            address.c.channel == to.c.channel,
            address.c.value == to.c.address,
        )
        .values(state="bad", reason=reason, bad_since=now)
    )


def mend_address(session: Session, channel: str, value: str) -> None:
    """A message got through after all: the address is good again for everybody who has it."""
    session.execute(
        update(address)
        .where(address.c.channel == channel, address.c.value == value)
        .values(state="ok", reason="", bad_since=None)
    )


def hand_back(session: Session, claims: Sequence[Claim]) -> None:
    """Let others take these; nothing was tried."""
    for claim in claims:
        _set_if_mine(session, claim, {"state": "retry", **_NO_LEASE})


def wait(session: Session, claim: Claim, until: datetime) -> None:
    """The channel may not be used before `until`; nothing was tried, and no try is counted."""
    _set_if_mine(
        session,
        claim,
        {"state": "retry", "send_at": until, "attempts": claim.n - 1, **_NO_LEASE},
    )


def release(session: Session, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    session.execute(
        update(notice)
        .where(notice.c.message_id.in_(message_ids), notice.c.outcome == "")
        .values(message_id=None)
    )
    session.execute(
        update(digest).where(digest.c.message_id.in_(message_ids)).values(message_id=None)
    )


def _set_if_mine(session: Session, claim: Claim, values: Mapping[str, Any]) -> bool:
    """Compare and set: False, and nothing changed, where the claim has been lost."""
    changed = session.scalars(
        update(message)
        .where(message.c.id == claim.id, message.c.state == "leased")
        .where(message.c.attempts == claim.n)
        .values(**values)
        .returning(message.c.id)
    )
    return changed.one_or_none() is not None


def _write_attempt(
    session: Session,
    claim: Claim,
    outcome: str,
    *,
    started: datetime,
    ended: datetime | None = None,
    reply: str = "",
) -> None:
    session.execute(
        insert(attempt).values(
            message_id=claim.id,
            n=claim.n,
            started=started,
            ended=ended,
            outcome=outcome,
            reply=reply,
        )
    )


def _end_attempt(session: Session, claim: Claim, outcome: str, reply: str, now: datetime) -> None:
    session.execute(
        update(attempt)
        .where(attempt.c.message_id == claim.id, attempt.c.n == claim.n)
        .values(outcome=outcome, ended=now, reply=reply)
    )
