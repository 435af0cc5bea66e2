"""Stands before a pass: none is made while the clock is doubtful."""

import logging
from datetime import datetime, timedelta

from dj_cadence import clock
from dj_cadence.domain.dates.clock_doubt import STEP, Doubt, Reading, doubt
from dj_cadence.errors import Refused
from dj_cadence.services.audit import AuditFinding, audit
from dj_cadence.services.site import Site
from dj_cadence.store.site import site as sites
from dj_cadence.store.site.site import KnownTimes

JUMP = timedelta(seconds=30)
"""What is worth a line in the log."""
_log = logging.getLogger(__name__)


def read_clock() -> Reading:
    """What the clock says now, beside the time that nobody can set."""
    return Reading(clock.now(), clock.steady(), clock.is_rehearsal())


def known_times(site: Site) -> KnownTimes | None:
    """What the database knows of the time; None before rules were applied."""
    with site.database.read() as session:
        return sites.known_times(session)


class ClockGuard:
    """Looks at the clock before each pass of one process, and remembers what it saw."""

    def __init__(self) -> None:
        self._good: Reading | None = None
        """The last reading that was believed."""
        self._last: Reading | None = None
        self._since: Reading | None = None
        """When the doubt began that is held now."""

    def doubt(self, reading: Reading, times: KnownTimes) -> Doubt | None:
        """Why no pass is to be made at this reading; None where one may be made."""
        jumped = self._log_jump(reading)
        doubted = doubt(reading, times.newest, self._good, times.applied)
        if doubted is None:
            if self._since:
                _log.warning("clock_fits now=%s", reading.wall.isoformat())
            self._since = None
        elif self._since is None or jumped:
            self._since = reading
            _log.error("clock_doubted off_seconds=%d, see clock", doubted.off.total_seconds())
        if doubted and not self._is_over(doubted, reading):
            return doubted
        self._good = reading
        return None

    def _log_jump(self, reading: Reading) -> bool:
        last, self._last = self._last, reading
        if last is None or abs(jump := last.jumped(reading)) < JUMP:
            return False
        _log.warning("clock_jumped seconds=%d", jump.total_seconds())
        return abs(jump) > STEP

    def _is_over(self, doubted: Doubt, reading: Reading) -> bool:
        """Whether it has gone on evenly for long enough."""
        if doubted.patience is None or self._since is None:
            return False
        return reading.steady - self._since.steady >= doubted.patience.total_seconds()


def check_clock(site: Site, reading: Reading) -> None:
    """For a command that makes a pass. Raises Refused where the clock is doubtful."""
    times = known_times(site)
    if times and ClockGuard().doubt(reading, times):
        zone = site.settings.time_zone
        shown = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (reading.wall, times.newest)]
        last = "上次检查" if times.last_pass else "应用规则"
        raise Refused(
            f"时钟可疑：现在是 {shown[0]}，{last}是在 {shown[1]}。请先核对这台机器的时间；"
            "时间没错，就运行 clock accept，再试一次。"
        )


def accept_clock(site: Site, now: datetime) -> list[AuditFinding]:
    """Believe that it is `now`: because a person says so, or because time has shown it.

    The next pass goes on from here. What an earlier clock that was ahead has done is found and
    taken back by an audit, as far as it can be.
    """
    with site.database.write() as session:
        sites.note(session, last_tick=now, bundled_at=None, planned_with="")
    return audit(site, now)
