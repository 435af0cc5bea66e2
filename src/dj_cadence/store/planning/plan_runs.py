"""How far each duty is planned, and from what."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import plan_run


def runs(session: Session) -> dict[str, AnyRow]:
    """How far each duty is planned, by its key."""
    return {row.duty: row for row in session.execute(select(plan_run))}


def note_run(
    session: Session, duty: str, inputs: str, span: DateRange, data_version: int, now: datetime
) -> None:
    """Write down how far a duty is planned; empty `inputs` stand for "not to the end"."""
    session.execute(delete(plan_run).where(plan_run.c.duty == duty))
    session.execute(
        insert(plan_run).values(
            duty=duty,
            inputs=inputs,
            since=span.since,
            until=span.until,
            data_version=data_version,
            at=now,
        )
    )


def note_seen(session: Session, duties: Collection[str], data_version: int) -> None:
    """Write down that the plan of these duties is not touched by what changed."""
    mine = plan_run.c.duty.in_(duties)
    session.execute(update(plan_run).where(mine).values(data_version=data_version))


def forget_run(session: Session, duty: str) -> None:
    """Nobody is assigned in the duty any more."""
    session.execute(delete(plan_run).where(plan_run.c.duty == duty))


def forget_inputs(session: Session, duties: Collection[str]) -> None:
    """Have these duties planned anew, as after a run that broke off."""
    session.execute(update(plan_run).where(plan_run.c.duty.in_(duties)).values(inputs=""))
