"""Writing a plan: each difference is one set-based statement.

So the cost in Python grows with cohorts and not with tasks.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.types import as_stored
from dj_cadence.store.planning.differences import (
    SAME_COHORT,
    TARGET,
    ComparedTasks,
    cause_of,
    cause_of_end,
    differing,
    new_due,
    new_opens,
    new_planned,
    not_there,
    of_scope,
    owed,
    same_task,
)
from dj_cadence.store.planning.target_tables import target_org, target_slot
from dj_cadence.store.schema import act, notice, site, slot, task
from dj_cadence.store.tasks import acts, tasks

_SLOT = ("period", "step", "slot_id", "opens", "planned", "due", "asked_on", "target")
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
        "duty": literal(duty),
        **{name: target_org.c[name] for name in ("org_id", "subject_id", "start_event_id")},
        **{name: target_slot.c[name] for name in _SLOT},
        "state": literal(State.PLANNED.value),
        "plan_snapshot_id": literal(plan_snapshot_id),
        "reminded_until": literal(FIRST_DAY),
        "next_on": target_slot.c.first_on,
        "changed_at": literal(now, task.c.changed_at.type),
    }
    rows = select(*values.values()).select_from(TARGET)
    if beside_others:
        rows = rows.where(not_there(duty))
    as_the_key_has_it = rows.order_by(target_org.c.org_id, target_org.c.subject_id)
    return tasks.create_from(session, list(values), as_the_key_has_it)


def write(session: Session, scope: ComparedTasks, kind: ActKind, actor: Actor) -> None:
    """Move to other dates, reopen on them, or withdraw the tasks of which that is to be done.

    One act is written for each task that is about to change.
    """
    where, cause = differing(scope, kind), cause_of(scope)
    after = _dates(new_due(), new_planned())
    values = {
        **{name: target_slot.c[name] for name in ("slot_id", "asked_on", "target")},
        "opens": new_opens(),
        "planned": new_planned(),
        "due": new_due(),
        "due_revision": task.c.due_revision + 1,
        "redated_on": actor.today,
        "next_on": actor.today,
    }
    if kind is ActKind.WITHDRAW:
        cause, after = cause_of_end(scope), _dates(task.c.due, task.c.planned)
        values = {"state": State.WITHDRAWN, "next_on": None, "settled_at": actor.now}
    else:
        where = and_(_in_target(scope), where)
    if kind is ActKind.REOPEN:
        values |= {"state": State.PLANNED.value, "settled_at": None}
    written = {
        "task_id": task.c.id,
        "kind": literal(kind),
        "done_by": literal(actor.name),
        "at": literal(actor.now, act.c.at.type),
        "before": _dates(task.c.due, task.c.planned, literal(',"state":"') + task.c.state + '"'),
        "after": after,
        "reason": cause,
    }
    acts.add_from(session, list(written), select(*written.values()).where(where))
    tasks.change_where(session, where, values | tasks.shown_anew(actor.now))


def relink(session: Session, scope: ComparedTasks, actor: Actor) -> None:
    """Hang owed tasks whose dates stay the same on the slot that now says why.

    Where the other slot reads otherwise, that is a change that calendars must be told.
    """
    other = and_(_in_target(scope), owed(), task.c.slot_id != target_slot.c.slot_id)
    asked_alike = ~as_stored(task.c.asked_on).is_distinct_from(as_stored(target_slot.c.asked_on))
    seen = (slot.c.label, slot.c.provisional, slot.c.theme, slot.c.unit)
    alike = and_(slot.c.id == task.c.slot_id, *(each == target_slot.c[each.key] for each in seen))
    present = literal(actor.now, task.c.changed_at.type)
    reads_alike = exists().where(alike).correlate(task, target_slot)
    values = {
        "slot_id": target_slot.c.slot_id,
        "asked_on": target_slot.c.asked_on,
        "next_on": case((asked_alike, task.c.next_on), else_=actor.today),
        "sequence": case((reads_alike, task.c.sequence), else_=task.c.sequence + 1),
        "changed_at": case((reads_alike, task.c.changed_at), else_=present),
    }
    tasks.change_where(session, other, values)


def _in_target(scope: ComparedTasks) -> ColumnElement[bool]:
    """That task, organization and slot belong together; the scope is what makes it quick."""
    return and_(of_scope(scope), same_task(scope.duty), SAME_COHORT)


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
