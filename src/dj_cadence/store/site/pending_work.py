"""Whether there is anything to do, in one statement: most passes end with its answer."""

from datetime import date, datetime

from sqlalchemy import Date, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.store.core.shared_conditions import holds_office, is_asked_for
from dj_cadence.store.core.types import AnyRow, Instant
from dj_cadence.store.reminders.notices import WAITS
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

_TODAY, _NOW = bindparam("today", type_=Date), bindparam("now", type_=Instant)
_WAITING = message.c.send_at.is_not(None)
_PENDING = {
    "tasks": exists().where(task.c.next_on <= _TODAY),
    "messages": exists().where(_WAITING, or_(message.c.send_at <= _NOW, message.c.day < _TODAY)),
    "urgent": exists().where(
        _WAITING, or_(and_(message.c.send_at <= _NOW, is_asked_for()), message.c.day < _TODAY)
    ),
    "notices": exists().where(WAITS, notice.c.due_on <= _TODAY),
    "newcomers": exists().where(appointment.c.handover_notified_on.is_(None), holds_office(_TODAY)),
    "digests": exists().where(digest.c.message_id.is_(None), digest.c.week == bindparam("week")),
}
_LOOK = select(
    site,
    select(catalogue.c.hash).where(catalogue.c.current).scalar_subquery().label("catalogue"),
    select(func.max(override.c.id)).scalar_subquery().label("override"),
    select(func.max(override.c.ended_at)).scalar_subquery().label("override_ended"),
    *(is_there.label(name) for name, is_there in _PENDING.items()),
)
"""The site's row with the hash of the rules in force (None before the first), and what waits.

`urgent` messages are looked after outside the sending hours as well.
"""


def look(session: Session, today: date, week: str, now: datetime) -> AnyRow | None:
    """What there is to do on `today`; None where the site was never set up."""
    return session.execute(_LOOK, {"today": today, "week": week, "now": now}).one_or_none()


def plan_inputs(seen: AnyRow) -> str:
    """What the plan hangs on, without how far it goes; the same means the same plan."""
    parts = ((seen.catalogue or "")[:16], seen.data_version, seen.override, seen.override_ended)
    return "/".join(str(part or "") for part in parts)
