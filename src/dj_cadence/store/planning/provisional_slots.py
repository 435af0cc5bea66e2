"""Slots whose dates are provisional, because a calendar they hang on is."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from dj_cadence.domain.tasks.task import OWED
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import cohort, slot, task


class ProvisionalSlot(NamedTuple):
    """One of them, with what its calendar is found by."""

    period: str
    planned: date | None
    due: date | None
    city: str
    stage: str
    tasks: int
    """How many are owed."""


def provisional_slots(session: Session) -> list[ProvisionalSlot]:
    """Those of which a task is owed."""
    owed = select(task.c.slot_id, func.count().label("n")).where(task.c.state.in_(sorted(OWED)))
    tasks = owed.group_by(task.c.slot_id).subquery()
    query = (
        select(slot.c.period, slot.c.planned, slot.c.due, cohort.c.facts, tasks.c.n)
        .join_from(tasks, slot, slot.c.id == tasks.c.slot_id)
        .join(cohort, cohort.c.id == slot.c.cohort_id)
        .where(slot.c.provisional)
    )
    return [
        ProvisionalSlot(
            period,
            planned,
            due,
            facts["facts"].get("city", ""),
            facts["facts"].get("stage", ""),
            count,
        )
        for period, planned, due, facts, count in session.execute(query)
    ]
