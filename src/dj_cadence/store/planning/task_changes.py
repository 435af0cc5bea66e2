"""Writing a plan: each difference is one set-based statement.

So the cost in Python grows with cohorts and not with tasks.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.types import as_stored
from dj_cadence.store.planning.differences import (
    TARGET,
    ComparedTasks,
    cause_of,
    cause_of_end,
    new_due,
    new_opens,
    new_planned,
    not_in_target,
    of_scope,
    owed,
    redated,
    same_task,
)
from dj_cadence.store.planning.target_tables import target_org, target_slot
from dj_cadence.store.schema import act, notice, site, slot, task
from dj_cadence.store.tasks import acts, tasks

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
    rows = select(*values.values()).select_from(TARGET)
    if beside_others:
        rows = rows.where(~exists().where(same_task(duty)).correlate(target_org, target_slot))
    in_order = rows.order_by(
        target_org.c.org_id, target_org.c.subject_id
    )  # as the unique key has it
    return tasks.create_from(session, list(values), in_order)


def move(session: Session, scope: ComparedTasks, by: str, today: date, now: datetime) -> None:
    """Re-date the owed tasks whose dates differ."""
    moved = and_(_in_target(scope), owed(), redated())
    _write_acts(session, ActKind.MOVE, by, now, moved, cause_of(scope))
    tasks.change_where(session, moved, _new_dates(today, now))


def relink(session: Session, scope: ComparedTasks, today: date, now: datetime) -> None:
    """Hang owed tasks whose dates stay the same on the slot that now says why.

    Where the other slot reads otherwise, that is a change that calendars must be told.
    """
    other = and_(_in_target(scope), owed(), task.c.slot_id != target_slot.c.slot_id)
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


def reopen(session: Session, scope: ComparedTasks, by: str, today: date, now: datetime) -> None:
    """The same task again, on the wanted dates."""
    withdrawn = and_(_in_target(scope), task.c.state == State.WITHDRAWN)
    _write_acts(session, ActKind.REOPEN, by, now, withdrawn, cause_of(scope))
    again = {"state": State.PLANNED.value, "settled_at": None, **_new_dates(today, now)}
    tasks.change_where(session, withdrawn, again)


def _in_target(scope: ComparedTasks) -> ColumnElement[bool]:
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


def withdraw(session: Session, scope: ComparedTasks, by: str, now: datetime) -> None:
    """Take back what is no longer wanted and untouched."""
    gone = and_(not_in_target(scope), ~task.c.has_acts)
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
    planned_text = func.coalesce(cast(planned, String), "")
    return (
        literal('{"due":"') + cast(due, String) + '","planned":"' + planned_text + '"' + more + "}"
    )


def use_snapshot(
    session: Session, scope: ComparedTasks, plan_snapshot_id: int, today: date
) -> None:
    """Tasks about which nothing was sent yet follow the new reminder plan from now on."""
    is_notified = exists().where(notice.c.task_id == task.c.id, notice.c.message_id.is_not(None))
    silent = and_(
        of_scope(scope), owed(), task.c.plan_snapshot_id != plan_snapshot_id, ~is_notified
    )
    tasks.change_where(session, silent, {"plan_snapshot_id": plan_snapshot_id, "next_on": today})


def owed_tasks(session: Session) -> int:
    """How many tasks are not settled."""
    return int(session.execute(select(func.count()).where(owed())).scalar_one())
