"""Whether and how much the wanted and the stored differ: one pass over what is stored."""

from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.planning.differences import (
    SAME_COHORT,
    TARGET,
    ComparedTasks,
    TaskKind,
    may_end,
    not_there,
    of_scope,
    of_stage,
    owed,
    redated,
    same_period,
    same_subject,
    same_task,
)
from dj_cadence.store.planning.target_tables import target_org, target_slot
from dj_cadence.store.schema import task

_SAME, _PAST = "same", "past"
_OF_TARGET = frozenset({"reopen", "move", "relink"})


def count(session: Session, scope: ComparedTasks) -> dict[str, int]:
    """How many differences of each kind there are; `relink`: same dates, on another slot.

    One pass over what is stored, in which what is as wanted, nearly all, is only passed by:
    sorting it into a group of its own took as long as finding it.
    """
    each = _compared(scope).subquery("each")
    query = select(each.c.change, func.count()).where(each.c.change != _SAME)
    counts = {row[0]: int(row[1]) for row in session.execute(query.group_by(each.c.change))}
    as_wanted = stored(session, scope) - sum(counts.values())
    met = as_wanted + sum(counts.get(change, 0) for change in _OF_TARGET)
    counts["create"] = _in_target(session) - met
    return {change: n for change, n in counts.items() if n and change != _PAST}


def count_past(session: Session, scope: ComparedTasks, today: date) -> int:
    """How many tasks would be created whose last day is over."""
    past = and_(target_slot.c.due < today, not_there(scope.duty))
    query = select(func.count()).select_from(TARGET).where(past)
    return int(session.execute(query).scalar_one())


def are_none(session: Session, scope: ComparedTasks) -> bool:
    """Whether all of the scope is as wanted; quicker than `count`, but says nothing more.

    It goes from each wanted organization to its tasks, which lie together; steps are looked
    up one by one, for of them an organization has many enrolments.
    """
    if scope.kind is TaskKind.STEPS:
        along = TARGET.outerjoin(task, same_task(scope.duty))
    else:
        mine = and_(of_stage(scope), same_subject())
        dated = and_(SAME_COHORT, same_period())
        along = target_org.outerjoin(task, mine).outerjoin(target_slot, dated)
    query = select(func.count(case((_as_wanted(), 1)))).select_from(along)
    met = session.execute(query).scalar_one()
    return bool(met == stored(session, scope) == _in_target(session))


def _as_wanted() -> ColumnElement[bool]:
    """Whether there are both a task and a wanted slot, and they agree in all."""
    same = and_(task.c.slot_id == target_slot.c.slot_id, ~redated())
    both = and_(target_slot.c.cohort_id.is_not(None), task.c.state != State.WITHDRAWN)
    return and_(both, or_(same, ~owed()))


def stored(session: Session, scope: ComparedTasks) -> int:
    """How many tasks of the scope there are."""
    query = select(func.count()).select_from(task).where(of_scope(scope))
    return int(session.execute(query).scalar_one())


def _in_target(session: Session) -> int:
    """How many tasks are wanted: of each organization as many as its cohort has slots."""
    return int(session.execute(select(func.count()).select_from(TARGET)).scalar_one())


def _compared(scope: ComparedTasks) -> AnySelect:
    """What is to be done about each stored task of the scope."""
    unneeded = case((~may_end(scope), _PAST), (task.c.has_acts, "keep"), else_="withdraw")
    change = case(
        (target_slot.c.cohort_id.is_(None), unneeded),
        (task.c.state == State.WITHDRAWN, "reopen"),
        (and_(redated(), owed()), "move"),  # what is seldom so first: it spares the other
        (and_(task.c.slot_id.is_distinct_from(target_slot.c.slot_id), owed()), "relink"),
        else_=_SAME,
    )
    if scope.kind is TaskKind.STEPS:  # one organization has many enrolments: a day each
        beside = task.outerjoin(TARGET, and_(same_subject(), same_period()))
    else:
        dated = and_(SAME_COHORT, same_period())
        beside = task.outerjoin(target_org, same_subject()).outerjoin(target_slot, dated)
    return select(change.label("change")).select_from(beside).where(of_scope(scope))
