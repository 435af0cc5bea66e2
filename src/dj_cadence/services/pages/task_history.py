"""The history of one task: what was said about it, and what was done to it."""

from datetime import date
from zoneinfo import ZoneInfo

from dj_cadence.domain.access.visitor import ADMINISTRATOR, Right, Visitor
from dj_cadence.services.access.permissions import oversees
from dj_cadence.services.delivery import log
from dj_cadence.services.explain import history
from dj_cadence.store.access.reach import reached
from dj_cadence.store.core.database import Session


def task_history(
    session: Session, visitor: Visitor, org_id: int, task_id: int, today: date, zone: ZoneInfo
) -> tuple[list[str], list[str]]:
    """(what was said, what was done), a sentence each, of a task of that organization.

    People are named where the visitor sees their organization. Whoever sees the task's
    organization from within or from above knows the line that it reports up.
    """
    people = reached(visitor, Right.SEE, today)
    knows_line = oversees(session, visitor, org_id, today)
    superiors = reached(ADMINISTRATOR, Right.SEE, today) if knows_line else people
    lines = log.told(session, task_id, zone, (people, superiors))
    return lines, history(session, task_id, zone, people)
