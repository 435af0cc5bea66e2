"""What was sent to whom and when, with what outcome: the rows that the delivery log shows."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import attempt, message, notice, org, person


def deliveries(
    session: Session, states: Collection[MessageState], person_id: int | None
) -> Sequence[AnyRow]:
    """Messages in one of these states, the newest first; of all people without a `person_id`.

    `reply` is what the other side answered last.
    """
    last = select(func.max(attempt.c.n)).where(attempt.c.message_id == message.c.id)
    tried = attempt.alias()
    is_last = and_(tried.c.message_id == message.c.id, tried.c.n == last.scalar_subquery())
    values = [message.c[name] for name in ("channel", "address", "state", "attempts")]
    query = (
        select(message.c.id, message.c.day, person.c.name.label("person"), *values)
        .add_columns(tried.c.started.label("last_try"))
        .add_columns(func.coalesce(tried.c.reply, "").label("reply"))
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(tried, is_last)
        .where(message.c.state.in_(states))
        .order_by(message.c.id.desc())
    )
    if person_id is not None:
        query = query.where(message.c.person_id == person_id)
    return session.execute(query).all()


NamesShown = tuple[ColumnElement[bool], ColumnElement[bool]]
"""Conditions on `org`: of which organizations people are named, and which superiors are."""
EVERY_NAME: NamesShown = (true(), true())


def notices_of(session: Session, task_id: int, shown: NamesShown) -> Sequence[AnyRow]:
    """In the order of their days, each with the message it is part of, if it is in one.

    `superior` is the organization at its level; empty where it may not be named, as `person`.
    """
    people, superiors = shown
    names = ("due_on", "reminder_step", "level", "office", "outcome", "message_id")
    query = (
        select(
            *(notice.c[name] for name in names),
            func.coalesce(case((superiors, org.c.name), else_=""), "").label("superior"),
            func.coalesce(case((people, person.c.name), else_=""), "").label("person"),
            message.c.channel,
        )
        .outerjoin(person, person.c.id == notice.c.person_id)
        .outerjoin(org, org.c.id == notice.c.org_id)
        .outerjoin(message, message.c.id == notice.c.message_id)
        .where(notice.c.task_id == task_id)
        .order_by(notice.c.due_on, notice.c.id)
    )
    return session.execute(query).all()


def tries_of(session: Session, message_id: int) -> list[tuple[int, datetime, str]]:
    """The number, beginning and outcome of each attempt to send a message."""
    query = select(attempt.c.n, attempt.c.started, attempt.c.outcome)
    mine = query.where(attempt.c.message_id == message_id).order_by(attempt.c.n)
    return [(row.n, row.started, row.outcome) for row in session.execute(mine)]
