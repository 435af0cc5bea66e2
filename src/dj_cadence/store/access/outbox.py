"""The messages that a visitor may read, with what was written in them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.store.access.reach import reached
from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import appointment, letter, message, org, person, skeleton


def newest(
    session: Session, visitor: Visitor, today: date, before: int, most: int
) -> Sequence[AnyRow]:
    """At most so many, the newest first; with `before`, those older than that message."""
    readable = _readable(visitor, today).order_by(message.c.id.desc()).limit(most)
    return session.execute(readable.where(message.c.id < before) if before else readable).all()


def one(session: Session, visitor: Visitor, message_id: int, today: date) -> AnyRow | None:
    """None where there is none such or it may not be read."""
    query = _readable(visitor, today).where(message.c.id == message_id)
    return session.execute(query).one_or_none()


def _readable(visitor: Visitor, today: date) -> Select[Any]:
    """Their own, and those of people all of whose offices on that day lie below the visitor.

    To approve for an organization is not enough: its letters speak of those below it.
    """
    messages = (
        select(
            message,
            skeleton.c.content.label("skeleton"),
            letter.c.content,
            person.c.name.label("person"),
        )
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
    )
    if visitor.administrator:
        return messages
    overseen = reached(visitor, Right.OVERSEE, today)
    within = and_(_served(overseen), not_(_served(not_(overseen))))
    return messages.where(or_(message.c.person_id == visitor.person_id, within))


def _served(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the reader held an office on the message's day at an organization like that."""
    served = appointment.alias("served")
    return (
        select(served.c.id)
        .join(org, org.c.id == served.c.org_id)
        .where(
            served.c.person_id == message.c.person_id, holds_office(message.c.day, served), where
        )
        .exists()
    )
