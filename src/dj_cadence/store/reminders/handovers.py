"""New holders of offices who have not been told yet what is open there."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from dj_cadence.domain.reminders.quiet_period import QuietPeriod
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.roster import people
from dj_cadence.store.schema import appointment, notice, org, task


class Handover(NamedTuple):
    """Somebody has taken over an office from somebody who was written to."""

    appointment_id: int
    org_id: int
    person_id: int


def any_new_holder(session: Session, today: date) -> bool:
    """Whether anybody's office has not been looked at yet."""
    first = select(appointment.c.id).where(people.new_in_office(today)).limit(1)
    return session.execute(first).first() is not None


def handovers(session: Session, quiets: Sequence[QuietPeriod], today: date) -> list[Handover]:
    """Those of today; where nobody else was ever written to, or in a quiet period, none."""
    others = exists().where(
        task.c.org_id == appointment.c.org_id,
        notice.c.task_id == task.c.id,
        notice.c.message_id.is_not(None),
        notice.c.person_id != appointment.c.person_id,
    )
    query = (
        select(appointment.c.id, appointment.c.org_id, appointment.c.person_id)
        .join(org, org.c.id == appointment.c.org_id)
        .where(people.new_in_office(today), others, ~is_silent(quiets, today))
        .order_by(appointment.c.id)
    )
    return [Handover(*row) for row in session.execute(query)]
