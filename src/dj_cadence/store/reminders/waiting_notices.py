"""What is to be told today, without what a quiet period holds: notices, and news to newcomers."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.reminders.notice import Notice, QuietPeriod, WaitingNotice
from dj_cadence.store.reminders import plan_snapshots
from dj_cadence.store.reminders.notices import WAITS
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.roster import people
from dj_cadence.store.schema import appointment, notice, org, task


def any_waiting(session: Session, quiets: Sequence[QuietPeriod], today: date) -> bool:
    """Whether there is one."""
    return session.execute(_waiting(session, quiets, today).limit(1)).first() is not None


def waiting(session: Session, quiets: Sequence[QuietPeriod], today: date) -> list[WaitingNotice]:
    """All, the most pressing first: what has come up to superiors, then the oldest."""
    columns = (notice.c[name] for name in Notice._fields)
    query = _waiting(session, quiets, today).with_only_columns(
        notice.c.id, task.c.org_id, task.c.plan_snapshot_id, *columns
    )
    rows = session.execute(query.order_by(notice.c.level.desc(), notice.c.id))
    return [
        WaitingNotice(notice_id, Notice._make(values), org_id, snapshot_id)
        for notice_id, org_id, snapshot_id, *values in rows
    ]


def _waiting(session: Session, quiets: Sequence[QuietPeriod], today: date) -> Select[tuple[int]]:
    """A quiet period holds what is about its organizations, unless the plan speaks all the same."""
    query = (
        select(notice.c.id)
        .join_from(notice, task, task.c.id == notice.c.task_id)
        .where(WAITS, notice.c.due_on <= today)
    )
    if not any(quiet.runs_on(today) for quiet in quiets):
        return query
    unheld = task.c.plan_snapshot_id.in_(plan_snapshots.through_quiet(session))
    speaks = or_(~is_silent(quiets, today), unheld)
    return query.join(org, org.c.id == task.c.org_id).where(speaks)


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
