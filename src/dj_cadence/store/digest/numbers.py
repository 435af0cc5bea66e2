"""Where the digest's numbers are counted: one statement, for one superior as for the whole tree."""

from typing import NamedTuple

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.digest.digest import Numbers
from dj_cadence.domain.organizations.organization import TreeRange
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.shared_conditions import in_range
from dj_cadence.store.digest.criteria import IS_OPEN, IS_UNSETTLED, DigestCriteria
from dj_cadence.store.schema import org, task


class DutyNumbers(NamedTuple):
    """The numbers of a duty at one organization."""

    position: int
    duty: str
    numbers: Numbers


def count(session: Session, span: TreeRange, criteria: DigestCriteria) -> list[DutyNumbers]:
    """One for each organization and duty with anything to count, in the organizations' order."""
    state = task.c.state
    is_overdue = state == State.OVERDUE.value
    conditions = {
        "overdue": is_overdue,
        "newly_overdue": and_(is_overdue, criteria.is_newly_overdue()),
        "due": IS_OPEN,
        "settled": state == State.DONE.value,
        "missed": state == State.MISSED.value,
        "submitted": state == State.SUBMITTED.value,
    }
    counts = [func.sum(case((conditions[name], 1), else_=0)) for name in Numbers._fields]
    waits = and_(IS_UNSETTLED, state.in_((State.OVERDUE.value, State.SUBMITTED.value)))
    counted = or_(waits, criteria.is_due(), criteria.is_news(State.DONE, State.MISSED))
    query = (
        select(org.c.position, task.c.duty, *counts)
        .join_from(task, org, org.c.id == task.c.org_id)
        .where(in_range(span), criteria.is_seen(), counted)
        .group_by(org.c.position, task.c.duty)
        .order_by(org.c.position)
    )
    return [
        DutyNumbers(position, duty, Numbers(*map(int, row)))
        for position, duty, *row in session.execute(query)
    ]
