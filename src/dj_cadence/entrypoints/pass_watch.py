"""What a process knows of its own passes, by time that nobody can set: for those who watch it.

Kept in memory, so that it can be told within a moment, and when the database or the disk is the
very thing that fails.
"""

from dataclasses import dataclass, field
from datetime import datetime

from dj_cadence import clock

LONGEST_PASS = 600.0
"""Seconds. A pass stops sending after five minutes; the first plan of a province takes others."""
MISSED = 3
"""So many intervals without a whole pass are no delay any more."""
LEAST = 60.0
"""Seconds that are none even where passes come every second: the machine may be busy."""
CLOCK_HELD = "clock_held"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether passes are made, as told outside."""

    reason: str
    """Why not; empty where all is well."""
    last_tick: datetime | None
    """What the clock said at the last whole pass."""
    age: float
    """Seconds since it ended, or since the start where there was none yet."""


@dataclass
class PassWatch:
    """Told by the engine, asked by the pages."""

    every: float = 60.0
    """Seconds between two passes."""
    _since: float = field(default_factory=clock.steady)
    """When the last whole pass ended, or the process began."""
    _last_tick: datetime | None = None
    _running_since: float | None = None
    _trouble: str = ""

    def begins(self) -> None:
        self._running_since = clock.steady()

    def ends(self, trouble: str, now: datetime) -> None:
        """A pass is over. Without trouble it was a whole one."""
        self._running_since, self._trouble = None, trouble
        if not trouble:
            self._since, self._last_tick = clock.steady(), now

    @property
    def health(self) -> Health:
        present = clock.steady()
        return Health(self._reason(present), self._last_tick, present - self._since)

    def _reason(self, present: float) -> str:
        if self._trouble:
            return self._trouble
        if self._running_since is not None:
            return "pass_stuck" if present - self._running_since > LONGEST_PASS else ""
        return "no_pass" if present - self._since > max(MISSED * self.every, LEAST) else ""
