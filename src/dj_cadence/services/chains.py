"""A reminder plan as it was when a task began to speak."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from dj_cadence.domain.reminder_plan import From, ReminderPlan, Rung
from dj_cadence.store.schema import chain


def plan_of_chain(session: Session, chain_id: int) -> ReminderPlan:
    """The stored plan that a task follows, whatever the rules say by now."""
    content = session.execute(select(chain.c.content).where(chain.c.id == chain_id)).scalar_one()
    rungs = (Rung(**{**r, "counted_from": From(r["counted_from"])}) for r in content["rungs"])
    return ReminderPlan(content["key"], content["title"], tuple(rungs))
