"""Addresses that work and those that do not: what came back, and what got through after all."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from dj_cadence.errors import Blame
from dj_cadence.store.core.batching import add_rows, remove_rows
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import address, attempt, message, person
from dj_cadence.transport.bounce_report import Bounce

PAUSES = tuple(timedelta(days=days) for days in (2, 4, 7, 14, 30))
"""For so long a mailbox is left alone that takes nothing: the first time, the second, …"""
_FORGOTTEN = timedelta(days=30)
"""After so long a time that was well, the next trouble is the first again."""
_MINE = (
    address.c.person_id == bindparam("whose"),
    address.c.channel == bindparam("way"),
    address.c.value == bindparam("written"),
)
REFUSED = (
    update(address)
    .where(*_MINE)
    .values(state="bad", reason=bindparam("answer"), bad_since=bindparam("ended"))
)
"""There is no such mailbox: that was said at once, or by a message that came back."""
SET_ASIDE = (
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
"""The mailbox is full or switched off, and may take mail again."""
ASIDE_BEFORE = select(address.c.times_aside, address.c.aside_until, address.c.mended_at).where(
    *_MINE
)
_NAMES = ("person_id", "channel", "value")
BELIEVED = timedelta(days=14)
"""Servers give up after five days; a later report is no report."""
_CLOCKS = timedelta(hours=1)
_WENT_TO = select(message.c.person_id, message.c.channel, message.c.address, message.c.sent_at)


def add(session: Session, addresses: Iterable[tuple[int, str, str]]) -> None:
    """Addresses that people have from now on, as (person, channel, value)."""
    add_rows(session, address, [dict(zip(_NAMES, each, strict=True)) for each in addresses])


def remove(session: Session, addresses: Iterable[tuple[int, str, str]]) -> None:
    """Forget addresses, given as (person, channel, value)."""
    remove_rows(session, address, [dict(zip(_NAMES, each, strict=True)) for each in addresses])


class Pause(NamedTuple):
    """How long an address is left alone, and the how manieth time that is."""

    time: timedelta
    times: int


def pause(times: int, until: datetime | None, now: datetime) -> Pause:
    """The next pause of an address that was set aside so many times, the last `until` then."""
    before = times if until and now < until + _FORGOTTEN else 0
    return Pause(PAUSES[min(before, len(PAUSES) - 1)], before + 1)


def try_again(session: Session, now: datetime) -> None:
    """Those that were set aside long enough may be written to again."""
    over = (address.c.state == "aside", address.c.aside_until <= now)
    session.execute(update(address).where(*over).values(state="ok", reason="", bad_since=None))


def bounced(session: Session, bounce: Bounce, now: datetime) -> bool:
    """A message that a server had accepted came back from further on.

    It stays sent, its log says what came back, and later ones go another way. False where the
    report cannot be true: of another address than it went to, or too long afterwards.
    """
    row = session.execute(_WENT_TO.where(message.c.id == bounce.message.number)).one_or_none()
    if row is None or row.address.casefold() not in bounce.recipients:
        return False
    if not row.sent_at or not row.sent_at - _CLOCKS < now < row.sent_at + BELIEVED:
        return False
    told = f"退信：{bounce.reason}"
    session.execute(
        update(attempt)
        .where(attempt.c.message_id == bounce.message.number, attempt.c.outcome == "sent")
        .where(~attempt.c.reply.contains(told, autoescape=True))
        .values(reply=attempt.c.reply + f"；{told}")
    )
    whose = {"whose": row.person_id, "way": row.channel, "written": row.address}
    known = session.execute(ASIDE_BEFORE, whose).one_or_none()
    if known and not (known.mended_at and known.mended_at >= row.sent_at):
        _blame(session, bounce.blame, known, {**whose, "answer": told, "ended": now})
    return True


def _blame(session: Session, blame: Blame, known: AnyRow, values: dict[str, Any]) -> None:
    """What a report says of the address is the same as what a server says at once."""
    if blame is Blame.ADDRESS:
        session.execute(REFUSED, values)
    elif blame is Blame.MAILBOX:
        found = pause(known.times_aside, known.aside_until, values["ended"])
        again = {"again": values["ended"] + found.time, "times": found.times}
        session.execute(SET_ASIDE, {**values, **again})


def mend(session: Session, channel: str, value: str, now: datetime) -> None:
    """A message got through, or a person says so: it is good again for all who have it.

    What was sent before and comes back later speaks of how it was.
    """
    session.execute(
        update(address)
        .where(address.c.channel == channel, address.c.value == value)
        .values(
            state="ok",
            reason="",
            bad_since=None,
            aside_until=None,
            times_aside=0,
            mended_at=now,
        )
    )


def set_aside(session: Session) -> list[AnyRow]:
    """Addresses that take nothing for now: name, channel, reason, aside_until."""
    query = (
        select(person.c.name, address.c.channel, address.c.reason, address.c.aside_until)
        .join(person, person.c.id == address.c.person_id)
        .where(address.c.state == "aside")
    )
    return list(session.execute(query.order_by(address.c.aside_until, address.c.id)))


def newly_bad(session: Session, since: datetime) -> list[AnyRow]:
    """Addresses that were refused for good since then: person_id, name, channel, reason."""
    query = (
        select(address.c.person_id, person.c.name, address.c.channel, address.c.reason)
        .join(person, person.c.id == address.c.person_id)
        .where(address.c.state == "bad", address.c.bad_since >= since)
    )
    return list(session.execute(query.order_by(address.c.bad_since, address.c.id)))
