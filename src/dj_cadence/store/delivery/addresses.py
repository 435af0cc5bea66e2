"""Addresses that work and those that do not: what came back, and what got through after all."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.retry_pauses import address_pause
from dj_cadence.errors import Blame
from dj_cadence.store.core.batching import add_rows, remove_rows
from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction
from dj_cadence.store.core.types import AnyRow, instant_text
from dj_cadence.store.schema import address, person

_MINE = (
    address.c.person_id == bindparam("whose"),
    address.c.channel == bindparam("way"),
    address.c.value == bindparam("written"),
)
_MARK_BAD = CompiledStatement(
    update(address)
    .where(*_MINE)
    .values(state="bad", reason=bindparam("answer"), bad_since=bindparam("ended"))
)
_SET_ASIDE = CompiledStatement(
    update(address)
    .where(*_MINE, address.c.state != "bad")
    .values(
        state="aside",
        reason=bindparam("answer"),
        bad_since=bindparam("ended"),
        aside_until=bindparam("again"),
        times_aside=bindparam("times"),
    )
)
_ASIDE_BEFORE = CompiledStatement(
    select(address.c.times_aside, address.c.aside_until, address.c.mended_at).where(*_MINE)
)
_NAMES = ("person_id", "channel", "value")


def add(session: Session, addresses: Iterable[tuple[int, str, str]]) -> None:
    """Addresses that people have from now on, as (person, channel, value)."""
    add_rows(session, address, [dict(zip(_NAMES, each, strict=True)) for each in addresses])


def remove(session: Session, addresses: Iterable[tuple[int, str, str]]) -> None:
    """Forget addresses, given as (person, channel, value)."""
    remove_rows(session, address, [dict(zip(_NAMES, each, strict=True)) for each in addresses])


def mark_bad(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """There is no such mailbox: it is never written to again, until somebody mends it."""
    values = {"answer": reply, "ended": instant_text(now)}
    transaction.run(_MARK_BAD, **_whose(claim), **values)


def set_aside(transaction: DriverTransaction, claim: Claim, reply: str, now: datetime) -> None:
    """The mailbox is full or switched off, and may take mail again: it is left alone for days."""
    whose = _whose(claim)
    times, until, _ = transaction.row(_ASIDE_BEFORE, **whose) or (0, None, None)
    again, times = address_pause(times, until and datetime.fromisoformat(str(until)), now)
    values = {"answer": reply, "ended": instant_text(now), "again": instant_text(again)}
    transaction.run(_SET_ASIDE, **whose, **values, times=times)


def _whose(to: Claim | AnyRow) -> dict[str, Any]:
    return {"whose": to.person_id, "way": to.channel, "written": to.address}


def blame_bounce(session: Session, sent: AnyRow, blame: Blame, reason: str, now: datetime) -> None:
    """A message that had been accepted came back; `sent` is the message.

    What a report says of the address is the same as what a server says at once, unless the
    address was mended since the message went out.
    """
    row = session.execute(_ASIDE_BEFORE.statement, _whose(sent)).one_or_none()
    if row is None or (row.mended_at and row.mended_at >= sent.sent_at):
        return
    values = {**_whose(sent), "answer": reason, "ended": now}
    if blame is Blame.ADDRESS:
        session.execute(_MARK_BAD.statement, values)
    elif blame is Blame.MAILBOX:
        again, times = address_pause(row.times_aside, row.aside_until, now)
        session.execute(_SET_ASIDE.statement, {**values, "again": again, "times": times})


def end_pauses(session: Session, now: datetime) -> None:
    """Addresses that were set aside long enough may be written to again."""
    over = (address.c.state == "aside", address.c.aside_until <= now)
    session.execute(update(address).where(*over).values(state="ok", reason="", bad_since=None))


def mend(session: Session, channel: str, value: str, now: datetime) -> None:
    """A message got through, or a person says so: it is good again for all who have it.

    What was sent before and comes back later speaks of how it was.
    """
    session.execute(
        update(address)
        .where(address.c.channel == channel, address.c.value == value)
        .values(
            state="ok", reason="", bad_since=None, aside_until=None, times_aside=0, mended_at=now
        )
    )


_TROUBLE = select(
    address.c.person_id, person.c.name, address.c.channel, address.c.reason, address.c.aside_until
).join(person, person.c.id == address.c.person_id)


def list_aside(session: Session) -> Sequence[AnyRow]:
    """Addresses that take nothing for now, the next to be tried first."""
    query = _TROUBLE.where(address.c.state == "aside")
    return session.execute(query.order_by(address.c.aside_until, address.c.id)).all()


def newly_bad(session: Session, since: datetime) -> Sequence[AnyRow]:
    """Addresses that were refused for good since then, the oldest first."""
    query = _TROUBLE.where(address.c.state == "bad", address.c.bad_since >= since)
    return session.execute(query.order_by(address.c.bad_since, address.c.id)).all()
