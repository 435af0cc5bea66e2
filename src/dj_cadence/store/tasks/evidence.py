"""Which files belong to which record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.schema import evidence, record, record_task
from dj_cadence.store.tasks.records import is_counted


class Kept(NamedTuple):
    """A file as it is listed with a task."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    mine: bool
    """Whether the one who looks has put it there, and may take it back."""
    counts: bool
    """False where its record was taken back since."""


def add(
    session: Session, record_id: int, files: Sequence[Mapping[str, object]], actor: Actor
) -> None:
    """Files belong to a record from now on; the same content twice is once."""
    whose = {"record_id": record_id, "added_by": actor.name, "added_at": actor.now}
    session.execute(insert_or_ignore(evidence), [{**file, **whose} for file in files])


def remove(session: Session, evidence_id: int) -> None:
    session.execute(delete(evidence).where(evidence.c.id == evidence_id))


def bytes_of(session: Session, org_id: int) -> int:
    """How much an organization has kept."""
    kept = select(func.sum(evidence.c.size)).join(record, record.c.id == evidence.c.record_id)
    return int(session.scalar(kept.where(record.c.org_id == org_id)) or 0)


def hashes(session: Session) -> set[str]:
    """Of all contents that belong to a record."""
    return set(session.scalars(select(evidence.c.sha256).distinct()))


def of_tasks(session: Session, task_ids: Iterable[int], reader: str = "") -> dict[int, list[Kept]]:
    """The files of each task's records, in the order of their coming; `reader` is who looks."""
    columns = [evidence.c[name] for name in ("id", "name", "media_type", "size", "sha256")]
    query = (
        select(record_task.c.task_id, *columns, evidence.c.added_by, is_counted())
        .join_from(record_task, evidence, evidence.c.record_id == record_task.c.record_id)
        .join(record, record.c.id == record_task.c.record_id)
        .where(among(record_task.c.task_id, task_ids))
        .order_by(evidence.c.id)
    )
    files: dict[int, list[Kept]] = {}
    for task_id, *values, added_by, counts in session.execute(query):
        mine = bool(reader) and added_by == reader
        files.setdefault(task_id, []).append(Kept._make([*values, mine, bool(counts)]))
    return files
