"""Links that open a page without a login: whether one is valid, and what it stands for."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from dj_cadence.errors import Refused
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.site import tokens

LOGIN_LIFE = timedelta(days=1)
"""Of a link to log in that an administrator hands out."""
ASKED_LOGIN_LIFE = timedelta(hours=2)
"""Of one that somebody asked for by their own address."""
MESSAGE_LIFE = timedelta(days=45)
"""Of a message's link, should its tasks last longer; each reminder brings another."""
_EXPIRED = "这个链接已经失效。请使用最近一条消息里的链接，或向管理员要新的链接。"
_EXPIRED_FEED = "这个日历地址已经失效。请打开网页，用新的地址重新订阅。"


class UnknownLink(Refused):
    """No such link was ever made."""


class ExpiredLink(Refused):
    """The link was good once: revoked, used or past its day."""


def login_address(session: Session, settings: Settings, person_id: int, now: datetime) -> str:
    """A new one-time address to the pages for a person, good for a day."""
    token = token_urlsafe(20)  # never shown again: two in one second are two
    link = [(token, f"person:{person_id}")]
    tokens.remember(session, link, "login", now, now + LOGIN_LIFE)
    return f"{settings.web_address}/login/{token}"


def use_login_link(session: Session, token: str, now: datetime) -> int:
    """The person whose one-time link this is, which is spent with it.

    Of several browsers that send it at once one is let in. Raises UnknownLink or ExpiredLink.
    """
    person_id = subject_of(session, token, "login", now)
    if not tokens.revoke(session, token, now):
        raise ExpiredLink(_EXPIRED)
    return person_id


def subject_of(session: Session, token: str, purpose: str, now: datetime) -> int:
    """The id of the message or person that a link stands for.

    Raises UnknownLink or ExpiredLink.
    """
    return int(linked_subject(session, token, purpose, now).partition(":")[2])


def linked_subject(session: Session, token: str, purpose: str, now: datetime) -> str:
    """What a link stands for, like org:12. Raises UnknownLink or ExpiredLink."""
    row = tokens.find(session, token)
    if row is None or row.purpose != purpose:
        raise UnknownLink("没有这个链接。请检查地址是否完整。")
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise ExpiredLink(_EXPIRED_FEED if purpose == "feed" else _EXPIRED)
    return str(row.subject)
