"""The days that a workflow's steps are counted from, read from the tasks there are.

They are laid out in the temporary tables after the duty's own tasks are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
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

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.planning.step_slots import Reference
from dj_cadence.domain.rules.workflow import OWN, Mark, Workflow
from dj_cadence.domain.tasks.task import LET_OFF, OWED, SETTLED, State
from dj_cadence.store.core.temporary_tables import make_anew
from dj_cadence.store.core.types import AnySelect
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
_OWED = sorted(OWED)
_LIVE_OWN = task.alias("own")
_NOT_ASKED = literal(FIRST_DAY, task.c.asked_on.type)

target_reference = Table(
    "target_reference",  # which cohort the steps counted from a day belong to
    target_tables.temporary,
    Column("counted_from", String(24), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("label", String(32), primary_key=True),
    Column("is_planned", Boolean, primary_key=True),
    Column("asked_on", Date, primary_key=True),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

_ahead = MetaData()

target_coming = Table(
    "target_coming",  # days of own tasks as a plan would leave them that it would change or create
    _ahead,
    Column("org_id", Integer, nullable=False),
    Column("subject_id", Integer, nullable=False),
    Column("start_event_id", Integer, nullable=False),
    Column("period", String(16), nullable=False),
    Column("counted_from", String(24), nullable=False),
    Column("day", Date, nullable=False),
    Column("label", String(32), nullable=False),
    Column("is_planned", Boolean, nullable=False),
    Column("asked_on", Date, nullable=False),
    prefixes=["TEMPORARY"],
)
target_fate = Table(
    "target_fate",  # the stored ones among them: what is stored of them counts no more
    _ahead,
    Column("task_id", Integer, primary_key=True),
    Column("stays", Boolean, nullable=False),  # false: the plan would take it back
    prefixes=["TEMPORARY"],
)

StepKey = tuple[int, int, int, str, str]
"""Organization, instance, anchor, period and step."""


def note_coming(session: Session, own: ComparedTasks, workflow: Workflow) -> None:
    """Keep what the plan that is laid out would make of the own tasks, for a look ahead."""
    make_anew(session, _ahead)
    beside = TARGET.outerjoin(task, same_task(own.duty))
    changed = or_(
        task.c.state == State.WITHDRAWN,
        and_(owed(), or_(redated(), task.c.slot_id.is_distinct_from(target_slot.c.slot_id))),
    )
    for counted_from in sorted(workflow.references):
        day = _coming_day(workflow, counted_from)
        if day is None:
            continue
        known = task.c.completed_on if counted_from == workflow.own.key else new_planned()
        columns = (
            target_org.c.org_id,
            target_org.c.subject_id,
            target_org.c.start_event_id,
            target_slot.c.period,
            literal(counted_from),
            day,
            target_slot.c.label,
            known.is_not(None),
            func.coalesce(target_slot.c.asked_on, _NOT_ASKED),
        )
        rows = select(*columns).select_from(beside)
        coming = rows.where(or_(task.c.id.is_(None), changed), day.is_not(None))
        session.execute(insert(target_coming).from_select(list(target_coming.c), coming))
    stay = select(task.c.id, true()).select_from(beside).where(changed)
    go = select(task.c.id, false()).where(not_in_target(own), ~task.c.has_acts)
    for fate in (stay, go):
        session.execute(insert(target_fate).from_select(list(target_fate.c), fate))


def _coming_day(
    workflow: Workflow, counted_from: str
) -> ColumnElement[date] | ColumnElement[date | None] | None:
    """The day of the own task that such steps will be counted from; None for other steps."""
    match counted_from:
        case Mark.OPENS:
            return new_opens()
        case Mark.DUE:
            return new_due()
        case workflow.own.key:
            return func.coalesce(task.c.completed_on, new_planned())
    return None


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
        step, day, holds = OWN, other.c[counted_from], other.c.state.in_(_OWED)
    else:
        step = workflow.task_step(counted_from)
        day = func.coalesce(other.c.completed_on, other.c.planned)
        holds = day.is_not(None)
    known = other.c.completed_on if counted_from == workflow.own.key else other.c.planned
    own = other if step == OWN else _LIVE_OWN
    columns = (
        *(other.c[name] for name in ("org_id", "subject_id", "start_event_id", "period")),
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
    same = (
        _LIVE_OWN.c[n] == other.c[n] for n in ("duty", "org_id", "subject_id", "start_event_id")
    )
    alive: ColumnElement[bool] = _LIVE_OWN.c.state.not_in(_NOT_HELD)
    if ahead:
        back = select(target_fate.c.task_id).where(target_fate.c.stays)
        taken_back = select(target_fate.c.task_id).where(~target_fate.c.stays)
        alive = or_(_LIVE_OWN.c.id.in_(back), and_(alive, _LIVE_OWN.c.id.not_in(taken_back)))
    return and_(*same, _LIVE_OWN.c.period == other.c.period, _LIVE_OWN.c.step == OWN, alive)


def references(session: Session, source: AnySelect) -> list[Reference]:
    """The distinct days of `source`."""
    columns = [source.selected_columns[field.name] for field in fields(Reference)]
    rows = session.execute(source.with_only_columns(*columns).distinct())
    return [_read(row) for row in rows]


def _read(row: Sequence[Any]) -> Reference:
    return Reference(row[0], row[1], row[2], bool(row[3]), row[4])


def fill(
    session: Session,
    cohort_ids: Mapping[Reference, int],
    slots: Sequence[dict[str, object]],
    source: AnySelect,
) -> None:
    """Fill the temporary tables of one duty's steps."""
    names = [field.name for field in fields(Reference)]
    target_tables.insert_rows(session, target_reference, [
        {**dict(zip(names, astuple(step_start), strict=True)), "cohort_id": key}
        for step_start, key in cohort_ids.items()
    ])  # fmt: skip
    target_tables.fill_slots(session, slots)
    each = source.subquery("referring")
    same = and_(*(target_reference.c[name] == each.c[name] for name in names))
    chosen = ["org_id", "subject_id", "start_event_id", "period", "counted_from"]
    rows = select(*(each.c[name] for name in chosen), target_reference.c.cohort_id)
    session.execute(
        insert(target_org).from_select(
            [*chosen, "cohort_id"], rows.join_from(each, target_reference, same)
        )
    )


# --- the same for a few organizations, worked out in Python ------------------------------------


def few_references(session: Session, source: AnySelect) -> list[tuple[StepKey, Reference]]:
    """(whose, the day) with an empty step in the key."""
    columns = source.selected_columns
    names = ("org_id", "subject_id", "start_event_id", "period")
    whose = [columns[name] for name in names]
    of = [columns[field.name] for field in fields(Reference)]
    return [
        ((row[0], row[1], row[2], row[3], ""), _read(row[4:]))
        for row in session.execute(source.with_only_columns(*whose, *of))
    ]


def few_stored(
    session: Session, duty: str, part: OrgSelection
) -> dict[StepKey, tuple[bool, date, date | None]]:
    """Of each step's task: whether it is owed, when it opens, and its due date.

    The due date is None where a superior postponed it: it is not the plan's any more.
    """
    query = select(
        *(task.c[name] for name in ("org_id", "subject_id", "start_event_id", "period", "step")),
        task.c.state.in_(_OWED),
        task.c.opens,
        task.c.due,
        task.c.postponed_to,
    ).where(task.c.duty == duty, task.c.step != OWN, part.holds(task.c.org_id))
    withdrawn = task.c.state != State.WITHDRAWN
    return {
        (row[0], row[1], row[2], row[3], row[4]): (
            bool(row[5]),
            row.opens,
            None if row.postponed_to else row.due,
        )
        for row in session.execute(query.where(withdrawn))
    }
