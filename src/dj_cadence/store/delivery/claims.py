"""Claiming messages: what is due is leased to one process, which alone may send it.

A message goes ready → leased → sent; `domain.messages.states` has all moves. What becomes of a
try is in `attempts`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.domain.messages.states import WAITING
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import is_asked_for
from dj_cadence.store.delivery import messages
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.schema import letter, message, person, site, skeleton

BATCH = 250
LEASE = timedelta(minutes=10)
"""For so long a claim holds where nobody can tell whether its process is alive."""


def channels_due(session: Session, now: datetime, *, asked_only: bool = False) -> list[str]:
    """The channels that something is due on; `asked_only` outside the sending hours."""
    query = select(message.c.channel).where(*_is_due(now, asked_only=asked_only))
    return sorted(session.scalars(query.distinct()))


def is_due_elsewhere(session: Session, channel: str, now: datetime, domain: str) -> bool:
    """Whether something is due on a channel to an address that is not of `domain`."""
    due = (message.c.channel == channel, *_is_due(now, asked_only=False))
    query = select(message.c.id).where(*due, _is_elsewhere(domain))
    return session.execute(query.limit(1)).first() is not None


def _is_due(now: datetime, *, asked_only: bool) -> tuple[ColumnElement[bool], ...]:
    due = (message.c.send_at <= now, message.c.state.in_(WAITING))
    return (*due, is_asked_for()) if asked_only else due


def _is_elsewhere(domain: str) -> ColumnElement[bool]:
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
        .where(*_is_due(now, asked_only=asked_only))
        .where(message.c.channel == channel, exists().where(site.c.sending))
        .where(*([_is_elsewhere(avoiding)] if avoiding else []))
        .order_by(message.c.send_at, message.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    messages.lease(session, ids, owner, lease_until)
    return _claims(session, ids)


def _claims(session: Session, ids: Sequence[int]) -> list[Claim]:
    shared = ("id", "serial", "kind", "day", "late", "channel", "address", "person_id", "edition")
    rows = session.execute(
        select(
            *(message.c[name] for name in shared),
            message.c.attempts.label("n"),
            message.c.lease_by.label("owner"),
            person.c.name.label("person_name"),
            skeleton.c.content.label("skeleton"),
            letter.c.content,
        )
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
        .where(among(message.c.id, ids))
        .order_by(message.c.send_at, message.c.id)
    )
    claims = []
    for row in rows.mappings():
        values = dict(row)
        parts = StoredLetter(values.pop("skeleton"), values.pop("content"))
        claims.append(Claim(**values, stored=parts if parts.content is not None else None))
    return claims


def release(session: Session, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    notices.release(session, message_ids)
    digests.release(session, message_ids)
