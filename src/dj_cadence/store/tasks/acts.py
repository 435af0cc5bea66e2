"""The task a person acts on, and the trail of what they did."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, insert, select, true, update
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.errors import Refused
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import act, record, record_task, slot, start_event, task
from dj_cadence.store.tasks.deeds import deed_in


def locked_task(session: Session, task_id: int) -> AnyRow:
    """The task, held until the transaction ends. Raises Refused where there is none."""
    row = session.execute(select(task).where(task.c.id == task_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused(f"没有编号为 {task_id} 的任务。用 tasks 命令可以查看任务编号。")
    return row


def change(
    session: Session,
    row: AnyRow,
    kind: str,
    actor: Actor,
    *,
    reason: str = "",
    values: dict[str, object],
    touches: bool = True,
) -> int:
    """Change a task because a person said so, and write down who, when, what and why.

    Without `touches` the act was about another task: the plan may still take this one back.
    Inside a deed it becomes a part of it. Returns the act's id.
    """
    seen = {name: plain(getattr(row, name)) for name in values}
    session.execute(
        update(task)
        .where(task.c.id == row.id)
        .values(
            **values,
            has_acts=row.has_acts or touches,
            sequence=task.c.sequence + 1,
            changed_at=actor.now,
        )
    )
    written = session.execute(
        insert(act)
        .values(
            task_id=row.id,
            kind=kind,
            done_by=actor.name,
            via=actor.via or "",
            at=actor.now,
            before=seen,
            after={name: plain(value) for name, value in values.items()},
            reason=reason,
        )
        .returning(act.c.id)
    )
    act_id = int(written.scalar_one())
    if deed := deed_in(session):
        deed.take_in(session, act_id)
    return act_id


def about_term(session: Session, term: AnyRow) -> list[AnyRow]:
    """The owed tasks of others that hang on the same election as a term, held."""
    same = (task.c.start_event_id == term.start_event_id, task.c.subject_id == term.org_id)
    query = select(task).where(*same, task.c.state.in_(sorted(OWED))).with_for_update()
    return list(session.execute(query))


def plain(value: object) -> object:
    """A value of a task as an act keeps it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def add_record(
    session: Session,
    rows: Sequence[AnyRow],
    actor: Actor,
    *,
    day: date,
    amount: int,
    note: str,
) -> int:
    """Write down one activity and that it counts for each of these tasks; the first is its own.

    Returns the record's id.
    """
    written = session.execute(
        insert(record)
        .values(
            org_id=rows[0].org_id, day=day, note=note, recorded_by=actor.name, recorded_at=actor.now
        )
        .returning(record.c.id)
    )
    record_id = int(written.scalar_one())
    counted = [{"record_id": record_id, "task_id": row.id, "amount": amount} for row in rows]
    session.execute(insert(record_task), counted)
    if deed := deed_in(session):
        deed.record_id = record_id
    return record_id


def is_counted() -> ColumnElement[bool]:
    """Whether a `record` counts for the task of a `record_task`: it was not taken or sent back."""
    return and_(record.c.voided_at.is_(None), record_task.c.voided_in.is_(None))


def record_on(session: Session, task_id: int, day: date) -> int:
    """The id of the record of that day that counts for a task; 0 where there is none."""
    return _last(session, task_id, record.c.day == day)


def last_record(session: Session, task_id: int) -> int:
    """The id of the last record that counts for a task; 0 where there is none."""
    return _last(session, task_id, true())


def _last(session: Session, task_id: int, which: ColumnElement[bool]) -> int:
    query = (
        select(func.max(record.c.id))
        .join_from(record_task, record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id == task_id, is_counted(), which)
    )
    return int(session.execute(query).scalar_one() or 0)


def recorded(session: Session, task_id: int, *, without: int = 0) -> tuple[int, date | None]:
    """(the amount recorded for a task, the day of the last record that counts).

    `without` is a record that is about to be taken back.
    """
    query = (
        select(func.coalesce(func.sum(record_task.c.amount), 0), func.max(record.c.day))
        .join_from(record_task, record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id == task_id, is_counted(), record.c.id != without)
    )
    amount, last = session.execute(query).one()
    return int(amount), last


def send_back_records(session: Session, task_id: int, act_id: int) -> None:
    """Make what was recorded count no more for this task; for others it goes on counting."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in.is_(None))
    session.execute(update(record_task).where(*mine).values(voided_in=act_id))


def hand_up_again(session: Session, task_id: int, act_id: int) -> None:
    """Let count again what that act sent back."""
    mine = (record_task.c.task_id == task_id, record_task.c.voided_in == act_id)
    session.execute(update(record_task).where(*mine).values(voided_in=None))


def take_back_record(session: Session, record_id: int, now: datetime) -> None:
    """Make a record count for nothing any more; it stays readable."""
    session.execute(update(record).where(record.c.id == record_id).values(voided_at=now))


def counted_for(session: Session, record_id: int) -> list[int]:
    """The tasks that a record counts for."""
    query = select(record_task.c.task_id).where(record_task.c.record_id == record_id)
    return list(session.scalars(query.order_by(record_task.c.task_id)))


def election_anchor(session: Session, start_event_id: int) -> AnyRow:
    """The election a task hangs on."""
    return session.execute(select(start_event).where(start_event.c.id == start_event_id)).one()


def slot_of(session: Session, slot_id: int) -> AnyRow:
    """(opens, due, cohort_id) as the rule gives them, whatever people granted since."""
    columns = (slot.c.opens, slot.c.due, slot.c.cohort_id)
    return session.execute(select(*columns).where(slot.c.id == slot_id)).one()


def last_election(session: Session, task_id: int) -> date | None:
    """The day of the election that a task hangs on; None where it hangs on none."""
    query = select(start_event.c.day).join(task, task.c.start_event_id == start_event.c.id)
    return session.execute(query.where(task.c.id == task_id)).scalar_one_or_none()


def add_election(session: Session, before: AnyRow, day: date, actor: Actor) -> None:
    """A new election ends the term that ran from `before`."""
    session.execute(update(start_event).where(start_event.c.id == before.id).values(current=False))
    written = session.execute(
        insert(start_event)
        .values(
            org_id=before.org_id,
            kind="election",
            day=day,
            current=True,
            source="record",
            recorded_at=actor.now,
            recorded_by=actor.name,
        )
        .returning(start_event.c.id)
    )
    if deed := deed_in(session):
        deed.start_event_id = int(written.scalar_one())


def take_back_election(session: Session, election_id: int, before_id: int, now: datetime) -> bool:
    """Let the term that an election ended run on, as if that had never been held.

    False, with nothing changed, where the election is not the last one any more, or where
    somebody has acted on its own term.
    """
    last = session.execute(select(start_event).where(start_event.c.id == election_id)).one()
    touched = (
        select(task.c.id).where(task.c.start_event_id == election_id, task.c.has_acts).limit(1)
    )
    if not last.current or session.execute(touched).first() is not None:
        return False
    void(session, election_id, now)
    session.execute(update(start_event).where(start_event.c.id == before_id).values(current=True))
    return True


def void(session: Session, start_event_id: int, now: datetime) -> None:
    """Let nothing hang on an election or an event any more: it was recorded by mistake."""
    taken_back = update(start_event).where(start_event.c.id == start_event_id)
    session.execute(taken_back.values(current=False, voided_at=now))
