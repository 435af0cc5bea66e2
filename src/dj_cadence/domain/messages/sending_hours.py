"""When messages may go out: on working days, from an hour of the local clock until another."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from dj_cadence.domain.dates.working_days import WorkCalendar


@dataclass(frozen=True, slots=True)
class SendingHours:
    """The hours of a site. What a person asked for, and what administrators must know, is outside.

    Instants are asked about by what a clock on the wall shows: where the clock is put forward
    over the first hour, the day begins with the first minute after it.
    """

    calendar: WorkCalendar
    zone: ZoneInfo
    begins: time
    ends: time
    """From then on no message is begun."""

    def allow(self, now: datetime) -> bool:
        """Whether a message may be begun at this instant."""
        local = now.astimezone(self.zone)
        is_day = self.calendar.is_working_day(local.date())
        return is_day and self.begins <= local.time() < self.ends

    def are_the_same(self, first: datetime, other: datetime) -> bool:
        """Whether two instants lie within the hours of one day."""
        days = {instant.astimezone(self.zone).date() for instant in (first, other)}
        return len(days) == 1 and self.allow(first) and self.allow(other)
