"""Sends the messages that are due: each channel has a worker of its own.

Channels do not wait for one another: one whose server hangs delays nobody on another, neither
in this pass nor in the next.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import TIMEOUT_MAX, Event
from threading import enumerate as enumerate_threads
from time import monotonic

from dj_cadence.domain.messages.notifier import Notifier, OpenNotifier
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.errors import DeliveryError
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.compose import Composer
from dj_cadence.services.delivery.message_sources import DigestOf
from dj_cadence.services.delivery.worker.channel_worker import ChannelWorker
from dj_cadence.services.delivery.worker.connections import FAREWELL, Connections
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import circuits, claims
from dj_cadence.store.delivery.sign_of_life import stale_owners
from dj_cadence.store.reminders import notices
from dj_cadence.store.site import site as sites

PATIENCE = 5.0
"""Seconds without a sign after which a pass that is one of many leaves a channel to itself."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What became of the messages of one pass."""

    sent: int = 0
    deferred: int = 0
    gave_up: int = 0
    settled: int = 0
    """Had nothing left to say."""


def recover(database: Database, folder: Path, owner: str, today: date, now: datetime) -> None:
    """Take back the messages of processes that died. To be called before bundling.

    What may have gone out is sent again with the same content, as the person's message
    of `today`; what may have gone out twice waits for a person. What `owner` itself still
    holds while nothing of its own is at work was left by a pass that broke off.
    """
    with database.write() as session:
        notices.close_sent(session)
        dead = stale_owners(session, folder, claims.owners(session), now)
        if not running(database, owner):
            dead.add(owner)
        quarantined = claims.recover(session, dead, today, now)
    for message_id in quarantined:
        _log.error("message_quarantined id=%d", message_id)


def supersede_stale(database: Database, today: date) -> int:
    """Free what was not sent on its day for today's bundle. After `recover`, before bundling."""
    with database.write() as session:
        return claims.supersede_stale(session, today)


def deliver(
    database: Database,
    *,
    templates: Templates,
    notifiers: Mapping[str, OpenNotifier],
    catalogue: Catalogue,
    settings: Settings,
    owner: str,
    now: datetime,
    digest_view: DigestOf,
    since: float | None = None,
    leaving: Event | None = None,
) -> DeliveryCounts:
    """Send what is due at `now`; a pass ends after five minutes, the next goes on.

    Outside the sending hours, and where they end meanwhile, only what was asked for is begun.

    `since` is what `monotonic` said at `now`, if that is a while ago: limits count from the
    moment at which something is sent.

    A process that goes on after the pass gives `leaving`, and sets it when it is to end. It is
    not kept waiting by a channel of which nothing comes back: that is worked on beside the next
    passes, which leave it alone meanwhile, and is not counted here. Others wait for all, which
    end by themselves.

    `owner` names this process in the leases. Any number of processes may do this at once,
    each one pass at a time. What a process that died left behind is taken back by
    `recover`, not here. Raises what made a channel's worker break off.
    """
    hours = settings.sending_hours(catalogue.calendar)
    with database.read() as session:
        site_uid = sites.load(session).uid
    composer = Composer(templates, catalogue, settings, site_uid, digest_view)
    start, leave = monotonic() if since is None else since, leaving or Event()
    workers = []
    for channel in _channels_due(database, owner, now, asked_only=not hours.allow(now)):
        opened = notifiers.get(channel) or partial(_none, channel)
        most = settings.channels[channel].connections if channel in settings.channels else 1
        connections = Connections(channel, opened, most, leave)
        worker = ChannelWorker(database, composer, connections, owner, now, start, hours)
        workers.append(worker)
    for worker in workers:
        worker.start()
    _wait(workers, PATIENCE if leaving else TIMEOUT_MAX)
    for worker in workers:
        if worker.error:
            raise worker.error
    return DeliveryCounts(**sum((Counter(worker.counts) for worker in workers), Counter()))


def _channels_due(database: Database, owner: str, now: datetime, *, asked_only: bool) -> list[str]:
    """Those with something to send that may be used now and are not at work already."""
    with database.read() as session:
        waiting = claims.channels_due(session, now, asked_only=asked_only)
        resting = {
            state.channel
            for state in circuits.shut(session)
            if not (state.may_try(now) or state.domain)
        }
    at_work = {worker.channel for worker in running(database, owner)}
    return [channel for channel in waiting if channel not in at_work | resting]


def running(database: Database, owner: str) -> list[ChannelWorker]:
    """Those of this process that are at work."""
    return [
        thread
        for thread in enumerate_threads()
        if isinstance(thread, ChannelWorker)
        and (thread.database, thread.owner) == (database, owner)
    ]


def wait_for_workers(database: Database, owner: str) -> None:
    """Until those that are at work have come to their end after `leaving` was set."""
    until = monotonic() + FAREWELL + 1
    for worker in running(database, owner):
        worker.join(max(0.0, until - monotonic()))


def _wait(workers: Iterable[ChannelWorker], patience: float) -> None:
    """Until each is through, or nothing has come of it for so many seconds."""
    for worker in workers:
        while worker.is_alive() and (left := worker.moved_at + patience - monotonic()) > 0:
            worker.join(min(left, TIMEOUT_MAX))


def _none(channel: str) -> Notifier:
    raise DeliveryError(f"没有设置渠道“{channel}”")
