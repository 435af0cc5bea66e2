"""The days that a workflow's steps are counted from, read from the tasks there are.

They are laid out in the temporary tables after the duty's own tasks are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.planning.step_slots import Reference
from dj_cadence.domain.rules.workflow import OWN, Mark, Workflow
from dj_cadence.domain.tasks.task import LET_OFF, OWED, SETTLED, State
from dj_cadence.store.core.batching import add_rows
from dj_cadence.store.core.temporary_tables import make_anew
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.planning import target_tables
from dj_cadence.store.planning.differences import (
    TARGET,
    ComparedTasks,
    new_due,
    new_opens,
    new_planned,
    not_in_target,
    owed,
    redated,
    same_task,
)
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.planning.target_tables import target_org, target_slot
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, slot, task

_GONE = sorted(LET_OFF)
"""Nothing hangs on tasks in these states, nor on an own task that was closed as missed."""
_NOT_HELD = sorted(SETTLED - {State.DONE})
_LIVE_OWN = task.alias("own")
_NOT_ASKED = literal(FIRST_DAY, task.c.asked_on.type)

_WHOSE = ("org_id", "subject_id", "start_event_id", "period")
_REFERENCE: dict[str, TypeEngine[Any]] = {  # as the fields of `Reference`
    "counted_from": String(24),
    "day": Date(),
    "label": String(32),
    "is_planned": Boolean(),
    "asked_on": Date(),
}

target_reference = Table(
    "target_reference",  # which cohort the steps counted from a day belong to
    target_tables.temporary,
    *(Column(name, type_, primary_key=True) for name, type_ in _REFERENCE.items()),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

_ahead = MetaData()

target_coming = Table(
    "target_coming",  # days of own tasks as a plan would leave them that it would change or create
    _ahead,
    *(Column(name, task.c[name].type, nullable=False) for name in _WHOSE),
    *(Column(name, type_, nullable=False) for name, type_ in _REFERENCE.items()),
    prefixes=["TEMPORARY"],
)
target_fate = Table(
    "target_fate",  # the stored ones among them: what is stored of them counts no more
    _ahead,
    Column("task_id", Integer, primary_key=True),
    Column("stays", Boolean, nullable=False),  # false: the plan would take it back
    prefixes=["TEMPORARY"],
)


def note_coming(session: Session, own: ComparedTasks, workflow: Workflow) -> None:
    """Keep what the plan that is laid out would make of the own tasks, for a look ahead."""
    make_anew(session, _ahead)
    beside = TARGET.outerjoin(task, same_task(own.duty))
    relinked = task.c.slot_id.is_distinct_from(target_slot.c.slot_id)
    changed = or_(task.c.state == State.WITHDRAWN, and_(owed(), or_(redated(), relinked)))
    planned, held = new_planned(), task.c.completed_on
    days: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
        Mark.OPENS: (new_opens(), planned),
        Mark.DUE: (new_due(), planned),
        workflow.own.key: (func.coalesce(held, planned), held),
    }
    for counted_from in filter(days.get, sorted(workflow.references)):
        day, known = days[counted_from]
        coming = select(
            *(target_org.c[name] for name in _WHOSE[:3]),
            target_slot.c.period,
            literal(counted_from),
            day,
            target_slot.c.label,
            known.is_not(None),
            func.coalesce(target_slot.c.asked_on, _NOT_ASKED),
        ).where(or_(task.c.id.is_(None), changed), day.is_not(None))
        rows = coming.select_from(beside)
        session.execute(insert(target_coming).from_select(list(target_coming.c), rows))
    stay = select(task.c.id, true()).select_from(beside).where(changed)
    go = select(task.c.id, false()).where(not_in_target(own), ~task.c.has_acts)
    for fate in (stay, go):
        session.execute(insert(target_fate).from_select(list(target_fate.c), fate))


def each_reference(
    duty: str, workflow: Workflow, part: OrgSelection, *, ahead: bool = False
) -> AnySelect:
    """Each day that steps are counted from: of the own tasks, and of steps before them.

    `ahead` takes the own tasks as `note_coming` has noted that they will be.
    """
    keys = sorted(workflow.references)
    references = [_reference(duty, workflow, part, key, ahead=ahead) for key in keys]
    if ahead:
        references.append(select(target_coming))
    every = union_all(*references).subquery("each")
    return select(*every.c)


def _reference(
    duty: str, workflow: Workflow, part: OrgSelection, counted_from: str, *, ahead: bool
) -> AnySelect:
    other = task.alias("one")
    day: ColumnElement[date]
    if counted_from in tuple(Mark):
        step, day, holds = OWN, other.c[counted_from], other.c.state.in_(sorted(OWED))
    else:
        step = workflow.task_step(counted_from)
        day = func.coalesce(other.c.completed_on, other.c.planned)
        holds = day.is_not(None)
    known = other.c.completed_on if counted_from == workflow.own.key else other.c.planned
    own = other if step == OWN else _LIVE_OWN
    columns = (
        *(other.c[name] for name in _WHOSE),
        literal(counted_from).label("counted_from"),
        day.label("day"),
        slot.c.label,
        known.is_not(None).label("is_planned"),
        func.coalesce(own.c.asked_on, _NOT_ASKED).label("asked_on"),
    )
    query = select(*columns).join_from(other, slot, slot.c.id == other.c.slot_id)
    if step != OWN:
        query = query.join(_LIVE_OWN, _is_own_of(other, ahead=ahead))
    elif ahead:
        query = query.where(other.c.id.not_in(select(target_fate.c.task_id)))
    gone = _NOT_HELD if step == OWN else _GONE
    mine = and_(other.c.duty == duty, other.c.step == step, part.holds(other.c.org_id))
    left = select(org.c.id).where(orgs.is_handed_over())  # its steps went with the rest
    return query.where(mine, other.c.state.not_in(gone), other.c.org_id.not_in(left), holds)


def _is_own_of(other: FromClause, *, ahead: bool) -> ColumnElement[bool]:
    same = (_LIVE_OWN.c[name] == other.c[name] for name in ("duty", *_WHOSE))
    alive: ColumnElement[bool] = _LIVE_OWN.c.state.not_in(_NOT_HELD)
    if ahead:
        back = select(target_fate.c.task_id).where(target_fate.c.stays)
        taken_back = select(target_fate.c.task_id).where(~target_fate.c.stays)
        alive = or_(_LIVE_OWN.c.id.in_(back), and_(alive, _LIVE_OWN.c.id.not_in(taken_back)))
    return and_(*same, _LIVE_OWN.c.step == OWN, alive)


def references(session: Session, source: AnySelect) -> list[Reference]:
    """The distinct days of `source`."""
    columns = source.selected_columns
    distinct = source.with_only_columns(*(columns[name] for name in _REFERENCE)).distinct()
    return [Reference(*row) for row in session.execute(distinct)]


def fill(
    session: Session,
    cohort_ids: Mapping[Reference, int],
    slots: Sequence[dict[str, object]],
    source: AnySelect,
) -> None:
    """Fill the temporary tables of one duty's steps."""
    rows = [{**asdict(step_start), "cohort_id": key} for step_start, key in cohort_ids.items()]
    add_rows(session, target_reference, rows)
    target_tables.fill_slots(session, slots)
    each = source.subquery("referring")
    same = and_(*(target_reference.c[name] == each.c[name] for name in _REFERENCE))
    chosen = (*_WHOSE, "counted_from")
    query = select(*(each.c[name] for name in chosen), target_reference.c.cohort_id)
    joined = query.join_from(each, target_reference, same)
    session.execute(insert(target_org).from_select([*chosen, "cohort_id"], joined))


def step_dates(session: Session, duty: str, part: OrgSelection) -> Sequence[AnyRow]:
    """(the five of a task's key, owed, opens, due, postponed) of the steps that are stored."""
    names = (*_WHOSE, "step")
    postponed = task.c.postponed_to.is_not(None)
    query = select(*(task.c[name] for name in names), owed(), task.c.opens, task.c.due, postponed)
    mine = (task.c.duty == duty, task.c.step != OWN, part.holds(task.c.org_id))
    return session.execute(query.where(*mine, task.c.state != State.WITHDRAWN)).all()
