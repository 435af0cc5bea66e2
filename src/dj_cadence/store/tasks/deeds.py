"""Deeds: what one person did at once, with everything that it changed, so as to take it back.

An act belongs to one task. A deed is the acts that one word of a person led to: a meeting
recorded for three tasks, an election with the steps before it. It is known by its first act.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.deed import DEEDS, DeedKind
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import act, task

_DEED = "deed under way"
_STANDS = and_(act.c.deed.is_not(None), act.c.undone_in.is_(None), act.c.kind.in_(sorted(DEEDS)))
"""Acts of deeds that nobody took back."""


@dataclass(slots=True)
class Deed:
    """One that is under way."""

    number: int = 0
    """The id of its first act; 0 before that."""
    record_id: int | None = None
    start_event_id: int | None = None

    def take_in(self, session: Session, act_id: int) -> None:
        """Make an act that has just been written down a part of it."""
        self.number = self.number or act_id
        mine = {
            "deed": self.number,
            "record_id": self.record_id,
            "start_event_id": self.start_event_id,
        }
        session.execute(update(act).where(act.c.id == act_id).values(mine))


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
    found: Deed | None = session.info.get(_DEED)
    return found


def last_on(session: Session, task_id: int) -> AnyRow | None:
    """The act by which a task was changed last, of those that can be taken back."""
    return session.execute(
        select(act).where(act.c.task_id == task_id, _STANDS).order_by(act.c.id.desc()).limit(1)
    ).one_or_none()


def last_each(
    session: Session, task_ids: Iterable[int], kinds: Collection[DeedKind] = DEEDS
) -> dict[int, AnyRow]:
    """The act of these kinds by which each task was changed last; by task."""
    mine = (among(act.c.task_id, task_ids), act.c.kind.in_(sorted(kinds)), _STANDS)
    newest = select(func.max(act.c.id)).where(*mine).group_by(act.c.task_id)
    rows = session.execute(select(act).where(act.c.id.in_(newest)))
    return {row.task_id: row for row in rows}


def acts_of(session: Session, deed: int) -> list[AnyRow]:
    """The acts of a deed, the last first."""
    query = select(act).where(act.c.deed == deed, act.c.undone_in.is_(None))
    return list(session.execute(query.order_by(act.c.id.desc())))


def later_on(session: Session, deed: int, task_ids: Sequence[int]) -> list[AnyRow]:
    """What was done to these tasks after a deed and still stands, the last first."""
    after = (act.c.id > deed, act.c.deed != deed, act.c.task_id.in_(task_ids))
    return list(session.execute(select(act).where(*after, _STANDS).order_by(act.c.id.desc())))


def mark_undone(session: Session, deed: int, act_id: int) -> None:
    """Write down by which act a deed was taken back."""
    session.execute(update(act).where(act.c.deed == deed).values(undone_in=act_id))


def note_touched(session: Session, task_ids: Collection[int]) -> None:
    """Say anew of each whether anything that somebody did to the task itself still stands.

    Of the others the plan may take back what it no longer asks for.
    """
    own = and_(act.c.task_id == task.c.id, act.c.undone_in.is_(None))
    ours = act.c.kind.in_((*sorted(DEEDS), "handover"))
    touched = exists().where(own, ours).correlate(task)
    session.execute(update(task).where(task.c.id.in_(task_ids)).values(has_acts=touched))
