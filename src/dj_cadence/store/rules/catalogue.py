"""The versions of the catalogue that were ever in force; one of them is."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import catalogue
from dj_cadence.store.site import site


class StoredCatalogue(NamedTuple):
    """A version as it was applied."""

    hash: str
    content: dict[str, Any]
    """Plain JSON that fully determines it."""


def applied(session: Session) -> StoredCatalogue | None:
    """The version in force; None before the first apply."""
    query = select(catalogue.c.hash, catalogue.c.content).where(catalogue.c.current)
    row = session.execute(query).one_or_none()
    return StoredCatalogue(*row) if row else None


def applied_hash(session: Session) -> str | None:
    """The hash of the version in force, without its content."""
    return session.scalar(select(catalogue.c.hash).where(catalogue.c.current))


def apply(session: Session, version: StoredCatalogue, *, by: str, now: datetime) -> None:
    """Put a version in force. One that was in force before is taken up again, not doubled."""
    if applied_hash(session) == version.hash:
        return
    site.note(session, planned_with="")
    site.shown_changed(session)
    session.execute(update(catalogue).where(catalogue.c.current).values(current=False))
    again = update(catalogue).where(catalogue.c.hash == version.hash).values(current=True)
    if session.execute(again.returning(catalogue.c.id)).first() is None:
        session.execute(
            insert(catalogue).values(
                **version._asdict(), applied_at=now, applied_by=by, current=True
            )
        )
