"""The differences between what is wanted and what is stored, as queries.

Each is one set-based statement over the temporary tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.planning.slot import TERM
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import OWED, State
from dj_cadence.store.core.types import as_stored
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.planning.target_tables import target_cohort, target_org, target_slot
from dj_cadence.store.schema import cohort, org, org_cohort, slot, task

NEW = "新纳入的组织或新启用的职责"
ELECTED = "登记了新的换届"
NEXT_PERIOD = "新的周期进入计划范围"
RULES = "规则、提醒方案或工作日历有变化"
ANNOUNCED = "上级部署、规则或工作日历有变化"
STEP_BEFORE = "前一环节的日期或流程有变化"
FACTS = "组织情况或换届日期有变化"
NOT_OWED = "不再承担这项职责"
SWITCHED_OFF = "职责已停用"
NOT_THEN = "这一周期不再需要"
TOUCHED = "不再需要，但已有办理记录，予以保留"


class TaskKind(StrEnum):
    """Which tasks of a duty are compared: all, or with a workflow its own before its steps."""

    ALL = "all"
    OWN = "own"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class ComparedTasks:
    """What is compared at a time."""

    duty: str
    span: DateRange
    part: OrgSelection
    kind: TaskKind = TaskKind.ALL
    announced: bool = False
    """Whether superiors have laid something over the duty."""
    switched_off: bool = False
    """Whether the rules in force ask it of nobody any more."""


SAME_COHORT = target_slot.c.cohort_id == target_org.c.cohort_id
TARGET = target_org.join(target_slot, SAME_COHORT)


def same_task(duty: str) -> ColumnElement[bool]:
    return and_(task.c.duty == duty, same_subject(), same_period())


def not_there(duty: str) -> ColumnElement[bool]:
    """That there is no such task as is wanted."""
    return ~exists().where(same_task(duty)).correlate(target_org, target_slot)


def same_subject() -> ColumnElement[bool]:
    """That task and wanted organization are about the same."""
    names = ("org_id", "subject_id", "start_event_id")
    return and_(*(task.c[name] == target_org.c[name] for name in names))


def same_period() -> ColumnElement[bool]:
    """That task and wanted slot are of one period and step."""
    return and_(task.c.period == target_slot.c.period, task.c.step == target_slot.c.step)


def of_scope(scope: ComparedTasks) -> ColumnElement[bool]:
    """The stored tasks that are compared."""
    return and_(of_stage(scope), scope.part.holds(task.c.org_id))


def of_stage(scope: ComparedTasks) -> ColumnElement[bool]:
    """The duty's tasks, of all organizations."""
    steps = {TaskKind.OWN: task.c.step == OWN, TaskKind.STEPS: task.c.step != OWN}
    return and_(task.c.duty == scope.duty, steps.get(scope.kind, true()))


def owed() -> ColumnElement[bool]:
    return task.c.state.in_(sorted(OWED))


def redated() -> ColumnElement[bool]:
    """Whether the wanted dates differ; a day that a person planned is theirs."""
    planned = as_stored(task.c.planned).is_distinct_from(as_stored(target_slot.c.planned))
    return or_(
        as_stored(task.c.opens) != new_opens(),
        as_stored(task.c.due) != new_due(),
        task.c.target != target_slot.c.target,
        and_(planned, ~task.c.planned_by_person),
    )


def new_due() -> ColumnElement[date]:
    """A postponement that was granted goes before the plan."""
    return func.coalesce(task.c.postponed_to, target_slot.c.due)


def new_opens() -> ColumnElement[date]:
    """What was granted for a term says when it opens too; nothing opens after it is due."""
    return case(
        (task.c.postponed_to.is_(None), target_slot.c.opens),  # nearly all: asked for first
        (task.c.period == TERM, task.c.opens),
        (task.c.postponed_to < target_slot.c.opens, task.c.postponed_to),
        else_=target_slot.c.opens,
    )


def new_planned() -> ColumnElement[date | None]:
    return case((task.c.planned_by_person, task.c.planned), else_=target_slot.c.planned)


def cause_of(scope: ComparedTasks) -> ColumnElement[str]:
    """Why the wanted differs from the stored, from the cohorts before and after."""
    if scope.kind is TaskKind.STEPS:
        return literal(STEP_BEFORE)
    before, after = cohort.alias("before"), cohort.alias("after")
    facts = func.coalesce(after.c.facts, target_cohort.c.facts)  # one of them is there
    alike = cast(before.c.facts, String) == cast(facts, String)
    cause = case(
        (org_cohort.c.start_event_id != target_org.c.start_event_id, ELECTED),
        (org_cohort.c.cohort_id == target_org.c.cohort_id, NEXT_PERIOD),
        (alike, ANNOUNCED if scope.announced else RULES),
        else_=FACTS,
    )
    assigned = org_cohort.join(before, before.c.id == org_cohort.c.cohort_id)
    beside = assigned.outerjoin(after, after.c.id == target_org.c.cohort_id).outerjoin(
        target_cohort, target_cohort.c.cohort_id == target_org.c.cohort_id
    )
    query = (
        select(cause)
        .select_from(beside)
        .where(
            org_cohort.c.duty == scope.duty,
            *(org_cohort.c[name] == target_org.c[name] for name in ("org_id", "subject_id")),
        )
    )
    return func.coalesce(query.correlate(target_org).scalar_subquery(), literal(NEW))


def _cause_of_new_step(scope: ComparedTasks) -> ColumnElement[str]:
    """A step comes in with its duty, with its period, or because of the step before it."""
    mine = and_(task.c.duty == scope.duty, task.c.org_id == target_org.c.org_id)
    same = (task.c[name] == target_org.c[name] for name in ("start_event_id", "period"))
    its_period = and_(mine, *same)
    return case(
        (~exists().where(mine).correlate(target_org), NEW),
        (~exists().where(its_period).correlate(target_org), NEXT_PERIOD),
        else_=STEP_BEFORE,
    )


def may_end(scope: ComparedTasks) -> ColumnElement[bool]:
    """Whether a task is the plan's to take back: owed in the window; a term is in every one.

    What is taken on from a dissolved organization no plan asks for, and none takes it back.
    """
    inside = and_(task.c.opens <= scope.span.until, task.c.due >= scope.span.since)
    taken_on = and_(task.c.subject_id > 0, task.c.period != TERM, task.c.has_acts)
    return and_(owed(), or_(task.c.period == TERM, inside), ~taken_on)


def not_in_target(scope: ComparedTasks) -> ColumnElement[bool]:
    """Owed in the window, and not wanted."""
    wanted = select(literal(1)).select_from(TARGET).where(same_task(scope.duty)).correlate(task)
    return and_(of_scope(scope), may_end(scope), ~wanted.exists())


def cause_of_end(scope: ComparedTasks) -> ColumnElement[str]:
    if scope.switched_off:
        return literal(SWITCHED_OFF)
    if scope.kind is TaskKind.STEPS:
        return literal(STEP_BEFORE)
    still = exists().where(
        target_org.c.org_id == task.c.org_id, target_org.c.subject_id == task.c.subject_id
    )
    return case((still.correlate(task), NOT_THEN), else_=NOT_OWED)


def differing(scope: ComparedTasks, change: str) -> ColumnElement[bool]:
    """What is so of the tasks, or of what is wanted, of which this is to be done."""
    return {
        "create": task.c.id.is_(None),
        "move": and_(owed(), redated()),
        "reopen": task.c.state == State.WITHDRAWN,
        "withdraw": and_(not_in_target(scope), ~task.c.has_acts),
        "keep": and_(not_in_target(scope), task.c.has_acts),
    }[change]


def samples(
    session: Session, scope: ComparedTasks, change: str, limit: int | None
) -> Sequence[RowMapping]:
    """The first differences of one kind, in the organizations' order; all where limit is None."""
    source = task.join(slot, slot.c.id == task.c.slot_id)
    step, label, whose = task.c.step, slot.c.label, task.c.org_id
    planned: ColumnElement[Any] = task.c.planned
    due: ColumnElement[Any] = task.c.due
    if change in ("withdraw", "keep"):
        cause = cause_of_end(scope) if change == "withdraw" else literal(TOUCHED)
    else:
        source = TARGET.outerjoin(task, same_task(scope.duty))
        step, label, whose = target_slot.c.step, target_slot.c.label, target_org.c.org_id
        planned, due, cause = new_planned(), new_due(), cause_of(scope)
        if change == "create" and scope.kind is TaskKind.STEPS:
            cause = _cause_of_new_step(scope)
    query = select(
        literal(change).label("change"),
        org.c.code.label("org"),
        step.label("step"),
        label.label("period"),
        (planned if change == "create" else task.c.planned).label("was_planned"),
        planned.label("planned"),
        task.c.due.label("was_due"),
        due.label("due"),
        cause.label("cause"),
    ).select_from(source.join(org, org.c.id == whose))
    ordered = (
        query.where(differing(scope, change)).order_by(org.c.position, due, label).limit(limit)
    )
    return session.execute(ordered).mappings().all()
