"""Addresses that work and those that do not: what came back, and what got through after all."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.bounce import Bounce
from dj_cadence.store.schema import address, attempt, message, person
from dj_cadence.store.types import AnyRow

REFUSED = (
    update(address)
    .where(
        address.c.person_id == bindparam("whose"),
        address.c.channel == bindparam("way"),
        address.c.value == bindparam("written"),
    )
    .values(state="bad", reason=bindparam("answer"), bad_since=bindparam("ended"))
)
"""The address is bad, for it was refused for good: at once, or by a message that came back."""


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
    to = select(message.c.person_id, message.c.channel, message.c.address)
    row = session.execute(to.where(message.c.id == message_id)).one_or_none()
    if row is not None:
        whose = {"whose": row.person_id, "way": row.channel, "written": row.address}
        session.execute(REFUSED, {**whose, "answer": reason, "ended": now})


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
