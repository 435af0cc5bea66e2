"""Reminder plans as they were when tasks began to be reminded of, whatever the rules say by now."""

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from dj_cadence.domain.reminders.plan import ReminderPlan
from dj_cadence.fingerprint import digest, plain
from dj_cadence.store.schema import plan_snapshot

_PLAN = TypeAdapter(ReminderPlan)
"""What an older version did not know yet has its default."""


def save(session: Session, plan: ReminderPlan) -> int:
    """The id of the stored copy, which is written on first sight."""
    fingerprint = digest(plan)
    stored = select(plan_snapshot.c.id).where(plan_snapshot.c.hash == fingerprint)
    if (snapshot_id := session.scalar(stored)) is not None:
        return int(snapshot_id)
    adding = insert(plan_snapshot).values(hash=fingerprint, content=plain(plan))
    return int(session.scalars(adding.returning(plan_snapshot.c.id)).one())


def load(session: Session, snapshot_id: int) -> ReminderPlan:
    """The plan that was stored. Raises LookupError, TypeError or ValueError for a spoilt one."""
    stored = select(plan_snapshot.c.content).where(plan_snapshot.c.id == snapshot_id)
    return _PLAN.validate_python(session.scalars(stored).one())


def through_quiet(session: Session) -> list[int]:
    """The ids of the plans that speak in a quiet period too."""
    rows = session.execute(select(plan_snapshot.c.id, plan_snapshot.c.content))
    return [row.id for row in rows if row.content.get("through_quiet")]
