"""Writing a plan: each difference is one set-based statement.

So the cost in Python grows with cohorts and not with tasks.
"""

from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.dates import FIRST_DAY
from dj_cadence.domain.task import State
from dj_cadence.store.database import insert_or_ignore
from dj_cadence.store.differences import (
    WANTED,
    Span,
    cause_of,
    cause_of_end,
    new_due,
    new_planned,
    owed,
    redated,
    same_task,
    unwanted,
)
from dj_cadence.store.schema import act, chain, org_cohort, slot, task
from dj_cadence.store.wanted import want_org, want_slot


def store_slots(session: Session) -> None:
    """Keep the wanted slots. A cohort's slots never change, so only new ones are written."""
    names = [column.name for column in want_slot.columns]
    rows = select(*(want_slot.c[name] for name in names)).where(true())
    session.execute(insert_or_ignore(session, slot).from_select(names, rows))


def store_memberships(session: Session, duty: str) -> None:
    """Keep who belongs to which cohort of the duty."""
    mine = org_cohort.c.duty == duty
    wanted = exists().where(
        want_org.c.org_id == org_cohort.c.org_id,
        want_org.c.instance == org_cohort.c.instance,
        want_org.c.cohort_id == org_cohort.c.cohort_id,
        want_org.c.anchor_id == org_cohort.c.anchor_id,
    )
    session.execute(delete(org_cohort).where(mine, ~wanted.correlate(org_cohort)))
    there = exists().where(
        mine,
        org_cohort.c.org_id == want_org.c.org_id,
        org_cohort.c.instance == want_org.c.instance,
    )
    rows = select(
        want_org.c.org_id,
        literal(duty),
        want_org.c.instance,
        want_org.c.cohort_id,
        want_org.c.anchor_id,
    ).where(~there.correlate(want_org))
    names = ["org_id", "duty", "instance", "cohort_id", "anchor_id"]
    session.execute(insert(org_cohort).from_select(names, rows))


def create(session: Session, duty: str, chain_id: int, now: datetime) -> None:
    """Write the tasks that are wanted and not there."""
    there = exists().where(same_task(duty)).correlate(want_org, want_slot)
    values = {
        "org_id": want_org.c.org_id,
        "duty": literal(duty),
        "instance": want_org.c.instance,
        "anchor_id": want_org.c.anchor_id,
        "period": want_slot.c.period,
        "step": want_slot.c.step,
        "slot_id": slot.c.id,
        "state": literal(State.PLANNED.value),
        "opens": want_slot.c.opens,
        "planned": want_slot.c.planned,
        "due": want_slot.c.due,
        "target": want_slot.c.target,
        "chain_id": literal(chain_id),
        "raised_to": literal(FIRST_DAY),
        "next_on": want_slot.c.first_on,
        "changed_at": literal(now, task.c.changed_at.type),
    }
    rows = select(*values.values()).select_from(WANTED.join(slot, _same_slot())).where(~there)
    session.execute(insert(task).from_select(list(values), rows))


def _same_slot() -> ColumnElement[bool]:
    return and_(
        slot.c.cohort_id == want_slot.c.cohort_id,
        slot.c.period == want_slot.c.period,
        slot.c.step == want_slot.c.step,
    )


def move(session: Session, duty: str, by: str, today: date, now: datetime) -> None:
    """Re-date the owed tasks; those whose dates stay the same are only hung on the new slot."""
    wanted = and_(
        same_task(duty), want_slot.c.cohort_id == want_org.c.cohort_id, _same_slot(), owed()
    )
    joined = WANTED.join(task, same_task(duty))
    _write_acts(session, "move", by, now, joined, and_(owed(), redated()), cause_of(duty))
    session.execute(update(task).where(wanted, redated()).values(**_new_dates(today, now)))
    session.execute(
        update(task).where(wanted, task.c.slot_id != slot.c.id).values(slot_id=slot.c.id)
    )


def reopen(session: Session, duty: str, by: str, today: date, now: datetime) -> None:
    """The same task again, on the wanted dates."""
    withdrawn = task.c.state == State.WITHDRAWN
    joined = WANTED.join(task, same_task(duty))
    _write_acts(session, "reopen", by, now, joined, withdrawn, cause_of(duty))
    same = and_(same_task(duty), want_slot.c.cohort_id == want_org.c.cohort_id, _same_slot())
    again = {"state": State.PLANNED.value, "settled_at": None, **_new_dates(today, now)}
    session.execute(update(task).where(same, withdrawn).values(**again))


def _new_dates(today: date, now: datetime) -> dict[str, object]:
    return {
        "slot_id": slot.c.id,
        "opens": want_slot.c.opens,
        "planned": new_planned(),
        "due": new_due(),
        "target": want_slot.c.target,
        "due_revision": task.c.due_revision + 1,
        "dated_on": today,
        "next_on": today,
        "sequence": task.c.sequence + 1,
        "changed_at": now,
    }


def withdraw(session: Session, duty: str, span: Span, by: str, now: datetime) -> None:
    """Take back what is no longer wanted and untouched."""
    gone = and_(unwanted(duty, span), ~task.c.touched)
    _write_acts(session, "withdraw", by, now, task, gone, cause_of_end())
    session.execute(
        update(task)
        .where(gone)
        .values(
            state=State.WITHDRAWN.value,
            next_on=None,
            settled_at=now,
            sequence=task.c.sequence + 1,
            changed_at=now,
        )
    )


def _write_acts(
    session: Session,
    kind: str,
    by: str,
    now: datetime,
    source: FromClause,
    where: ColumnElement[bool],
    cause: ColumnElement[str],
) -> None:
    """One act for each task that is about to change."""
    redated = source is not task
    after = _dates(new_due(), new_planned()) if redated else _dates(task.c.due, task.c.planned)
    values = {
        "task_id": task.c.id,
        "kind": literal(kind),
        "done_by": literal(by),
        "at": literal(now, act.c.at.type),
        "before": _dates(task.c.due, task.c.planned, literal(',"state":"') + task.c.state + '"'),
        "after": after,
        "reason": cause,
    }
    rows = select(*values.values()).select_from(source).where(where)
    session.execute(insert(act).from_select(list(values), rows))


def _dates(
    due: ColumnElement[date],
    planned: ColumnElement[date | None],
    more: ColumnElement[str] | str = "",
) -> ColumnElement[str]:
    """The dates of a task as JSON; a planned date that is not known is empty."""
    known = func.coalesce(cast(planned, String), "")
    return literal('{"due":"') + cast(due, String) + '","planned":"' + known + '"' + more + "}"


def use_chain(session: Session, duty: str, chain_id: int, today: date) -> None:
    """Tasks that have said nothing yet follow the new reminder plan."""
    silent = and_(
        task.c.duty == duty, owed(), task.c.raised_to == FIRST_DAY, task.c.chain_id != chain_id
    )
    session.execute(update(task).where(silent).values(chain_id=chain_id, next_on=today))


def chain_id(session: Session, digest: str, content: object) -> int:
    """The stored copy of a reminder plan, written on first sight."""
    found = session.execute(select(chain.c.id).where(chain.c.hash == digest)).scalar()
    if found is not None:
        return int(found)
    written = session.execute(
        insert(chain).values(hash=digest, content=content).returning(chain.c.id)
    )
    return int(written.scalar_one())


def planned_duties(session: Session) -> set[str]:
    """Keys of the duties that organizations are enrolled in."""
    return set(session.scalars(select(org_cohort.c.duty).distinct()))


def owed_tasks(session: Session) -> int:
    """How many tasks are not settled."""
    return int(session.execute(select(func.count()).where(owed())).scalar_one())
