"""What one activity may settle together with a task: offered as ticks on its form."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import chain, islice

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Every
from dj_cadence.domain.rules.joint_recording import Counted, may_count_together
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import BEGUN
from dj_cadence.store.access.reach import reached
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks.task_list import TaskRow, tasks

MOST = 60
"""So many ticks one form offers."""


def companions(
    session: Session,
    catalogue: Catalogue,
    visitor: Visitor,
    at: Organization,
    rows: Sequence[TaskRow],
    today: date,
) -> dict[int, list[TaskRow]]:
    """For each of the `rows` of the organization `at`: what may be recorded with it.

    These are its own tasks of duties that the rules let count together, and the same duty
    of the same period at the other organizations of its school, as far as the visitor may
    act there. Nothing is ticked beforehand: only a person knows what was held.
    """
    school = orgs.school_of(session, at) or at
    may_act = reached(visitor, Right.ACT, today)
    reach = orgs.ids_where(session, in_subtree(school), may_act)
    others = tasks(
        session, catalogue, today=today, org_code=school.code, subtree=True, states=BEGUN
    )
    here: defaultdict[int, list[TaskRow]] = defaultdict(list)
    alike: defaultdict[str, list[TaskRow]] = defaultdict(list)
    for other in others:
        if other.org_id in reach:
            here[other.org_id].append(other)
            alike[other.duty].append(other)
    by_task = {}
    for row in rows:
        elsewhere = (other for other in alike[row.duty] if other.org_id != row.org_id)
        together = (other for other in chain(here[row.org_id], elsewhere) if _together(row, other))
        by_task[row.id] = list(islice(together, MOST))
    return {task_id: together for task_id, together in by_task.items() if together}


def at_same_organization(
    session: Session, catalogue: Catalogue, rows: Sequence[TaskRow], today: date
) -> dict[int, list[TaskRow]]:
    """For each of the `rows`: what may be recorded with it at its own organization."""
    here = {row.org_id for row in rows}
    others: defaultdict[int, list[TaskRow]] = defaultdict(list)
    for other in tasks(session, catalogue, today=today, org_ids=here, states=BEGUN):
        others[other.org_id].append(other)
    return {
        row.id: [other for other in others[row.org_id] if _together(row, other)] for row in rows
    }


def _together(row: TaskRow, other: TaskRow) -> bool:
    """Whether one activity may be both, on a day that lies in the time of both."""
    if row.step != OWN or other.step != OWN or other.confidential:
        return False
    if row.id == other.id or row.rule is None or other.rule is None or row.state not in BEGUN:
        return False
    periodic = isinstance(row.rule.recurrence, Every) and isinstance(other.rule.recurrence, Every)
    here = row.org_id == other.org_id or row.duty == other.duty
    overlapping = row.opens <= other.due and other.opens <= row.due
    counted = [Counted(each.org_id, each.rule, each.period) for each in (row, other) if each.rule]
    return periodic and here and overlapping and may_count_together(*counted)
