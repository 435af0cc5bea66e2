"""Who may see and change what, and what the links that open a page stand for.

An office at an organization opens the organization and all that lies below it; approving
for an organization opens that organization too. To act, one holds an office in the
organization itself, or is 书记 or 党务工作者 of one above it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.errors import Refused
from dj_cadence.settings import Settings
from dj_cadence.store.core.conditions import holds_office, in_subtree
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import appointment, org, person
from dj_cadence.store.site import tokens

LOGIN_LIFE = timedelta(days=1)
ACT_BELOW = (SECRETARY, CLERK)
"""Offices of a superior that may act for the organizations below it."""
_EXPIRED = "这个链接已经失效。请使用最近一条消息里的链接，或向管理员要新的链接。"
_EXPIRED_FEED = "这个日历地址已经失效。请打开网页，用新的地址重新订阅。"
_held = org.alias("held")
_below = in_subtree(_held)


class UnknownLink(Refused):
    """No such link was ever made."""


class ExpiredLink(Refused):
    """The link was good once: revoked, used or past its day."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking. Neither a person nor the administrator: a stranger, who sees nothing."""

    person_id: int = 0
    key: str = ""
    name: str = ""
    administrator: bool = False

    @property
    def is_stranger(self) -> bool:
        return not self.person_id and not self.administrator


STRANGER = Visitor()
ADMINISTRATOR = Visitor(key="管理员", name="管理员", administrator=True)


def person_visitor(session: Session, person_id: int) -> Visitor:
    """The person as a visitor; a stranger when there is no such person."""
    row = session.execute(select(person).where(person.c.id == person_id)).one_or_none()
    return Visitor(row.id, row.key, row.name) if row else STRANGER


def visible(visitor: Visitor, today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds for what the visitor may see."""
    if visitor.administrator:
        return true()
    reach = or_(_below, org.c.approver_id == _held.c.id)
    return _offices(visitor, today).where(reach).exists()


def may_see(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may read the organization's tasks and feed."""
    found = select(org.c.id).where(org.c.id == org_id, visible(visitor, today))
    return session.execute(found).first() is not None


def overseen(visitor: Visitor, today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds where the visitor sees all that lies below it too.

    Approving for an organization opens that one alone.
    """
    if visitor.administrator:
        return true()
    return _offices(visitor, today).where(_below).exists()


def oversees(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may read what speaks of the organization's whole subtree."""
    found = select(org.c.id).where(org.c.id == org_id, overseen(visitor, today))
    return session.execute(found).first() is not None


def holds_at(session: Session, visitor: Visitor, org_ids: Collection[int], today: date) -> set[int]:
    """Of these organizations, those at which the visitor holds an office."""
    held = select(appointment.c.org_id).where(
        appointment.c.person_id == visitor.person_id,
        appointment.c.org_id.in_(org_ids),
        holds_office(today),
    )
    return set(session.scalars(held))


def closely(visitor: Visitor, today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds where the visitor may read what is about persons."""
    if visitor.administrator:
        return true()
    near = or_(_held.c.id == org.c.id, org.c.approver_id == _held.c.id)
    return _offices(visitor, today).where(near).exists()


def actable(visitor: Visitor, today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds for where the visitor may act."""
    if visitor.administrator:
        return true()
    own = _held.c.id == org.c.id
    reach = or_(own, and_(_below, appointment.c.office.in_(ACT_BELOW)))
    return _offices(visitor, today).where(reach).exists()


def may_act(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may change the organization's tasks."""
    found = select(org.c.id).where(org.c.id == org_id, actable(visitor, today))
    return session.execute(found).first() is not None


def may_grant(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor is its superior or approver, who may give it more time."""
    if visitor.administrator:
        return True
    above = and_(_below, _held.c.id != org.c.id)
    reach = and_(or_(above, org.c.approver_id == _held.c.id), appointment.c.office.in_(ACT_BELOW))
    allowed = _offices(visitor, today).where(reach).exists()
    return session.execute(select(org.c.id).where(org.c.id == org_id, allowed)).first() is not None


def decides_for(session: Session, visitor: Visitor, today: date) -> list[int]:
    """The organizations for which the visitor decides on what is handed up to them."""
    held = select(appointment.c.org_id).where(
        appointment.c.person_id == visitor.person_id,
        appointment.c.office.in_(ACT_BELOW),
        holds_office(today),
    )
    return sorted(set(session.scalars(held)))


def may_announce(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor leads the organization or one above it, and so may bind its subtree."""
    if visitor.administrator:
        return True
    reach = and_(_below, appointment.c.office.in_(ACT_BELOW))
    allowed = _offices(visitor, today).where(reach).exists()
    return session.execute(select(org.c.id).where(org.c.id == org_id, allowed)).first() is not None


def _offices(visitor: Visitor, today: date) -> Select[tuple[int]]:
    """Offices held on `today`, each with the organization it is held at."""
    return (
        select(appointment.c.id)
        .join(_held, _held.c.id == appointment.c.org_id)
        .where(
            appointment.c.person_id == visitor.person_id,
            holds_office(today),
        )
    )


def login_address(session: Session, settings: Settings, person_id: int, now: datetime) -> str:
    """A new one-time address to the pages for a person, good for a day."""
    token = token_urlsafe(20)  # never shown again: two in one second are two
    tokens.remember(
        session,
        token,
        purpose="login",
        subject=f"person:{person_id}",
        generation=1,
        now=now,
        expires_at=now + LOGIN_LIFE,
    )
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
