"""What clocks are counted from: elections, and the events that began a case."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.store.core.batching import Values, add_rows, change_rows
from dj_cadence.store.core.shared_conditions import is_current_election
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import org, start_event, task
from dj_cadence.store.tasks.acts import deed_in

ELECTION = "election"


class Case(NamedTuple):
    """An event at one organization that started clocks."""

    id: int
    code: str
    name: str
    """Of the organization."""
    kind: str
    """The event."""
    day: date
    ref: str


def _add(session: Session, actor: Actor, **values: object) -> int:
    written = insert(start_event).values(recorded_at=actor.now, recorded_by=actor.name, **values)
    return int(session.execute(written.returning(start_event.c.id)).scalar_one())


def _change(session: Session, event_id: int, **values: object) -> None:
    session.execute(update(start_event).where(start_event.c.id == event_id).values(**values))


def day_of(session: Session, event_id: int) -> date:
    """The day of the election that a task hangs on."""
    query = select(start_event.c.day).where(start_event.c.id == event_id)
    day: date = session.scalars(query).one()
    return day


def last_election(session: Session, task_id: int) -> date | None:
    """The day of the election that a task hangs on; None where it hangs on none."""
    query = select(start_event.c.day).join(task, task.c.start_event_id == start_event.c.id)
    return session.execute(query.where(task.c.id == task_id)).scalar_one_or_none()


def add_election(session: Session, before_id: int, day: date, actor: Actor) -> None:
    """A new election ends the term that ran from the one `before_id`."""
    _change(session, before_id, current=False)
    org_id = select(start_event.c.org_id).where(start_event.c.id == before_id).scalar_subquery()
    event_id = _add(
        session, actor, org_id=org_id, kind=ELECTION, day=day, current=True, source="record"
    )
    if deed := deed_in(session):
        deed.start_event_id = event_id


def take_over_term(session: Session, org_id: int, day: date, actor: Actor) -> None:
    """A successor goes on under the term of the one before, unless it has an election itself."""
    there = select(start_event.c.id).where(start_event.c.org_id == org_id, is_current_election())
    if session.execute(there).first() is None:
        source = {"source": "succession", "known_on": actor.today}
        _add(session, actor, org_id=org_id, kind=ELECTION, day=day, current=True, **source)


def take_back_election(session: Session, election_id: int, before_id: int, now: datetime) -> bool:
    """Let the term that an election ended run on, as if that had never been held.

    False, with nothing changed, where the election is not the last one any more, or where
    somebody has acted on its own term.
    """
    acted = select(task.c.id).where(task.c.start_event_id == election_id, task.c.has_acts).limit(1)
    current = select(start_event.c.current).where(start_event.c.id == election_id)
    if not session.execute(current).scalar_one() or session.execute(acted).first() is not None:
        return False
    void(session, election_id, now)
    _change(session, before_id, current=True)
    return True


def void(session: Session, event_id: int, now: datetime) -> None:
    """Let nothing hang on an election or an event any more: it was recorded by mistake."""
    _change(session, event_id, current=False, voided_at=now)


def add_case(session: Session, org_id: int, event: str, day: date, ref: str, actor: Actor) -> int:
    """An event has happened; returns the case's number."""
    what = {"org_id": org_id, "kind": event, "day": day, "ref": ref}
    return _add(session, actor, current=False, source="case", **what)


def pass_case(session: Session, number: int, from_id: int, to_id: int) -> bool:
    """Whether the case was at the organization `from_id`; it is at `to_id` now."""
    there = (start_event.c.id == number, start_event.c.org_id == from_id)
    moved = update(start_event).where(*there).values(org_id=to_id)
    return session.execute(moved.returning(start_event.c.id)).first() is not None


def cases(session: Session) -> list[Case]:
    """Every case, the latest first."""
    return [Case(*row) for row in session.execute(_cases().order_by(start_event.c.id.desc()))]


def case(session: Session, number: int) -> Case:
    """One case. Raises Refused where there is none of that number."""
    row = session.execute(_cases().where(start_event.c.id == number)).one_or_none()
    if row is None:
        raise Refused(f"没有 {number} 号事项。用 case list 查看。")
    return Case(*row)


def _cases() -> AnySelect:
    event = start_event.c
    return (
        select(event.id, org.c.code, org.c.name, event.kind, event.day, event.ref)
        .join_from(start_event, org, org.c.id == event.org_id)
        .where(event.source == "case", event.voided_at.is_(None))
    )


def write_elections(
    session: Session, *, corrected: Sequence[Values], ended: Sequence[int], begun: Sequence[Values]
) -> None:
    """Elections that a roster brings: other days by `id`, terms that are over, and new ones."""
    change_rows(session, start_event, corrected)
    change_rows(session, start_event, [{"id": number, "current": False} for number in ended])
    rows = [{"kind": ELECTION, "current": True, **values} for values in begun]
    add_rows(session, start_event, rows)
