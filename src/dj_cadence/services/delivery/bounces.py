"""Reading back what mail servers returned: the proof beyond a server's "250"."""

import logging
from contextlib import closing
from datetime import datetime, timedelta

from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.errors import Refused
from dj_cadence.services.site import Site, state_of
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import addresses, attempts, messages, rate_limits
from dj_cadence.store.site import site as sites
from dj_cadence.transport.bounce_report import Bounce, parse_bounce

_EVERY = Limit(messages=1, seconds=600)
BELIEVED = timedelta(days=14)
"""Servers give up after five days; a later report is no report."""
_CLOCKS = timedelta(hours=1)
REMEMBERED = timedelta(days=60)
"""So long a report that was dealt with is known again: older than that it is ignored anyway."""
_log = logging.getLogger(__name__)


def collect_bounces(site: Site, now: datetime) -> int:
    """Mark the addresses whose mail came back; returns how many reports told something new.

    The box is looked into every ten minutes, by one process. Where it cannot be read, that
    is logged and tried again. A held copy leaves it alone: the reports are for the original,
    which would find them marked as read.
    """
    if site.open_bounces is None or state_of(site.database)[0].sending_paused_on:
        return 0
    with closing(DriverTransaction(site.database)) as driver:
        if driver.transaction(lambda it: rate_limits.take(it, "bounces", _EVERY, now)):
            return 0
    with site.database.write() as session:
        uid = sites.load(session).uid
        attempts.forget_reports(session, now - REMEMBERED)
    noted = 0

    def handle(content: bytes) -> bool:
        nonlocal noted
        bounce = parse_bounce(content)
        if bounce is None or bounce.message.site != uid:
            return False
        if not bounce.message.is_genuine(site.settings.key):
            _log.warning("bounce_forged message=%d", bounce.message.number)
            return False
        with site.database.write() as session:
            if attempts.is_new_report(session, bounce.key, now):
                noted += _note(session, bounce, now)
        return True

    try:
        site.open_bounces().read(handle)
    except Refused as error:
        _log.warning("bounces_not_read reason=%s", error)
    return noted


def _note(session: Session, bounce: Bounce, now: datetime) -> bool:
    """A message that a server had accepted came back from further on.

    It stays sent, its log says what came back, and later ones go another way. False where the
    report cannot be true: of another address than it went to, or too long afterwards.
    """
    sent = messages.find(session, bounce.message.number)
    if sent is None or sent.address.casefold() not in bounce.recipients:
        return False
    if not sent.sent_at or not sent.sent_at - _CLOCKS < now < sent.sent_at + BELIEVED:
        return False
    reason = f"退信：{bounce.reason}"
    attempts.add_to_reply(session, sent.id, reason)
    addresses.blame_bounce(session, sent, bounce.blame, reason, now)
    return True
