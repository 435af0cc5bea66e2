"""Whether the machine's clock can be believed, by what is known of the time that has passed.

A pass under a clock that is days ahead makes tasks late before their day and writes to people
about it; one that is far behind says things twice. Neither can be taken back. So a pass is made
only under a clock that fits what is known: the last pass that the database remembers, and,
within one process, the time that has really gone by.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

STEP = timedelta(hours=2)
"""So far clocks are set every day, and it does no harm."""
SOME_DAYS = timedelta(days=3)
"""A weekend without the machine is nothing to ask about, and a step of less is soon forgiven."""
A_YEAR = timedelta(days=400)
"""As far as tasks are planned. Nobody leaves a site for longer and wants it to go on by itself."""
SETTLED = timedelta(minutes=15)
"""A clock that was wrong at start is set right within minutes by those who set clocks."""
A_DAY = timedelta(days=1)
"""Time for a person to hear of it from the watchers outside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clock says, and what nobody can set: seconds since some beginning."""

    wall: datetime
    steady: float
    is_rehearsed: bool = False
    """Whether the clock is one by which somebody steps from day to day."""

    def jumped(self, later: "Reading") -> timedelta:
        """How much further the clock went than time did, from this reading to a later one."""
        return later.wall - self.wall - timedelta(seconds=later.steady - self.steady)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The clock does not fit what is known."""

    off: timedelta
    """By how much; below zero: it is behind."""
    patience: timedelta | None
    """So long must it go on evenly to be believed all the same; None: until a person says so."""


def doubt(
    reading: Reading, last_pass: datetime, good: Reading | None, earliest: datetime
) -> Doubt | None:
    """Why no pass should be made now; None where one may be.

    `last_pass` is the instant of the last pass that the database remembers, `good` the last reading
    in this process that was believed. No right clock shows an instant before `earliest`.
    """
    off = _off(reading, last_pass, good)
    if off is None:
        return None
    if reading.wall < earliest - STEP or not -SOME_DAYS <= off <= A_YEAR:
        return Doubt(off, None)
    may_have_been_away = good is None
    return Doubt(off, SETTLED if may_have_been_away or off <= SOME_DAYS else A_DAY)


def _off(reading: Reading, last_pass: datetime, good: Reading | None) -> timedelta | None:
    gap = reading.wall - last_pass
    if gap <= STEP:
        return gap if gap < -STEP else None
    if good is None:  # the machine may have been away
        return gap if gap > SOME_DAYS else None
    jump = good.jumped(reading)
    return jump if abs(jump) > (SOME_DAYS if reading.is_rehearsed else STEP) else None
