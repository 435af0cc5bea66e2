"""The organizations of a part of the tree."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.digest.subtree import SubtreeOrganization
from dj_cadence.domain.organizations.tree_range import TreeRange
from dj_cadence.store.core.conditions import in_range
from dj_cadence.store.schema import org


def organizations(session: Session, span: TreeRange) -> list[SubtreeOrganization]:
    """Those at these positions, in their own order."""
    return _organizations(session, in_range(span))


def children(session: Session, org_id: int, also: Iterable[int]) -> list[SubtreeOrganization]:
    """Those directly below, and these others, which were so when a digest was made."""
    return _organizations(session, or_(org.c.supervisor_id == org_id, org.c.id.in_(also)))


def _organizations(session: Session, condition: ColumnElement[bool]) -> list[SubtreeOrganization]:
    query = select(*(org.c[name] for name in SubtreeOrganization._fields)).where(condition)
    rows = session.execute(query.order_by(org.c.position))
    return [SubtreeOrganization._make(row) for row in rows]
