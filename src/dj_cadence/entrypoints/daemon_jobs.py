"""What the daemon does by itself: tick, audit once a day, and say outside that all is well."""

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from threading import Event, Lock

import httpx2

from dj_cadence import clock
from dj_cadence.domain.dates.clock_doubt import STEP, Reading
from dj_cadence.entrypoints.pass_watch import CLOCK_HELD, PassWatch
from dj_cadence.errors import DatabaseGone
from dj_cadence.services.audit import AuditFinding, audit
from dj_cadence.services.delivery.deliver import wait_for_workers
from dj_cadence.services.operations.clock_guard import (
    ClockGuard,
    accept_clock,
    known_times,
    read_clock,
)
from dj_cadence.services.operations.metrics import measure
from dj_cadence.services.operations.tick import SignOfLife, tick
from dj_cadence.services.operations.tidy import tidy
from dj_cadence.services.site import Site, state_of
from dj_cadence.transport.bounded_client import BoundedClient
from dj_cadence.transport.socket_reader import TooMuch

AUDIT_SECONDS = 24 * 3600
FIRST_AUDIT_SECONDS = 3600
HEARTBEAT_SECONDS = 600
UNSENT_FOR_LONG = timedelta(hours=24)
_TIMEOUT = 20
_log = logging.getLogger(__name__)


class DaemonJobs:
    """One process's rounds over one site. Whatever goes wrong is logged, and the next comes."""

    def __init__(self, site: Site, life: SignOfLife) -> None:
        self.passes = PassWatch(site.settings.tick_seconds)
        """What the pages tell of them."""
        self._site = site
        self._life = life
        self._guard = ClockGuard()
        self._made_a_pass = False
        self._audit_is_well = True
        """Until the first audit nothing is known against the site."""
        self._auditing = Lock()
        self._leaving = Event()

    def tick(self) -> None:
        self.passes.begins()
        reading = read_clock()
        try:
            trouble = self._pass(reading)
        except DatabaseGone:
            trouble = "database_gone"
            _log.error("database_gone url=%s", self._site.database.engine.url)
        except Exception:  # noqa: BLE001 - whatever it was, the next pass must come
            trouble = "pass_failed"
            _log.exception("tick_failed")
        self.passes.ends(trouble, reading.wall)

    def _pass(self, reading: Reading) -> str:
        """One pass; returns why none was made, if so."""
        times = known_times(self._site)
        if times is None:
            _log.warning("no_rules_applied")
            return ""
        if self._guard.doubt(reading, times):
            return CLOCK_HELD
        if times.last_pass and times.last_pass > reading.wall + STEP:
            self._report(accept_clock(self._site, reading.wall))
        self._life.hold()
        report = tick(self._site, reading.wall, owner=self._life.name, leaving=self._leaving)
        self._made_a_pass = True
        if report.bundled or report.sent:
            _log.info("tick bundled=%d sent=%d", report.bundled, report.sent)
        return ""

    def leave(self) -> None:
        """Let what is on its way have its outcome, for some seconds; nothing more sets out."""
        self._leaving.set()
        wait_for_workers(self._site.database, self._life.name)

    def audit(self) -> None:
        """Look at everything; not by a clock that is doubtful, for what is found is mended."""
        if self.passes.health.reason == CLOCK_HELD:
            return
        with self._auditing:
            try:
                if removed := tidy(self._site, clock.now()):
                    _log.info("evidence_swept files=%d", removed)
                findings = audit(self._site, clock.now())
            except Exception:  # noqa: BLE001 - as above
                self._audit_is_well = False
                _log.exception("audit_failed")
                return
        self._report(findings)

    def _report(self, findings: Sequence[AuditFinding]) -> None:
        self._audit_is_well = not findings
        for finding in findings:
            _log.error("audit kind=%s number=%d", finding.kind, finding.number)

    def heartbeat(self) -> None:
        """Call the address of the settings, if there is one and all is well.

        After an audit that found something everything is looked at anew, so that the first
        clean look brings the heartbeat back.
        """
        url = self._site.settings.heartbeat_url
        if not self._audit_is_well:
            self.audit()
        if not url or not self._is_well():
            return
        try:
            with closing(BoundedClient(_TIMEOUT)) as client:
                client.ask("GET", url)[0].raise_for_status()
        except (httpx2.HTTPError, TimeoutError, TooMuch) as error:  # the address may be a secret
            _log.warning("heartbeat_failed error=%s", type(error).__name__)

    def _is_well(self) -> bool:
        if self.passes.health.reason or not (self._made_a_pass and self._audit_is_well):
            return False
        if state_of(self._site.database)[0].sending_paused_on:
            return False  # a copy must not vouch for the original, which may be down
        metrics = measure(self._site.database, clock.now())
        return not metrics.shut and not metrics.unknown and metrics.oldest_unsent <= UNSENT_FOR_LONG
