"""The moment that an audit holds everything against: the last whole pass."""

from datetime import UTC, datetime

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.site import Site
from dj_cadence.store.audit.columns import OTHER_CLOCKS
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.types import AnyRow

NEVER = datetime(1, 1, 2, tzinfo=UTC)
_LONGEST_HOLIDAY = 15 * DAY


def moment_of(
    site: Site, row: AnyRow | None, calendar: WorkCalendar | None, now: datetime
) -> Moment:
    """`row` is the site's, where there is one; without a calendar every holiday is a long one."""
    seen = row.last_tick if row else None
    day, today = site.today(seen or now), site.today(now)
    latest = max(day, today)
    tomorrow = latest + DAY
    return Moment(
        now=now,
        seen=seen or NEVER,
        day=day,
        latest=latest,
        waits_until=calendar.on_or_after(tomorrow) if calendar else tomorrow + _LONGEST_HOLIDAY,
        latest_week=week_label(latest),
    )


def clock_behind(moment: Moment) -> AuditFinding:
    """Passes were made at an instant that is still to come: one of the two clocks was wrong."""
    ahead = moment.seen - moment.now > OTHER_CLOCKS
    text = f"次检查记在将来（{moment.seen:%Y-%m-%d %H:%M} UTC）；请核对这台机器的时钟，再运行 tick"
    return AuditFinding("clock_behind", int(ahead), text)
