"""Reading back what mail servers returned: the proof beyond a server's "250"."""

import logging
from contextlib import closing
from datetime import datetime, timedelta

from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.errors import Refused
from dj_cadence.services.site import Site
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.delivery import addresses, rate_limits, reports
from dj_cadence.store.site import site as sites
from dj_cadence.transport.bounce_report import parse_bounce

_EVERY = Limit(messages=1, seconds=600)
REMEMBERED = timedelta(days=60)
"""So long a report that was dealt with is known again: older than that it is ignored anyway."""
_log = logging.getLogger(__name__)


def collect_bounces(site: Site, now: datetime) -> int:
    """Mark the addresses whose mail came back; returns how many reports told something new.

    The box is looked into every ten minutes, by one process. Where it cannot be read, that
    is logged and tried again. A held copy leaves it alone: the reports are for the original,
    which would find them marked as read.
    """
    if site.bounces is None or _is_held(site):
        return 0
    with closing(DriverTransaction(site.database)) as ledger:
        if ledger.transaction(lambda book: rate_limits.take(book, "bounces", _EVERY, now)):
            return 0
    with site.database.write() as session:
        uid = sites.load(session).uid
        reports.forget(session, now - REMEMBERED)
    found = 0

    def handle(content: bytes) -> bool:
        nonlocal found
        bounce = parse_bounce(content)
        if bounce is None or bounce.message.site != uid:
            return False
        if not bounce.message.is_genuine(site.settings.key):
            _log.warning("bounce_forged message=%d", bounce.message.number)
            return False
        with site.database.write() as session:
            if reports.is_new(session, bounce.key, now):
                found += addresses.bounced(session, bounce, now)
        return True

    try:
        site.bounces.read(handle)
    except Refused as error:
        _log.warning("bounces_not_read reason=%s", error)
    return found


def _is_held(site: Site) -> bool:
    with site.database.read() as session:
        return sites.load(session).sending_paused_on is not None
