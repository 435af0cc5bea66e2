"""The organizations that a visitor sees, with what is owed in each."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.access.reach import reached, reached_among
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, task

_OPEN = (State.OPEN.value, State.RETURNED.value)


def every(session: Session, visitor: Visitor, today: date) -> Sequence[AnyRow]:
    """All of them, in their own order."""
    return session.execute(_orgs(visitor, today)).all()


def one(session: Session, visitor: Visitor, code: str, today: date) -> Organization | None:
    """The one that is meant; None where there is none or it may not be seen."""
    meant = orgs.lookup(session, code)
    is_seen = meant and reached_among(session, visitor, Right.SEE, [meant.id], today)
    return meant if is_seen else None


def codes(session: Session, visitor: Visitor, span: tuple[int, int], today: date) -> set[str]:
    """The codes of those at these positions."""
    rows = session.execute(_orgs(visitor, today).where(org.c.position.between(*span)))
    return {row.code for row in rows}


def above(session: Session, visitor: Visitor, position: int, today: date) -> Sequence[AnyRow]:
    """Those above the one at `position`."""
    wanted = and_(org.c.position < position, org.c.subtree_end >= position)
    return session.execute(_orgs(visitor, today).where(wanted)).all()


def below(session: Session, visitor: Visitor, org_id: int, today: date) -> Sequence[AnyRow]:
    """Those directly below one."""
    return session.execute(_orgs(visitor, today).where(org.c.supervisor_id == org_id)).all()


def within(session: Session, visitor: Visitor, top: Organization, today: date) -> Sequence[AnyRow]:
    """Those of the subtree of one, itself among them."""
    return session.execute(_orgs(visitor, today).where(in_subtree(top))).all()


def counts(
    session: Session, visitor: Visitor, is_seen_above: ColumnElement[bool], today: date
) -> dict[int, AnyRow]:
    """(open, unrecorded, overdue, own_late, due_this_week) by organization that owes anything.

    `is_seen_above` is the condition on `task` for what superiors see as late; `overdue` and
    `due_this_week` count only that, `own_late` what is overdue besides.
    """
    monday = today - timedelta(days=today.weekday())
    this_week = task.c.due.between(monday, monday + timedelta(days=6))
    is_open, is_overdue = task.c.state.in_(_OPEN), task.c.state == State.OVERDUE.value
    is_unrecorded = task.c.state == State.UNRECORDED.value
    query = (
        select(
            task.c.org_id,
            _number("open", is_open),
            _number("unrecorded", is_unrecorded),
            _number("overdue", and_(is_overdue, is_seen_above)),
            _number("own_late", and_(is_overdue, not_(is_seen_above))),
            _number("due_this_week", and_(is_open, this_week, is_seen_above)),
        )
        .join(org, org.c.id == task.c.org_id)
        .where(
            reached(visitor, Right.SEE, today),
            task.c.state.in_([*_OPEN, State.UNRECORDED.value, State.OVERDUE.value]),
        )
        .group_by(task.c.org_id)
    )
    return {row.org_id: row for row in session.execute(query)}


def _number(name: str, condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _orgs(visitor: Visitor, today: date) -> Select[Any]:
    return select(org).where(reached(visitor, Right.SEE, today)).order_by(org.c.position)
