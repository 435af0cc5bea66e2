"""The addresses that phones subscribe to: made from the site's key, and changed at will."""

from datetime import datetime

from dj_cadence.errors import Refused
from dj_cadence.settings import Settings
from dj_cadence.signing import make_token
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.feeds import feeds
from dj_cadence.store.site import tokens

PURPOSE = "feed"


def feed_address(database: Database, settings: Settings, subject: str, now: datetime) -> str:
    """The address to subscribe to. Made valid when it is asked for the first time.

    `subject` is what it is for: org:12, person:5. Raises Refused where there is no such one.
    """
    with database.read() as session:
        standing = standing_address(session, settings, subject)
    if standing:
        return standing
    with database.write() as session:
        return _address(settings, _remember(session, settings, subject, now))


def standing_address(session: Session, settings: Settings, subject: str) -> str | None:
    """The same where it was asked for before; None where it is not made yet."""
    token = make_token(settings.key, PURPOSE, subject, _generation(session, subject))
    return _address(settings, token) if tokens.find(session, token) else None


def rotate(session: Session, settings: Settings, subject: str, now: datetime) -> str:
    """A new address; the old one answers 410 from now on.

    Who asks at the same time is given the same new one.
    """
    before = _generation(session, subject)
    old = _remember(session, settings, subject, now)
    if feeds.next_generation(session, subject, before):
        tokens.revoke(session, old, now)
    return _address(settings, _remember(session, settings, subject, now))


def _generation(session: Session, subject: str) -> int:
    row = feeds.find(session, subject)
    if row is None:
        raise Refused("没有这个组织或人员。")
    return int(row.generation)


def _remember(session: Session, settings: Settings, subject: str, now: datetime) -> str:
    generation = _generation(session, subject)
    token = make_token(settings.key, PURPOSE, subject, generation)
    feeds.ensure(session, subject)
    tokens.remember(session, [(token, subject)], PURPOSE, now, generation=generation)
    return token


def _address(settings: Settings, token: str) -> str:
    return f"{settings.web_address}/feeds/{token}.ics"
