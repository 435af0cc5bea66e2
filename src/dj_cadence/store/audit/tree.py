"""The organizations' tree as it is stored."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org
from dj_cadence.store.site import site


class Node(NamedTuple):
    """An organization and where it stands."""

    id: int
    code: str
    name: str
    supervisor_id: int | None
    position: int
    subtree_end: int
    roster: dict[str, Any] | None
    """What the roster says of it."""

    @property
    def place(self) -> tuple[int, int]:
        return self.position, self.subtree_end


def nodes(session: Session) -> dict[int, Node]:
    """By id, in their own order."""
    columns = (org.c[name] for name in Node._fields)
    rows = session.execute(select(*columns).order_by(org.c.position, org.c.id))
    return {row.id: Node._make(row) for row in rows}


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
