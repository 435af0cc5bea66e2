"""What dissolved organizations have left open."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import OWED, State, Task
from dj_cadence.store.core.shared_conditions import is_current_election
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, org_cohort, slot, start_event, task
from dj_cadence.store.tasks.tasks import where

_LEFT_OPEN = sorted(OWED | {State.SUBMITTED})


class Succession(NamedTuple):
    """A dissolved organization and the one that takes over what it left open."""

    id: int
    name: str
    successor_id: int
    is_repeated: bool
    """Whether it was handed over before."""
    successor: str
    elected_on: date | None
    """The day of the election that its term runs from."""


def pending(session: Session, today: date, notices: Collection[str]) -> list[Succession]:
    """Those that left something open, the one with the oldest term first.

    `notices` are the duties to remind somebody below of a term: their new superior owes those.
    """
    after, own = org.alias("after"), start_event.alias("own")
    running = exists().where(start_event.c.org_id == after.c.id, is_current_election())
    term_left = and_(own.c.id.is_not(None), ~running.correlate(after))
    task_left = exists().where(_open_at(org.c.id, notices)).correlate(org)
    query = (
        select(
            org.c.id, org.c.name, org.c.successor_id, orgs.is_handed_over(), after.c.name, own.c.day
        )
        .join_from(org, after, after.c.id == org.c.successor_id)
        .outerjoin(own, and_(own.c.org_id == org.c.id, is_current_election(own)))
        .where(org.c.dissolved <= today, or_(task_left, term_left))
    )
    return [Succession(*row) for row in session.execute(query.order_by(own.c.day, org.c.id))]


def left_open(session: Session, org_id: int, notices: Collection[str]) -> list[Task]:
    """What is not settled there, but for the `notices`."""
    return where(session, _open_at(org_id, notices))


def of_case(session: Session, org_id: int, number: int) -> list[Task]:
    """All tasks of a case at an organization, the settled ones too."""
    return where(session, task.c.org_id == org_id, task.c.subject_id == -number)


def is_planned(session: Session, held: Task) -> bool:
    """Whether the plan as it is now asks for the task, and not only left it as it was touched."""
    mine = (org_cohort.c.duty == held.duty, org_cohort.c.org_id == held.org_id)
    same = (slot.c.period == held.period, slot.c.step == held.step, org_cohort.c.subject_id == 0)
    query = select(slot.c.id).join_from(
        slot, org_cohort, org_cohort.c.cohort_id == slot.c.cohort_id
    )
    return session.execute(query.where(*mine, *same)).first() is not None


def _open_at(org_id: ColumnElement[int] | int, notices: Collection[str]) -> ColumnElement[bool]:
    mine = and_(task.c.org_id == org_id, task.c.state.in_(_LEFT_OPEN))
    return and_(mine, task.c.duty.not_in(notices))
