"""What the daemon does by itself: tick, audit once a day, and say outside that all is well."""

import logging
from datetime import timedelta
from threading import Event

import httpx2

from dj_cadence import clock
from dj_cadence.errors import DatabaseGone
from dj_cadence.services.audit import audit
from dj_cadence.services.deliver import wait_for_workers
from dj_cadence.services.metrics import measure
from dj_cadence.services.site import Site
from dj_cadence.services.tick import tick
from dj_cadence.services.tidy import tidy
from dj_cadence.store import site as sites
from dj_cadence.store.lifeline import Lifeline

AUDIT_SECONDS = 24 * 3600
FIRST_AUDIT = timedelta(hours=1)
HEARTBEAT_SECONDS = 600
UNSENT_FOR_LONG = timedelta(hours=24)
_TIMEOUT = 20
_log = logging.getLogger(__name__)


class Rounds:
    """One process's rounds over one site. Whatever goes wrong is logged, and the next comes."""

    def __init__(self, site: Site, life: Lifeline) -> None:
        self._site = site
        self._life = life
        self._tick_is_well = False
        self._audit_is_well = True
        """Until the first audit nothing is known against the site."""
        self._leaving = Event()

    def tick(self) -> None:
        try:
            with self._site.database.read() as session:
                if sites.applied_hash(session) is None:
                    _log.warning("no_rules_applied")
                    return
            self._life.hold()
            report = tick(self._site, clock.now(), owner=self._life.owner, leaving=self._leaving)
        except DatabaseGone:
            self._tick_is_well = False
            _log.error("database_gone url=%s", self._site.database.engine.url)
            return
        except Exception:  # noqa: BLE001 - whatever it was, the next pass must come
            self._tick_is_well = False
            _log.exception("tick_failed")
            return
        self._tick_is_well = True
        if report.bundled or report.sent:
            _log.info("tick bundled=%d sent=%d", report.bundled, report.sent)

    def leave(self) -> None:
        """Let what is on its way have its outcome, for some seconds; nothing more sets out."""
        self._leaving.set()
        wait_for_workers(self._site.database, self._life.owner)

    def audit(self) -> None:
        try:
            if removed := tidy(self._site, clock.now()):
                _log.info("evidence_swept files=%d", removed)
            findings = audit(self._site, clock.now())
        except Exception:  # noqa: BLE001 - as above
            self._audit_is_well = False
            _log.exception("audit_failed")
            return
        self._audit_is_well = not findings
        for finding in findings:
            _log.error("audit kind=%s number=%d", finding.kind, finding.number)

    def heartbeat(self) -> None:
        """Call the address of the settings, if there is one and all is well."""
        url = self._site.settings.heartbeat_url
        if not url or not self._is_well():
            return
        try:
            httpx2.get(url, timeout=_TIMEOUT).raise_for_status()
        except httpx2.HTTPError as error:  # the address may hold a secret: not for the log
            _log.warning("heartbeat_failed error=%s", type(error).__name__)

    def _is_well(self) -> bool:
        if not (self._tick_is_well and self._audit_is_well):
            return False
        found = measure(self._site.database, clock.now())
        return not found.shut and not found.unknown and found.oldest_unsent <= UNSENT_FOR_LONG
