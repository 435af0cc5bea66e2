"""Where it is decided who may see and change what; `Right` says which office gives what."""

from collections.abc import Collection
from datetime import date

from dj_cadence.domain.access.visitor import ADMINISTRATOR, STRANGER, Right, Visitor
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.store.access import reach
from dj_cadence.store.access.reach import visitor_of as person_visitor
from dj_cadence.store.core.database import Session

__all__ = ["ADMINISTRATOR", "STRANGER", "Visitor", "person_visitor"]


def has(session: Session, visitor: Visitor, right: Right, org_id: int, today: date) -> bool:
    """Whether the visitor has the right at the organization, by the offices held on that day."""
    return bool(reach.reached_among(session, visitor, right, [org_id], today))


def may_see(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may read the organization's tasks and feed."""
    return has(session, visitor, Right.SEE, org_id, today)


def oversees(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may read what speaks of the organization's whole subtree."""
    return has(session, visitor, Right.OVERSEE, org_id, today)


def may_act(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor may change the organization's tasks."""
    return has(session, visitor, Right.ACT, org_id, today)


def may_grant(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor is its superior or approver, who may give it more time."""
    return has(session, visitor, Right.GRANT, org_id, today)


def may_announce(session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor leads the organization or one above it, and so may bind its subtree."""
    return has(session, visitor, Right.ANNOUNCE, org_id, today)


def holds_at(session: Session, person_id: int, org_ids: Collection[int], today: date) -> set[int]:
    """Of these organizations, those at which the person holds an office."""
    return {at for at, *_ in reach.offices_at(session, person_id, today) if at in org_ids}


def decides_for(session: Session, visitor: Visitor, today: date) -> list[int]:
    """The organizations for which the visitor decides on what is handed up to them."""
    held = reach.offices_at(session, visitor.person_id, today)
    return sorted({at for at, office, _ in held if office in (SECRETARY, CLERK)})
