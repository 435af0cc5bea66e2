"""The ledger of sending: claims on messages. What becomes of a try is in `outcomes`.

A message goes ready → leased → sent. What a channel refuses for now waits as `retry`;
what it refuses for good ends as `gave_up` and frees its notices. The row of the attempt
is written before the letter goes out: one found `sending` after a death is in the dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from dj_cadence.store.core.conditions import is_asked_for
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.schema import letter, message, person, site, skeleton

BATCH = 250
WAITING = ("ready", "retry")
_NO_LEASE: Mapping[str, Any] = {"lease_by": "", "lease_until": None}


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one process alone may send until its lease runs out."""

    id: int
    n: int
    """The number of this try. Another claim would have counted it up, unless it was handed back."""
    owner: str
    """The process that claimed it."""
    serial: int
    kind: str
    day: date
    late: bool
    channel: str
    address: str
    content: bytes | None
    """The letter as it was first made; None before the first try."""
    skeleton: bytes | None
    """What it says, with marks in place of names; None before the first try."""
    person_id: int
    person_name: str
    edition: int = 0
    """Above 0: one that was too large is written anew."""

    @property
    def is_asked_for(self) -> bool:
        """Whether it goes out outside the sending hours too."""
        return self.serial < 0


# --- taking messages -------------------------------------------------------------------------


def channels_waiting(session: Session, now: datetime, *, asked_only: bool = False) -> list[str]:
    """The channels that something is due on; `asked_only` outside the sending hours."""
    found = select(message.c.channel).where(*_due(now, asked_only=asked_only))
    return sorted(session.scalars(found.distinct()))


def _due(now: datetime, *, asked_only: bool) -> tuple[ColumnElement[bool], ...]:
    due = (message.c.send_at <= now, message.c.state.in_(WAITING))
    return (*due, is_asked_for()) if asked_only else due


def is_elsewhere(domain: str) -> ColumnElement[bool]:
    """Whether a message goes to an address that is not of `domain`."""
    return ~message.c.address.endswith(f"@{domain}", autoescape=True)


def claim(
    session: Session,
    owner: str,
    channel: str,
    now: datetime,
    lease_until: datetime,
    *,
    at_most: int = BATCH,
    asked_only: bool = False,
    avoiding: str = "",
) -> list[Claim]:
    """Take up to `at_most` messages that are due on `channel`, the longest waiting first.

    Outside the sending hours (`asked_only`) those alone that do not wait for them, and none to
    addresses of the domain `avoiding`.

    None while sending is switched off: a restored backup has a queue too.
    """
    due = (
        select(message.c.id)
        .where(*_due(now, asked_only=asked_only))
        .where(message.c.channel == channel, exists().where(site.c.sending))
        .where(*([is_elsewhere(avoiding)] if avoiding else []))
        .order_by(message.c.send_at, message.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    session.execute(
        update(message)
        .where(among(message.c.id, ids))
        .values(
            state="leased",
            lease_by=owner,
            lease_until=lease_until,
            attempts=message.c.attempts + 1,
        )
    )
    return _claims(session, ids)


def _claims(session: Session, ids: Sequence[int]) -> list[Claim]:
    shared = ("id", "serial", "kind", "day", "late", "channel", "address", "person_id", "edition")
    rows = session.execute(
        select(
            *(message.c[name] for name in shared),
            message.c.attempts.label("n"),
            message.c.lease_by.label("owner"),
            letter.c.content,
            skeleton.c.content.label("skeleton"),
            person.c.name.label("person_name"),
        )
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
        .where(among(message.c.id, ids))
        .order_by(message.c.send_at, message.c.id)
    )
    return [Claim(**row) for row in rows.mappings().all()]


def settle(session: Session, claims: Sequence[Claim]) -> None:
    """Close messages in which nothing is left to say, each only while the claim holds."""
    held = and_(message.c.state == "leased", message.c.lease_by.in_({c.owner for c in claims}))
    mine = and_(among(message.c.id, [claim.id for claim in claims]), held)
    settled = {"state": "settled", "send_at": None, **_NO_LEASE}
    session.execute(update(message).where(mine).values(settled))


# --- what belongs to a message --------------------------------------------------------------------


def release(session: Session, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    notices.release(session, message_ids)
    digests.release(session, message_ids)
