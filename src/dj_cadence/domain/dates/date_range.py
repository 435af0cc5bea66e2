"""A stretch of days."""

from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY


@dataclass(frozen=True, slots=True)
class DateRange:
    """From one day to another, both included; a window that is planned."""

    since: date
    until: date

    def joined(self, other: "DateRange") -> "DateRange":
        """Both as one window; the other alone where a gap would lie between them."""
        if other.since > self.until + DAY or self.since > other.until + DAY:
            return other
        return DateRange(min(self.since, other.since), max(self.until, other.until))
