"""Whether there is anything to do, in one statement: most passes end with its answer."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Date, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.store.core.shared_conditions import holds_office, is_asked_for
from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema import (
    appointment,
    catalogue,
    digest,
    message,
    notice,
    override,
    site,
    task,
)


class PendingWork(NamedTuple):
    """The site, and whether something waits to be done."""

    home: str
    sending: bool
    last_tick: datetime | None
    digest_week: str
    data_version: int
    planned_with: str
    bundled_at: datetime | None
    catalogue: str | None
    """The hash of the applied one; None before the first."""
    override: int | None
    override_ended: datetime | None
    tasks: bool
    messages: bool
    urgent: bool
    """Messages that are looked after outside the sending hours as well."""
    notices: bool
    newcomers: bool
    digests: bool

    @property
    def plan_inputs(self) -> str:
        """What the plan hangs on, without how far it goes; the same means the same plan."""
        parts = ((self.catalogue or "")[:16], self.data_version, self.override, self.override_ended)
        return "/".join(str(part or "") for part in parts)


_TODAY, _NOW = bindparam("today", type_=Date), bindparam("now", type_=Instant)
_LOOK = select(
    site.c.home,
    site.c.sending,
    site.c.last_tick,
    site.c.digest_week,
    site.c.data_version,
    site.c.planned_with,
    site.c.bundled_at,
    select(catalogue.c.hash).where(catalogue.c.current).scalar_subquery().label("catalogue"),
    select(func.max(override.c.id)).scalar_subquery().label("override"),
    select(func.max(override.c.ended_at)).scalar_subquery().label("override_ended"),
    exists().where(task.c.next_on <= _TODAY).label("tasks"),
    exists()
    .where(message.c.send_at.is_not(None), or_(message.c.send_at <= _NOW, message.c.day < _TODAY))
    .label("messages"),
    exists()
    .where(
        message.c.send_at.is_not(None),
        or_(and_(message.c.send_at <= _NOW, is_asked_for()), message.c.day < _TODAY),
    )
    .label("urgent"),
    exists()
    .where(
        notice.c.message_id.is_(None),
        notice.c.outcome == NoticeOutcome.OPEN,
        notice.c.due_on <= _TODAY,
    )
    .label("notices"),
    exists()
    .where(appointment.c.handover_notified_on.is_(None), holds_office(_TODAY))
    .label("newcomers"),
    exists()
    .where(digest.c.message_id.is_(None), digest.c.week == bindparam("week"))
    .label("digests"),
)


def look(session: Session, today: date, week: str, now: datetime) -> PendingWork | None:
    """What there is to do on `today`; None where the site was never set up."""
    row = session.execute(_LOOK, {"today": today, "week": week, "now": now}).one_or_none()
    return PendingWork._make(row) if row else None
