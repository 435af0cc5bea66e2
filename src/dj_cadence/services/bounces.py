"""Reading back what mail servers returned: the proof beyond a server's "250"."""

import logging
from datetime import datetime

from dj_cadence.domain.bounce import parse_bounce
from dj_cadence.domain.letter import Limit
from dj_cadence.errors import Refused
from dj_cadence.services.site import Site
from dj_cadence.store import ledger, rates
from dj_cadence.store import site as sites

_EVERY = Limit(messages=1, seconds=600)
_log = logging.getLogger(__name__)


def collect_bounces(site: Site, now: datetime) -> int:
    """Mark the addresses whose mail came back; returns how many reports were about ours.

    The box is looked into every ten minutes, by one process. Where it cannot be read, that
    is logged and tried again.
    """
    if site.bounces is None:
        return 0
    with site.database.write(durable=False) as session:
        if rates.take(session, "bounces", _EVERY, now):
            return 0
        uid = sites.load(session).uid
    found = 0

    def handle(content: bytes) -> bool:
        nonlocal found
        bounce = parse_bounce(content)
        if bounce is None or bounce.site != uid:
            return False
        with site.database.write() as session:
            ledger.bounced(session, bounce, now)
        found += 1
        return True

    try:
        site.bounces.read(handle)
    except Refused as error:
        _log.warning("bounces_not_read reason=%s", error)
    return found
