"""The organizations' tree as it is stored."""

from collections.abc import Mapping

from sqlalchemy import select, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org
from dj_cadence.store.site import site

_NODE = ("id", "code", "name", "supervisor_id", "position", "subtree_end", "roster")


def nodes(session: Session) -> dict[int, AnyRow]:
    """Each organization, where it stands and what the roster says, by id in their own order."""
    query = select(*(org.c[name] for name in _NODE)).order_by(org.c.position, org.c.id)
    return {row.id: row for row in session.execute(query)}


def move(session: Session, supervisors: Mapping[int, int | None]) -> None:
    """Put these organizations below others, and have everything that hangs on it looked at."""
    for id_, above in supervisors.items():
        session.execute(update(org).where(org.c.id == id_).values(supervisor_id=above))
    orgs.mark_changed(session, supervisors)
    site.shown_changed(session)


def place(session: Session, places: Mapping[int, tuple[int, int]]) -> None:
    """Give these organizations another position and end of their subtree."""
    for id_, (position, end) in places.items():
        values = {"position": position, "subtree_end": end}
        session.execute(update(org).where(org.c.id == id_).values(**values))
    site.shown_changed(session)
