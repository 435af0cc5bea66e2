"""Contents that are kept under a hash, and files: what is looked at beyond SQL."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import Text, select, type_coerce, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import (
    catalogue,
    cohort,
    evidence,
    org,
    plan_snapshot,
    profile,
    site,
    skeleton,
)

KEPT = {
    "plan_snapshot": (plan_snapshot.c.hash, plan_snapshot.c.content),
    "profile": (profile.c.hash, profile.c.facts),
    "cohort": (cohort.c.signature, cohort.c.facts),
    "skeleton": (skeleton.c.hash, skeleton.c.content),
}


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


def kept(session: Session, name: str) -> Iterator[tuple[int, str, Any]]:
    """The id, the hash and the content of each row of a table of contents.

    None for what should be JSON and is none, which must not hide the others.
    """
    hash_, content = KEPT[name]
    stored = content if name == "skeleton" else type_coerce(content, Text)
    query = select(content.table.c.id, hash_, stored).execution_options(yield_per=100)
    for id_, hashed, found in session.execute(query):
        yield id_, hashed, found if isinstance(found, bytes) else _read(found)


def _read(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return None


def rewrite_plan_snapshot(session: Session, id_: int, content: Any) -> None:
    """Give a plan snapshot the content that its hash was taken of."""
    mine = update(plan_snapshot).where(plan_snapshot.c.id == id_)
    session.execute(mine.values(content=content))


def evidence_sizes(session: Session) -> dict[str, int]:
    """The size of each file that was handed in, by its hash."""
    rows = session.execute(select(evidence.c.sha256, evidence.c.size))
    return {row.sha256: row.size for row in rows}


_NODE = ("id", "code", "name", "supervisor_id", "position", "subtree_end", "roster")


def nodes(session: Session) -> dict[int, AnyRow]:
    """Each organization, where it stands and what the roster says, by id in their own order."""
    query = select(*(org.c[name] for name in _NODE)).order_by(org.c.position, org.c.id)
    return {row.id: row for row in session.execute(query)}
