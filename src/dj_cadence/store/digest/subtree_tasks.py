"""The tasks that a digest lists, in the organizations' own order, the oldest first."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, literal, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.organization import TreeRange
from dj_cadence.domain.tasks.task import LATE, State
from dj_cadence.store.core.shared_conditions import in_range
from dj_cadence.store.digest.criteria import IS_OPEN, IS_OVERDUE, IS_UNSETTLED, DigestCriteria
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import act, org, slot, task

_about = org.alias("about")
_NO, _NOTHING = literal(False), literal("")


class SubtreeTask(NamedTuple):
    """One task as a digest or a list of decisions has it."""

    id: int
    org_id: int
    org_code: str
    org_name: str
    position: int
    about: str | None
    """The organization that it is about, where that is another."""
    duty: str
    step: str
    subject_id: int
    due: date
    state: State
    completed_on: date | None
    label: str
    decider_id: int | None
    """Whose decision it waits for once it is handed up."""
    is_new: bool = False
    """Whether it has become overdue since the digest before."""
    reason: str = ""
    """Why it was not done."""


def late_or_missed(
    session: Session, span: TreeRange, criteria: DigestCriteria
) -> list[SubtreeTask]:
    """Every task that is overdue, or was closed as 未按期开展 since the digest before."""
    why = select(act.c.reason).where(act.c.task_id == task.c.id, act.c.kind == "missed")
    last = why.order_by(act.c.id.desc()).limit(1).correlate(task).scalar_subquery()
    reason = case((task.c.state == State.MISSED.value, last), else_="")
    listed = or_(IS_OVERDUE, criteria.is_news(State.MISSED))
    query = _tasks(criteria.is_newly_overdue(), reason)
    return _read(session, query.where(in_range(span), criteria.is_seen(), listed))


def own_tasks(session: Session, span: TreeRange, criteria: DigestCriteria) -> list[SubtreeTask]:
    """What superiors themselves still owe and is late, to be recorded, or due by the week's end."""
    late = task.c.state.in_(sorted(LATE))
    listed = or_(late, and_(IS_OPEN, task.c.due <= criteria.sunday))
    leads = org.c.subtree_end > org.c.position
    return _read(session, _tasks().where(in_range(span), leads, listed))


def decisions(session: Session, org_ids: Collection[int] | None = None) -> list[SubtreeTask]:
    """What waits for the decision of any of `org_ids`, else of any at all; bound or not."""
    decider = orgs.decider()
    mine = decider.is_not(None) if org_ids is None else decider.in_(org_ids)
    waits = (IS_UNSETTLED, task.c.state == State.SUBMITTED.value, mine)
    return _read(session, _tasks().where(*waits))


def _tasks(is_new: ColumnElement[bool] = _NO, reason: ColumnElement[str] = _NOTHING) -> Select[Any]:
    return (
        select(
            task.c.id,
            task.c.org_id,
            org.c.code,
            org.c.name,
            org.c.position,
            _about.c.name,
            task.c.duty,
            task.c.step,
            task.c.subject_id,
            task.c.due,
            task.c.state,
            task.c.completed_on,
            slot.c.label,
            orgs.decider(),
            is_new,
            reason,
        )
        .select_from(org)
        .join(task, task.c.org_id == org.c.id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(_about, _about.c.id == task.c.subject_id)
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )


def _read(session: Session, query: Select[Any]) -> list[SubtreeTask]:
    rows = map(SubtreeTask._make, session.execute(query))
    return [row._replace(state=State(row.state), reason=row.reason or "") for row in rows]
