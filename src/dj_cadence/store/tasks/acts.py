"""The trail of what people did to tasks, and the deeds that tie it together.

An act belongs to one task. A deed is the acts that one word of a person led to: a meeting
recorded for three tasks, an election with the steps before it. It is known by its first act.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.act import UNDOABLE, ActKind
from dj_cadence.domain.tasks.actor import Actor, Way
from dj_cadence.domain.tasks.task import Task
from dj_cadence.domain.tasks.transitions import TaskChange
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import AnySelect, Condition
from dj_cadence.store.schema import act, appointment, org, person

_DEED = "deed under way"
_STANDS = and_(act.c.deed.is_not(None), act.c.undone_in.is_(None), act.c.kind.in_(sorted(UNDOABLE)))
"""Acts that can be taken back and were not."""


class Act(NamedTuple):
    """One change of one task; dates in `before` and `after` are ISO text."""

    id: int
    task_id: int
    kind: ActKind
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    deed: int
    record_id: int | None
    start_event_id: int | None


class ActLine(NamedTuple):
    """An act as the history of its task shows it."""

    at: datetime
    kind: ActKind
    via: Way | None
    who: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


@dataclass(slots=True)
class Deed:
    """One that is under way."""

    number: int = 0
    """The id of its first act; 0 before that."""
    record_id: int | None = None
    start_event_id: int | None = None


@contextmanager
def one_deed(session: Session) -> Iterator[Deed]:
    """What is done to tasks in here is one deed. Inside of another it is a part of that."""
    outer = deed_in(session)
    session.info[_DEED] = deed = outer or Deed()
    try:
        yield deed
    finally:
        session.info[_DEED] = outer


def deed_in(session: Session) -> Deed | None:
    """The deed that is under way, if any."""
    deed: Deed | None = session.info.get(_DEED)
    return deed


def add(session: Session, task: Task, change: TaskChange, actor: Actor, reason: str) -> int:
    """Write one down; inside a deed it becomes a part of it. Returns its id."""
    written = session.execute(
        insert(act)
        .values(
            task_id=task.id,
            kind=change.kind,
            done_by=actor.name,
            via=actor.via or "",
            at=actor.now,
            before={name: plain(getattr(task, name)) for name in change.columns},
            after={name: plain(value) for name, value in change.columns.items()},
            reason=reason,
        )
        .returning(act.c.id)
    )
    act_id = int(written.scalar_one())
    if deed := deed_in(session):
        deed.number = deed.number or act_id
        part = {"record_id": deed.record_id, "start_event_id": deed.start_event_id}
        this = update(act).where(act.c.id == act_id)
        session.execute(this.values(deed=deed.number, **part))
    return act_id


def add_from(session: Session, columns: Sequence[str], rows: AnySelect) -> None:
    """Write down what a plan does: one act for each row."""
    session.execute(insert(act).from_select(columns, rows))


def mark_undone(session: Session, deed: int, act_id: int) -> None:
    """Write down by which act a deed was taken back."""
    session.execute(update(act).where(act.c.deed == deed).values(undone_in=act_id))


def plain(value: object) -> object:
    """A value of a task as an act keeps it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def last_on(session: Session, task_id: int) -> Act | None:
    """The act by which a task was changed last, of those that can be taken back."""
    return next(iter(_acts(session, act.c.task_id == task_id, _STANDS, most=1)), None)


def last_each(
    session: Session, task_ids: Iterable[int], kinds: Collection[ActKind] = UNDOABLE
) -> dict[int, Act]:
    """The act of these kinds by which each task was changed last; by task."""
    mine = (among(act.c.task_id, task_ids), act.c.kind.in_(sorted(kinds)), _STANDS)
    newest = select(func.max(act.c.id)).where(*mine).group_by(act.c.task_id)
    return {last.task_id: last for last in _acts(session, act.c.id.in_(newest))}


def acts_of(session: Session, deed: int) -> list[Act]:
    """The acts of a deed, the last first."""
    return _acts(session, act.c.deed == deed, act.c.undone_in.is_(None))


def later_on(session: Session, deed: int, task_ids: Sequence[int]) -> list[Act]:
    """What was done to these tasks after a deed and still stands, the last first."""
    return _acts(session, act.c.id > deed, act.c.deed != deed, act.c.task_id.in_(task_ids), _STANDS)


def _acts(session: Session, *which: ColumnElement[bool], most: int | None = None) -> list[Act]:
    columns = [act.c[name] for name in Act._fields]
    newest = select(*columns).where(*which).order_by(act.c.id.desc()).limit(most)
    rows = session.execute(newest)
    return [Act(id_, task_id, ActKind(kind), *rest) for id_, task_id, kind, *rest in rows]


def history(session: Session, task_id: int, named_at: Condition | None) -> list[ActLine]:
    """What was done to a task, in order.

    `named_at`, a condition on `org`: at which organizations those who acted are named (None:
    at all); others are 上级.
    """
    appointments = select(appointment.c.id).join(org, org.c.id == appointment.c.org_id)
    appointments = appointments.where(appointment.c.person_id == person.c.id)
    named = (appointments if named_at is None else appointments.where(named_at)).exists()
    who = case((person.c.id.is_(None), act.c.done_by), (named, person.c.name), else_="上级")
    query = (
        select(act.c.at, act.c.kind, act.c.via, who, act.c.before, act.c.after, act.c.reason)
        .outerjoin(person, person.c.key == act.c.done_by)
        .where(act.c.task_id == task_id)
        .order_by(act.c.id)
    )
    return [
        ActLine(at, ActKind(kind), Way(via) if via else None, *rest)
        for at, kind, via, *rest in session.execute(query)
    ]
