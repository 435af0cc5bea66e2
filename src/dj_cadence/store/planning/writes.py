"""Writing a plan: each difference is one set-based statement.

So the cost in Python grows with cohorts and not with tasks.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
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

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.types import AnyRow, as_stored
from dj_cadence.store.planning.differences import (
    WANTED,
    DateRange,
    Scope,
    cause_of,
    cause_of_end,
    new_due,
    new_opens,
    new_planned,
    of_scope,
    owed,
    redated,
    same_task,
    unwanted,
)
from dj_cadence.store.planning.memberships import Enrolled
from dj_cadence.store.planning.target_tables import Part, target_org, target_slot
from dj_cadence.store.schema import (
    act,
    cohort,
    notice,
    org,
    org_cohort,
    plan_run,
    site,
    slot,
    task,
)
from dj_cadence.store.tasks import acts, tasks

FEW = 1000
TASKS_AT_ONCE = 250_000
"""About how many tasks are written in one transaction: one or two seconds of work."""


def hold_data(session: Session) -> int:
    """Keep roster and elections as they are until the transaction ends; returns their version."""
    return int(session.execute(select(site.c.data_version).with_for_update()).scalar_one())


def put_off_indexes(session: Session) -> None:
    """Drop the indexes beside the keys where no task is stored yet.

    To sort a province's tasks once, at the end, takes half as long as to find the place of
    each while they are written.
    """
    if session.execute(select(task.c.id).limit(1)).first() is None:
        for index in task.indexes:
            index.drop(session.connection(), checkfirst=True)


def complete_indexes(session: Session) -> None:
    """Make the indexes that were put off, by this run or by one that died."""
    for index in task.indexes:
        index.create(session.connection(), checkfirst=True)


def store_memberships(session: Session, scope: Scope) -> None:
    """Keep who belongs to which cohort of the duty."""
    mine = and_(org_cohort.c.duty == scope.duty, scope.part.holds(org_cohort.c.org_id))
    wanted = exists().where(
        target_org.c.org_id == org_cohort.c.org_id,
        target_org.c.subject_id == org_cohort.c.subject_id,
        target_org.c.cohort_id == org_cohort.c.cohort_id,
        target_org.c.start_event_id == org_cohort.c.start_event_id,
    )
    session.execute(delete(org_cohort).where(mine, ~wanted.correlate(org_cohort)))
    names = ["duty", "org_id", "subject_id", "cohort_id", "start_event_id"]
    rows = select(
        literal(scope.duty),
        target_org.c.org_id,
        target_org.c.subject_id,
        target_org.c.cohort_id,
        target_org.c.start_event_id,
    ).where(true())
    session.execute(insert_or_ignore(org_cohort).from_select(names, rows))


def create(
    session: Session, duty: str, plan_snapshot_id: int, now: datetime, *, beside_others: bool
) -> int:
    """Write the tasks that are wanted and not there; all, where none are `beside_others`.

    Returns how many there were.
    """
    values = {
        "org_id": target_org.c.org_id,
        "duty": literal(duty),
        "subject_id": target_org.c.subject_id,
        "start_event_id": target_org.c.start_event_id,
        "period": target_slot.c.period,
        "step": target_slot.c.step,
        "slot_id": target_slot.c.slot_id,
        "state": literal(State.PLANNED.value),
        "opens": target_slot.c.opens,
        "planned": target_slot.c.planned,
        "due": target_slot.c.due,
        "asked_on": target_slot.c.asked_on,
        "target": target_slot.c.target,
        "plan_snapshot_id": literal(plan_snapshot_id),
        "reminded_until": literal(FIRST_DAY),
        "next_on": target_slot.c.first_on,
        "changed_at": literal(now, task.c.changed_at.type),
    }
    rows = select(*values.values()).select_from(WANTED)
    if beside_others:
        rows = rows.where(~exists().where(same_task(duty)).correlate(target_org, target_slot))
    in_order = rows.order_by(
        target_org.c.org_id, target_org.c.subject_id
    )  # as the unique key has it
    return tasks.create_from(session, list(values), in_order)


def move(session: Session, scope: Scope, by: str, today: date, now: datetime) -> None:
    """Re-date the owed tasks whose dates differ."""
    moved = and_(_wanted(scope), owed(), redated())
    _write_acts(session, ActKind.MOVE, by, now, moved, cause_of(scope))
    tasks.change_where(session, moved, _new_dates(today, now))


def hang(session: Session, scope: Scope, today: date, now: datetime) -> None:
    """Hang owed tasks whose dates stay the same on the slot that now says why.

    Where the other slot reads otherwise, that is a change that calendars must be told.
    """
    other = and_(_wanted(scope), owed(), task.c.slot_id != target_slot.c.slot_id)
    asked_alike = ~as_stored(task.c.asked_on).is_distinct_from(as_stored(target_slot.c.asked_on))
    seen = (slot.c.label, slot.c.provisional, slot.c.theme, slot.c.unit)
    alike = and_(slot.c.id == task.c.slot_id, *(each == target_slot.c[each.key] for each in seen))
    present = literal(now, task.c.changed_at.type)
    reads_alike = exists().where(alike).correlate(task, target_slot)
    values = {
        "slot_id": target_slot.c.slot_id,
        "asked_on": target_slot.c.asked_on,
        "next_on": case((asked_alike, task.c.next_on), else_=today),
        "sequence": case((reads_alike, task.c.sequence), else_=task.c.sequence + 1),
        "changed_at": case((reads_alike, task.c.changed_at), else_=present),
    }
    tasks.change_where(session, other, values)


def reopen(session: Session, scope: Scope, by: str, today: date, now: datetime) -> None:
    """The same task again, on the wanted dates."""
    withdrawn = and_(_wanted(scope), task.c.state == State.WITHDRAWN)
    _write_acts(session, ActKind.REOPEN, by, now, withdrawn, cause_of(scope))
    again = {"state": State.PLANNED.value, "settled_at": None, **_new_dates(today, now)}
    tasks.change_where(session, withdrawn, again)


def _wanted(scope: Scope) -> ColumnElement[bool]:
    """That task, organization and slot belong together; the scope is what makes it quick."""
    same_cohort = target_slot.c.cohort_id == target_org.c.cohort_id
    return and_(of_scope(scope), same_task(scope.duty), same_cohort)


def _new_dates(today: date, now: datetime) -> dict[str, object]:
    return {
        "slot_id": target_slot.c.slot_id,
        "opens": new_opens(),
        "planned": new_planned(),
        "due": new_due(),
        "asked_on": target_slot.c.asked_on,
        "target": target_slot.c.target,
        "due_revision": task.c.due_revision + 1,
        "redated_on": today,
        "next_on": today,
        **tasks.shown_anew(now),
    }


def withdraw(session: Session, scope: Scope, by: str, now: datetime) -> None:
    """Take back what is no longer wanted and untouched."""
    gone = and_(unwanted(scope), ~task.c.has_acts)
    _write_acts(session, ActKind.WITHDRAW, by, now, gone, cause_of_end(scope))
    settled = {"state": State.WITHDRAWN, "next_on": None, "settled_at": now}
    tasks.change_where(session, gone, settled | tasks.shown_anew(now))


def _write_acts(
    session: Session,
    kind: ActKind,
    by: str,
    now: datetime,
    where: ColumnElement[bool],
    cause: ColumnElement[str],
) -> None:
    """One act for each task that is about to change."""
    stays = kind is ActKind.WITHDRAW
    after = _dates(task.c.due, task.c.planned) if stays else _dates(new_due(), new_planned())
    values = {
        "task_id": task.c.id,
        "kind": literal(kind),
        "done_by": literal(by),
        "at": literal(now, act.c.at.type),
        "before": _dates(task.c.due, task.c.planned, literal(',"state":"') + task.c.state + '"'),
        "after": after,
        "reason": cause,
    }
    rows = select(*values.values()).where(where)
    acts.add_from(session, list(values), rows)


def _dates(
    due: ColumnElement[date],
    planned: ColumnElement[date | None],
    more: ColumnElement[str] | str = "",
) -> ColumnElement[str]:
    """The dates of a task as JSON; a planned date that is not known is empty."""
    known = func.coalesce(cast(planned, String), "")
    return literal('{"due":"') + cast(due, String) + '","planned":"' + known + '"' + more + "}"


def use_snapshot(session: Session, scope: Scope, plan_snapshot_id: int, today: date) -> None:
    """Tasks about which nothing was sent yet follow the new reminder plan from now on."""
    said = exists().where(notice.c.task_id == task.c.id, notice.c.message_id.is_not(None))
    silent = and_(of_scope(scope), owed(), task.c.plan_snapshot_id != plan_snapshot_id, ~said)
    tasks.change_where(session, silent, {"plan_snapshot_id": plan_snapshot_id, "next_on": today})


def organizations(session: Session, changed_after: int | None) -> Sequence[int]:
    """The ids of the organizations that changed after a data version, in order; None: all."""
    everyone = Part(changed_after=changed_after)
    return session.scalars(
        select(org.c.id).where(everyone.holds(org.c.id)).order_by(org.c.id)
    ).all()


def parts(ids: Sequence[int], changed_after: int | None, at_once: int) -> list[Part]:
    """The organizations of `ids`, cut into so many at once; all are one part if they fit."""
    if len(ids) <= at_once:
        return [Part(changed_after=changed_after)] if ids or changed_after is None else []
    starts = ids[::at_once]
    ends = [*(start - 1 for start in starts[1:]), ids[-1]]
    return [Part(*ends_, changed_after) for ends_ in zip(starts, ends, strict=True)]


def are_few(session: Session, changed_after: int) -> bool:
    """Whether so few organizations changed that a look at each of them is worth it."""
    changed = select(org.c.id).where(org.c.changed_at_version > changed_after).limit(FEW + 1)
    return len(session.scalars(changed).all()) <= FEW


def enrolled(session: Session, part: Part) -> dict[str, Enrolled]:
    """Who is enrolled in what, by duty."""
    query = select(org_cohort, cohort.c.signature).join_from(org_cohort, cohort)
    duties = select(plan_run.c.duty)  # the first part of the key, so that it is used
    mine = and_(org_cohort.c.duty.in_(duties), part.holds(org_cohort.c.org_id))
    found: dict[str, Enrolled] = {}
    for row in session.execute(query.where(mine)):
        known = found.setdefault(row.duty, {})
        known[row.org_id, row.subject_id] = (row.signature, row.start_event_id)
    return found


def forget_move(session: Session, task_id: int) -> None:
    """Enrol a reopened task's organization where the task still hangs.

    What a settled task did not take part in is then found out by the next plan.
    """
    row = session.execute(
        select(task.c.duty, task.c.org_id, task.c.subject_id, slot.c.cohort_id)
        .join_from(task, slot, slot.c.id == task.c.slot_id)
        .where(task.c.id == task_id)
    ).one()
    mine = and_(
        org_cohort.c.duty == row.duty,
        org_cohort.c.org_id == row.org_id,
        org_cohort.c.subject_id == row.subject_id,
    )
    session.execute(update(org_cohort).where(mine).values(cohort_id=row.cohort_id))


def note_seen(session: Session, duties: Collection[str], data_version: int) -> None:
    """Write down that the plan of these duties is not touched by what changed."""
    mine = plan_run.c.duty.in_(duties)
    session.execute(update(plan_run).where(mine).values(data_version=data_version))


def runs(session: Session) -> dict[str, AnyRow]:
    """How far each duty is planned, by its key."""
    return {row.duty: row for row in session.execute(select(plan_run))}


def note_run(
    session: Session, duty: str, inputs: str, span: DateRange, data_version: int, now: datetime
) -> None:
    """Write down how far a duty is planned; empty `inputs` stand for "not to the end"."""
    session.execute(delete(plan_run).where(plan_run.c.duty == duty))
    session.execute(
        insert(plan_run).values(
            duty=duty,
            inputs=inputs,
            since=span.since,
            until=span.until,
            data_version=data_version,
            at=now,
        )
    )


def forget_run(session: Session, duty: str) -> None:
    """Nobody is enrolled in the duty any more."""
    session.execute(delete(plan_run).where(plan_run.c.duty == duty))


def owed_tasks(session: Session) -> int:
    """How many tasks are not settled."""
    return int(session.execute(select(func.count()).where(owed())).scalar_one())


def forget_inputs(session: Session, duties: Collection[str]) -> None:
    """Have these duties planned anew, as after a run that broke off."""
    session.execute(update(plan_run).where(plan_run.c.duty.in_(duties)).values(inputs=""))
