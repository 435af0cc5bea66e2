"""Organizations lie in preorder, so that a subtree is a range of positions."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dj_cadence.domain.digest.subtree import SubtreeOrganization
from dj_cadence.store.schema import org


def organizations(session: Session, condition: ColumnElement[bool]) -> list[SubtreeOrganization]:
    """Those for which a condition on `org` holds, in their own order."""
    query = select(*(org.c[name] for name in SubtreeOrganization._fields)).where(condition)
    rows = session.execute(query.order_by(org.c.position))
    return [SubtreeOrganization._make(row) for row in rows]
