"""Logins by the hash of what the browser carries."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.signing import token_hash
from dj_cadence.store.core import shared_conditions
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import appointment, login, person

LIFE = timedelta(days=30)
"""So long at most, used or not."""
SEEN_EVERY = timedelta(minutes=15)
"""When it was used last is not written down more often."""
_KEPT = timedelta(days=90)


def begin(session: Session, secret: str, person_id: int, device: str, now: datetime) -> None:
    """Let whoever carries `secret` be this person from now on."""
    times = {"made_at": now, "seen_at": now}
    values = {"hash": token_hash(secret), "person_id": person_id, "device": device} | times
    session.execute(insert(login).values(values))


def standing(session: Session, secret: str, now: datetime, today: date) -> AnyRow | None:
    """(id, person_id, key, name, seen_at, made_at) of a login that is not too old.

    None for one that was ended, and for a person who holds no office today.
    """
    times = (login.c.seen_at, login.c.made_at)
    query = select(login.c.id, login.c.person_id, person.c.key, person.c.name, *times)
    mine = (login.c.hash == token_hash(secret), _stands(now), _serves(today))
    return session.execute(query.join_from(login, person).where(*mine)).one_or_none()


def note_use(session: Session, login_id: int, now: datetime) -> None:
    """Write down that it was used just now."""
    stale = (login.c.id == login_id, login.c.seen_at <= now - SEEN_EVERY)
    session.execute(update(login).where(*stale).values(seen_at=now))


def logins_of(session: Session, person_id: int, now: datetime) -> Sequence[AnyRow]:
    """(id, device, made_at, seen_at) of a person's logins that stand, the last used first."""
    query = select(login.c.id, login.c.device, login.c.made_at, login.c.seen_at)
    query = query.where(login.c.person_id == person_id, _stands(now))
    return session.execute(query.order_by(login.c.seen_at.desc(), login.c.id)).all()


def end(session: Session, person_id: int, now: datetime, *, only: int = 0, keep: int = 0) -> None:
    """End a person's logins: all, `only` one, or all but the one to `keep`."""
    ending = update(login).where(login.c.person_id == person_id, login.c.ended_at.is_(None))
    if only:
        ending = ending.where(login.c.id == only)
    if keep:
        ending = ending.where(login.c.id != keep)
    session.execute(ending.values(ended_at=now))


def tidy(session: Session, today: date, now: datetime) -> None:
    """End the logins of those who hold no office any more; drop what was over long ago.

    A later office is a new login.
    """
    gone = (login.c.ended_at.is_(None), not_(_serves(today)))
    session.execute(update(login).where(*gone).values(ended_at=now))
    over = or_(login.c.ended_at < now - _KEPT, login.c.made_at < now - _KEPT)
    session.execute(delete(login).where(over))


def people_logged_in(session: Session, now: datetime) -> Sequence[AnyRow]:
    """(id, name, logins) of everybody who is logged in anywhere, and in how many browsers."""
    query = (
        select(person.c.id, person.c.name, func.count(login.c.id).label("logins"))
        .join_from(person, login)
        .where(_stands(now))
        .group_by(person.c.id, person.c.name)
        .order_by(person.c.name, person.c.id)
    )
    return session.execute(query).all()


def _stands(now: datetime) -> ColumnElement[bool]:
    return and_(login.c.ended_at.is_(None), login.c.made_at > now - LIFE)


def _serves(today: date) -> ColumnElement[bool]:
    return exists().where(
        appointment.c.person_id == login.c.person_id, shared_conditions.holds_office(today)
    )
