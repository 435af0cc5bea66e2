"""Contents that are kept under a hash, and files: what is looked at beyond SQL."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Table, select, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import (
    catalogue,
    cohort,
    evidence,
    plan_snapshot,
    profile,
    site,
    skeleton,
)


class HashedContent(NamedTuple):
    """A row with its content; None where that is no JSON."""

    id: int
    hash: str
    content: Any


def site_rows(session: Session) -> list[AnyRow]:
    """One, where all is well."""
    return list(session.execute(select(site)))


def catalogues(session: Session) -> tuple[list[str], int]:
    """The hashes of the versions in force, and how many were ever applied."""
    rows = session.execute(select(catalogue.c.hash, catalogue.c.current)).all()
    return [row.hash for row in rows if row.current], len(rows)


def newest_catalogue(session: Session) -> Any:
    """The content of the newest version in force. Raises ValueError where it is no JSON."""
    newest = select(catalogue.c.content).where(catalogue.c.current).order_by(catalogue.c.id.desc())
    return session.scalars(newest.limit(1)).one()


def plan_snapshots(session: Session) -> Iterator[HashedContent]:
    return _kept(session, plan_snapshot, "content")


def profiles(session: Session) -> Iterator[HashedContent]:
    return _kept(session, profile, "facts")


def _kept(session: Session, table: Table, name: str) -> Iterator[HashedContent]:
    """One by one: a row that cannot be read must not hide the others."""
    for row in session.execute(select(table.c.id, table.c.hash)).all():
        yield HashedContent(row.id, row.hash, _read(session, table, name, row.id))


def unreadable_cohorts(session: Session) -> list[int]:
    """The ids of those whose facts are no JSON."""
    ids = session.scalars(select(cohort.c.id)).all()
    try:
        session.scalars(select(cohort.c.facts)).all()
    except ValueError:
        return [id_ for id_ in ids if _read(session, cohort, "facts", id_) is None]
    return []


def _read(session: Session, table: Table, name: str, id_: int) -> Any:
    try:
        return session.scalar(select(table.c[name]).where(table.c.id == id_))
    except ValueError:
        return None


def skeletons(session: Session) -> Iterator[HashedContent]:
    """As they are stored, in bytes."""
    query = select(skeleton.c.id, skeleton.c.hash, skeleton.c.content)
    yield from map(HashedContent._make, session.execute(query.execution_options(yield_per=100)))


def rewrite_plan_snapshot(session: Session, id_: int, content: Any) -> None:
    """Give a plan snapshot the content that its hash was taken of."""
    mine = update(plan_snapshot).where(plan_snapshot.c.id == id_)
    session.execute(mine.values(content=content))


def evidence_sizes(session: Session) -> dict[str, int]:
    """The size of each file that was handed in, by its hash."""
    rows = session.execute(select(evidence.c.sha256, evidence.c.size))
    return {row.sha256: row.size for row in rows}
