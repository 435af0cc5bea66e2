"""Addresses that work and those that do not: what came back, and what got through after all."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.bounce import Bounce
from dj_cadence.store.schema import address, attempt, message, person
from dj_cadence.store.types import AnyRow


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


def mend(session: Session, channel: str, value: str) -> None:
    """A message got through, or a person says so: it is good again for all who have it."""
    session.execute(
        update(address)
        .where(address.c.channel == channel, address.c.value == value)
        .values(state="ok", reason="", bad_since=None)
    )


def newly_bad(session: Session, since: datetime) -> list[AnyRow]:
    """Addresses that were refused for good since then: person_id, name, channel, reason."""
    query = (
        select(address.c.person_id, person.c.name, address.c.channel, address.c.reason)
        .join(person, person.c.id == address.c.person_id)
        .where(address.c.state == "bad", address.c.bad_since >= since)
    )
    return list(session.execute(query.order_by(address.c.bad_since, address.c.id)))
