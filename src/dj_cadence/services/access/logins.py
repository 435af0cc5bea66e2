"""Being logged in: a secret in the browser, and a row that can be ended from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.site import logins

LIFE = timedelta(days=30)
"""So long at most, used or not."""
SEEN_EVERY = timedelta(minutes=15)
"""When it was used last is not written down more often."""
_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Login:
    """One browser that is logged in, and whose it is."""

    id: int
    visitor: Visitor
    is_stale: bool
    """Whether it is time to note that it was used."""


def log_in(session: Session, person_id: int, device: str, today: date, now: datetime) -> str:
    """The secret that lets a browser be this person. Raises Refused for who holds no office."""
    if not logins.holds_office(session, person_id, today):
        raise Refused("您目前没有担任职务，不能登录。如果刚到任，请让党务工作者更新花名册。")
    secret = token_urlsafe(32)
    logins.begin(session, secret, person_id, device, now)
    return secret


def login_of(session: Session, secret: str, today: date, now: datetime) -> Login | None:
    """The login of a secret; None where there is none, it is over, or the person has no office."""
    row = logins.standing(session, secret, now - LIFE, today) if secret else None
    if row is None:
        return None
    visitor = Visitor(row.person_id, row.key, row.name)
    return Login(row.id, visitor, row.seen_at <= now - SEEN_EVERY)


def note_use(session: Session, login: Login, now: datetime) -> None:
    """Write down that it was used just now."""
    logins.seen(session, login.id, now - SEEN_EVERY, now)


def logins_of(session: Session, person_id: int, now: datetime) -> Sequence[AnyRow]:
    """A person's logins, the last used first."""
    return logins.of_person(session, person_id, now - LIFE)


def people_logged_in(session: Session, now: datetime) -> Sequence[AnyRow]:
    return logins.people(session, now - LIFE)


def end(session: Session, person_id: int, now: datetime, *, only: int = 0, keep: int = 0) -> None:
    """End a person's logins: all, `only` one, or all but the one to `keep`."""
    logins.end(session, person_id, now, only=only, keep=keep)


def tidy(session: Session, today: date, now: datetime) -> None:
    """End the logins of those who hold no office any more; drop what was over long ago."""
    logins.end_without_office(session, today, now)
    logins.forget(session, now - _KEPT)
