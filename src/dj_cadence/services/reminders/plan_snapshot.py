"""A reminder plan as it was when a task began to speak."""

from typing import Any

from sqlalchemy import select

from dj_cadence.domain.reminders.plan import EscalationStep, From, ReminderPlan, ReminderStep
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import plan_snapshot


def plan_of_snapshot(session: Session, plan_snapshot_id: int) -> ReminderPlan:
    """The stored plan that a task follows, whatever the rules say by now."""
    content = session.execute(
        select(plan_snapshot.c.content).where(plan_snapshot.c.id == plan_snapshot_id)
    ).scalar_one()
    return ReminderPlan(
        content["key"],
        content["title"],
        tuple(_rung(written) for written in content["rungs"]),
        tuple(EscalationStep(**_listed(written)) for written in content.get("escalate", ())),
        content.get("through_quiet", False),
    )


def _rung(written: dict[str, Any]) -> ReminderStep:
    """What an older version did not know yet has its default."""
    return ReminderStep(**{**_listed(written), "counted_from": From(written["counted_from"])})


def _listed(written: dict[str, Any]) -> dict[str, Any]:
    return {**written, "channels": tuple(written.get("channels", ()))}


def through_quiet(session: Session) -> list[int]:
    """The stored plans that speak in a quiet period too."""
    rows = session.execute(select(plan_snapshot.c.id, plan_snapshot.c.content))
    return [row.id for row in rows if row.content.get("through_quiet")]
