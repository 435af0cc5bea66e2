"""When a phone may ring for an entry of a subscribed calendar.

An entry without an hour and a meeting with one need alarms of their own: an hour before midnight
rings at night, and what suits a day rings for a meeting at 14:00 at 23:00 of the day before.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dj_cadence.domain.dates.arithmetic import DAY

_WHOLE_DAY = re.compile(r"(?:(当天|前一天)|提前(\d{1,2})天) ?([01]\d|2[0-3]):([0-5]\d)")
_SILENT = "不响"
_MORNING, _EVENING, _NIGHT = time(7), time(20), time(21)
"""From 21:00 to 7:00 nothing rings; what would, rings at 20:00 before it."""


@dataclass(frozen=True, slots=True)
class FeedAlarms:
    """How a site lets phones ring."""

    hours: int = 0
    """Before a meeting with an hour; 0 for never."""
    whole_day: timedelta | None = None
    """From the midnight with which an entry without an hour begins; None for never."""

    def offset(self, start: date | datetime) -> timedelta | None:
        """From `start`, a date or a local instant, to the alarm; None for no alarm."""
        if not isinstance(start, datetime):
            return self.whole_day
        return _by_day(start.replace(tzinfo=None), self.hours) if self.hours else None


def feed_alarms(hours: int, whole_day: str | None) -> FeedAlarms:
    """The alarms as site.toml has them; `whole_day` None: so many hours before midnight.

    Raises ValueError for words that name no hour.
    """
    if whole_day is not None:
        return FeedAlarms(hours, _offset(whole_day))
    midnight = datetime(2000, 1, 1)  # noqa: DTZ001 - of any day
    return FeedAlarms(hours, _by_day(midnight, hours) if hours else None)


def _offset(text: str) -> timedelta | None:
    if text in ("", _SILENT):
        return None
    match = _WHOLE_DAY.fullmatch(text)
    if not match:
        raise ValueError(f"“{text}”应写成“前一天 16:00”“当天 08:00”“提前3天 09:00”或“{_SILENT}”")
    days = int(match[2] or (match[1] == "前一天"))
    return timedelta(hours=int(match[3]), minutes=int(match[4])) - days * DAY


def _by_day(start: datetime, hours: int) -> timedelta:
    """From `start` to the alarm: `hours` before it, or in the evening before such a night."""
    rings = start - timedelta(hours=hours)
    if rings.time() >= _NIGHT:
        rings = datetime.combine(rings, _EVENING)
    elif rings.time() < _MORNING:
        rings = datetime.combine(rings - DAY, _EVENING)
    return rings - start
