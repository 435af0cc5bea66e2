"""Being logged in: a secret in the browser, and a row that can be ended from here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.errors import Refused
from dj_cadence.store.access.reach import offices_at
from dj_cadence.store.core.database import Session
from dj_cadence.store.site import logins
from dj_cadence.store.site.logins import (
    LIFE,
    SEEN_EVERY,
    end,
    logins_of,
    note_use,
    people_logged_in,
)

__all__ = ["LIFE", "end", "logins_of", "note_use", "people_logged_in"]


FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Login:
    """One browser that is logged in, and whose it is."""

    id: int
    visitor: Visitor
    is_stale: bool
    """Whether it is time to note that it was used."""
    is_fresh: bool
    """Whether it was begun some minutes ago: then the person is still the one who began it."""


def log_in(session: Session, person_id: int, device: str, today: date, now: datetime) -> str:
    """The secret that lets a browser be this person. Raises Refused for who holds no office."""
    if not offices_at(session, person_id, today):
        raise Refused("您目前没有担任职务，不能登录。如果刚到任，请让党务工作者更新花名册。")
    secret = token_urlsafe(32)
    logins.begin(session, secret, person_id, device, now)
    return secret


def login_of(session: Session, secret: str, today: date, now: datetime) -> Login | None:
    """The login of a secret; None where there is none, it is over, or the person has no office."""
    row = logins.standing(session, secret, now, today) if secret else None
    if row is None:
        return None
    is_stale = row.seen_at <= now - SEEN_EVERY
    visitor = Visitor(row.person_id, row.key, row.name)
    return Login(row.id, visitor, is_stale, is_fresh=row.made_at > now - FRESH)
