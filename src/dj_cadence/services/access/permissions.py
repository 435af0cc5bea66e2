"""Where it is decided who may see and change what; `Right` says which office gives what."""

from collections.abc import Collection
from datetime import date
from functools import partial

from dj_cadence.domain.access.visitor import ADMINISTRATOR, STRANGER, Right, Visitor
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.store.access import reach
from dj_cadence.store.access.reach import person_visitor
from dj_cadence.store.core.database import Session

__all__ = ["ADMINISTRATOR", "STRANGER", "Visitor", "person_visitor"]


def has(right: Right, session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor has the right at the organization, by the offices held on that day."""
    return bool(reach.reached_among(session, visitor, right, [org_id], today))


oversees, may_act, may_grant = (
    partial(has, right) for right in (Right.OVERSEE, Right.ACT, Right.GRANT)
)


def holds_at(session: Session, person_id: int, org_ids: Collection[int], today: date) -> set[int]:
    """Of these organizations, those at which the person holds an office."""
    return {at for at, *_ in reach.offices_at(session, person_id, today) if at in org_ids}


def decides_for(session: Session, visitor: Visitor, today: date) -> list[int]:
    """The organizations for which the visitor decides on what is handed up to them."""
    held = reach.offices_at(session, visitor.person_id, today)
    return sorted({at for at, office, _ in held if office in (SECRETARY, CLERK)})
