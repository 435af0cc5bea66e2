"""Records: one activity each, the tasks that it counts for, and the files that belong to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, true, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import Task
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.schema import evidence, record, record_task
from dj_cadence.store.tasks.acts import deed_in

_JOINED = select().join_from(record_task, record, record.c.id == record_task.c.record_id)


def add(
    session: Session, tasks: Sequence[Task], actor: Actor, *, day: date, amount: int, note: str
) -> int:
    """Write down one activity and that it counts for each of these tasks; the first is its own.

    Returns the record's id.
    """
    said = {"recorded_by": actor.name, "recorded_at": actor.now, "day": day, "note": note}
    adding = insert(record).values(org_id=tasks[0].org_id, **said).returning(record.c.id)
    record_id = int(session.execute(adding).scalar_one())
    counted = [{"record_id": record_id, "task_id": one.id, "amount": amount} for one in tasks]
    session.execute(insert(record_task), counted)
    if deed := deed_in(session):
        deed.record_id = record_id
    return record_id


def is_counted() -> ColumnElement[bool]:
    """Whether a `record` counts for the task of a `record_task`: it was not taken or sent back."""
    return and_(record.c.voided_at.is_(None), record_task.c.voided_in.is_(None))


def last(session: Session, task_id: int, day: date | None = None) -> int:
    """The id of the last record, of that `day`, that counts for a task; 0 where there is none."""
    on_day = true() if day is None else record.c.day == day
    query = _JOINED.add_columns(func.max(record.c.id))
    mine = query.where(record_task.c.task_id == task_id, is_counted(), on_day)
    return int(session.execute(mine).scalar_one() or 0)


def recorded(session: Session, task_id: int, *, without: int = 0) -> tuple[int, date | None]:
    """(the amount recorded for a task, the day of the last record that counts).

    `without` is a record that is about to be taken back.
    """
    query = _JOINED.add_columns(
        func.coalesce(func.sum(record_task.c.amount), 0), func.max(record.c.day)
    ).where(record_task.c.task_id == task_id, is_counted(), record.c.id != without)
    amount, last_day = session.execute(query).one()
    return int(amount), last_day


def send_back(session: Session, task_id: int, act_id: int) -> None:
    """Make what was recorded count no more for this task; for others it goes on counting."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in.is_(None))
    session.execute(update(record_task).where(*mine).values(voided_in=act_id))


def hand_up_again(session: Session, task_id: int, act_id: int) -> None:
    """Let count again what that act sent back."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in == act_id)
    session.execute(update(record_task).where(*mine).values(voided_in=None))


def take_back(session: Session, record_id: int, now: datetime) -> None:
    """Make a record count for nothing any more; it stays readable."""
    session.execute(update(record).where(record.c.id == record_id).values(voided_at=now))


def counted_for(session: Session, record_id: int) -> frozenset[int]:
    """The tasks that a record counts for."""
    query = select(record_task.c.task_id).where(record_task.c.record_id == record_id)
    return frozenset(session.scalars(query))


# --- files ----------------------------------------------------------------------------------------


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


def add_files(
    session: Session, record_id: int, files: Sequence[Mapping[str, object]], actor: Actor
) -> None:
    """Files belong to a record from now on; the same content twice is once."""
    whose = {"record_id": record_id, "added_by": actor.name, "added_at": actor.now}
    session.execute(insert_or_ignore(evidence), [{**file, **whose} for file in files])


def remove_file(session: Session, evidence_id: int) -> None:
    session.execute(delete(evidence).where(evidence.c.id == evidence_id))


def bytes_of(session: Session, org_id: int) -> int:
    """How much an organization has kept."""
    kept = select(func.sum(evidence.c.size)).join(record, record.c.id == evidence.c.record_id)
    return int(session.scalar(kept.where(record.c.org_id == org_id)) or 0)


def hashes(session: Session) -> set[str]:
    """Of all contents that belong to a record."""
    return set(session.scalars(select(evidence.c.sha256).distinct()))


def files_of_tasks(
    session: Session, task_ids: Iterable[int], reader: str = "", *, taken_back: bool = False
) -> dict[int, list[Kept]]:
    """The files of the records that count for each task, in the order of their coming.

    `reader` is the key of the person who looks; `taken_back`: also those of other records.
    """
    columns = [evidence.c[name] for name in ("id", "name", "media_type", "size", "sha256")]
    query = (
        select(record_task.c.task_id, *columns, evidence.c.added_by, is_counted())
        .join_from(record_task, evidence, evidence.c.record_id == record_task.c.record_id)
        .join(record, record.c.id == record_task.c.record_id)
        .where(among(record_task.c.task_id, task_ids), true() if taken_back else is_counted())
        .order_by(evidence.c.id)
    )
    files: dict[int, list[Kept]] = {}
    for task_id, *values, added_by, counts in session.execute(query):
        mine = bool(reader) and added_by == reader
        files.setdefault(task_id, []).append(Kept._make([*values, mine, bool(counts)]))
    return files
