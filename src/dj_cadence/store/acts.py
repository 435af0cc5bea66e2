"""The task a person acts on, and the trail of what they did."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, select, true, update
from sqlalchemy.orm import Session

from dj_cadence.domain.task import OWED
from dj_cadence.domain.way import Way
from dj_cadence.errors import Refused
from dj_cadence.store.schema import act, anchor, record, record_task, slot, task
from dj_cadence.store.types import AnyRow

_WAY = "way of acts"


def came_by(session: Session, way: Way) -> None:
    """Say by which door the acts of this transaction came in; without a word they are ours."""
    session.info[_WAY] = way.value


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
    *,
    by: str,
    now: datetime,
    reason: str = "",
    values: dict[str, object],
    touches: bool = True,
) -> None:
    """Change a task because a person said so, and write down who, when, what and why.

    Without `touches` the act was about another task: the plan may still take this one back.
    """
    seen = {name: _plain(getattr(row, name)) for name in values}
    session.execute(
        update(task)
        .where(task.c.id == row.id)
        .values(
            **values, touched=row.touched or touches, sequence=task.c.sequence + 1, changed_at=now
        )
    )
    session.execute(
        insert(act).values(
            task_id=row.id,
            kind=kind,
            done_by=by,
            via=session.info.get(_WAY, ""),
            at=now,
            before=seen,
            after={name: _plain(value) for name, value in values.items()},
            reason=reason,
        )
    )


def about_term(session: Session, term: AnyRow) -> list[AnyRow]:
    """The owed tasks of others that hang on the same election as a term, held."""
    same = (task.c.anchor_id == term.anchor_id, task.c.instance == term.org_id)
    query = select(task).where(*same, task.c.state.in_(sorted(OWED))).with_for_update()
    return list(session.execute(query))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value


def add_record(
    session: Session,
    rows: Sequence[AnyRow],
    *,
    day: date,
    amount: int,
    note: str,
    by: str,
    now: datetime,
) -> int:
    """Write down one activity and that it counts for each of these tasks; the first is its own.

    Returns the record's id.
    """
    written = session.execute(
        insert(record)
        .values(org_id=rows[0].org_id, day=day, note=note, recorded_by=by, recorded_at=now)
        .returning(record.c.id)
    )
    record_id = int(written.scalar_one())
    counted = [{"record_id": record_id, "task_id": row.id, "amount": amount} for row in rows]
    session.execute(insert(record_task), counted)
    return record_id


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
        .where(record_task.c.task_id == task_id, record.c.voided_at.is_(None), which)
    )
    return int(session.execute(query).scalar_one() or 0)


def recorded(session: Session, task_id: int) -> tuple[int, date | None]:
    """(the amount recorded for a task, the day of the last record that counts)."""
    query = (
        select(func.coalesce(func.sum(record_task.c.amount), 0), func.max(record.c.day))
        .join_from(record_task, record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id == task_id, record.c.voided_at.is_(None))
    )
    amount, last = session.execute(query).one()
    return int(amount), last


def void_records(session: Session, task_id: int, now: datetime) -> None:
    """Make the records of a task count no more; they stay readable."""
    mine = select(record_task.c.record_id).where(record_task.c.task_id == task_id)
    session.execute(update(record).where(record.c.id.in_(mine)).values(voided_at=now))


def election_anchor(session: Session, anchor_id: int) -> AnyRow:
    """The election a task hangs on."""
    return session.execute(select(anchor).where(anchor.c.id == anchor_id)).one()


def due_by_rule(session: Session, slot_id: int) -> date:
    """The last day that the rule gives a task, whatever people granted since."""
    due: date = session.execute(select(slot.c.due).where(slot.c.id == slot_id)).scalar_one()
    return due


def last_election(session: Session, task_id: int) -> date | None:
    """The day of the election that a task hangs on; None where it hangs on none."""
    query = select(anchor.c.day).join(task, task.c.anchor_id == anchor.c.id)
    return session.execute(query.where(task.c.id == task_id)).scalar_one_or_none()


def add_election(session: Session, before: AnyRow, day: date, *, by: str, now: datetime) -> None:
    """A new election ends the term that ran from `before`."""
    session.execute(update(anchor).where(anchor.c.id == before.id).values(current=False))
    session.execute(
        insert(anchor).values(
            org_id=before.org_id,
            kind="election",
            day=day,
            current=True,
            source="record",
            recorded_at=now,
            recorded_by=by,
        )
    )


def take_back_election(session: Session, row: AnyRow) -> bool:
    """Make the election that a term task hangs on the current one again.

    False, with nothing changed, where the election that followed came with the roster, is
    no longer the last, or its own term has been acted upon.
    """
    mine = (anchor.c.org_id == row.org_id, anchor.c.kind == "election")
    later = select(anchor).where(*mine, anchor.c.id > row.anchor_id).order_by(anchor.c.id)
    last = session.execute(later.limit(1)).one_or_none()
    if last is None or not last.current or last.source != "record":
        return False
    touched = select(task.c.id).where(task.c.anchor_id == last.id, task.c.touched).limit(1)
    if session.execute(touched).first() is not None:
        return False
    session.execute(update(anchor).where(anchor.c.id == last.id).values(current=False))
    session.execute(update(anchor).where(anchor.c.id == row.anchor_id).values(current=True))
    return True
