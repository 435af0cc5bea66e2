"""By which offices, held on a day, a visitor has a right at an organization."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from dj_cadence.domain.access.visitor import STRANGER, Right, Visitor
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import holds_office, in_subtree
from dj_cadence.store.schema import appointment, org, person

_at = org.alias("held_at")
"""The organization at which the office is held."""
_own = _at.c.id == org.c.id
_within = in_subtree(_at)
_approves = org.c.approver_id == _at.c.id
_decides = appointment.c.office.in_((SECRETARY, CLERK))

_OFFICE_FOR = {
    Right.SEE: or_(_within, _approves),
    Right.OVERSEE: _within,
    Right.READ_PERSONAL: or_(_own, _approves),
    Right.ACT: or_(_own, and_(_within, _decides)),
    Right.GRANT: and_(or_(and_(_within, ~_own), _approves), _decides),
    Right.ANNOUNCE: and_(_within, _decides),
}


def reached(visitor: Visitor, right: Right, today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds where the visitor has the right; the administrator all."""
    if visitor.administrator:
        return true()
    return (
        select(appointment.c.id)
        .join(_at, _at.c.id == appointment.c.org_id)
        .where(_serves(visitor.person_id, today), _OFFICE_FOR[right])
        .correlate(org)
        .exists()
    )


def reached_among(
    session: Session, visitor: Visitor, right: Right, org_ids: Collection[int], today: date
) -> set[int]:
    """Of these organizations, those at which the visitor has the right."""
    if not org_ids:
        return set()
    query = select(org.c.id).where(among(org.c.id, org_ids), reached(visitor, right, today))
    return set(session.scalars(query))


def offices_at(session: Session, person_id: int, today: date) -> list[tuple[int, str, bool]]:
    """(organization, office, whether acting) of all that a person holds, oldest entry first."""
    held = select(appointment.c.org_id, appointment.c.office, appointment.c.acting)
    mine = held.where(_serves(person_id, today)).order_by(appointment.c.id)
    return [(row.org_id, row.office, row.acting) for row in session.execute(mine)]


def person_visitor(session: Session, person_id: int) -> Visitor:
    """The person as a visitor; a stranger when there is no such person."""
    row = session.execute(select(person).where(person.c.id == person_id)).one_or_none()
    return Visitor(row.id, row.key, row.name) if row else STRANGER


def _serves(person_id: int, today: date) -> ColumnElement[bool]:
    return and_(appointment.c.person_id == person_id, holds_office(today))
