"""Sends the messages that are due: each channel has a lane of its own, some have several.

Channels do not wait for one another: one whose server hangs delays nobody on another.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from time import monotonic

from sqlalchemy import select

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.letter import Letter, Notifier, OpenNotifier, is_talking, traits
from dj_cadence.errors import DeliveryError
from dj_cadence.rendering import Templates
from dj_cadence.services.lane import Lane
from dj_cadence.services.letters import Composer, DigestOf
from dj_cadence.settings import Settings
from dj_cadence.store import ledger, recovery
from dj_cadence.store.database import Database
from dj_cadence.store.lifeline import seen_dead
from dj_cadence.store.schema import site

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What became of the messages of one pass."""

    sent: int = 0
    postponed: int = 0
    gave_up: int = 0
    settled: int = 0
    """Had nothing left to say."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands where a channel's notifier should be, and says at each letter why it is not."""

    reply: str

    def send(self, _letter: Letter) -> str:
        raise DeliveryError(self.reply)

    def close(self) -> None:
        """Nothing was opened."""


def recover(database: Database, folder: Path, owner: str, today: date, now: datetime) -> None:
    """Take back the messages of processes that died. To be called before bundling.

    What may have gone out is sent again with the same content, as the person's message
    of `today`; what may have gone out twice waits for a person. What `owner` itself still
    holds was left by a pass of its own that broke off.
    """
    with database.write() as session:
        ledger.close_said(session)
        dead = seen_dead(session, folder, recovery.owners(session), now) | {owner}
        quarantined = recovery.recover(session, dead, today, now)
    for message_id in quarantined:
        _log.error("message_quarantined id=%d", message_id)


def supersede_stale(database: Database, today: date) -> int:
    """Free what was not sent on its day for today's bundle. After `recover`, before bundling."""
    with database.write() as session:
        return recovery.supersede_stale(session, today)


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
) -> DeliveryCounts:
    """Send what is due at `now`; a pass ends after five minutes, the next goes on.

    `since` is what `monotonic` said at `now`, if that is a while ago: limits count from the
    moment at which something is sent.

    `owner` names this process in the leases. Any number of processes may do this at once,
    each one pass at a time. What a process that died left behind is taken back by
    `recover`, not here.
    """
    with database.read() as session:
        site_uid = session.execute(select(site.c.uid)).scalar_one()
        channels = ledger.channels_waiting(session, now)
    crews = [
        (channel, crew)
        for channel in channels
        for crew in _crews(channel, notifiers, settings.connections(channel))
    ]
    forms = {channel: traits(crew[0]).form for channel, crew in crews}
    unusable = {
        channel: notifier.reply
        for channel, (notifier, *_) in crews
        if isinstance(notifier, Unusable)
    }
    composer = Composer(templates, catalogue, settings, site_uid, digest_view, forms, unusable)
    # SQLite has one writer; those who wait for it inside one process need not poll.
    turn = Lock() if database.is_sqlite else nullcontext()
    begun = monotonic() if since is None else since
    lanes = [
        Lane(database, composer, channel, crew, owner, now, begun, turn) for channel, crew in crews
    ]
    return DeliveryCounts(**_run(lanes))


def _opened(channel: str, notifiers: Mapping[str, OpenNotifier]) -> Notifier:
    if channel not in notifiers:
        return Unusable(f"没有设置渠道“{channel}”")
    try:
        opened = notifiers[channel]()
        traits(opened)  # whatever is wrong with them, others must not suffer
    except Exception as error:  # noqa: BLE001  a site's own notifier may raise anything
        _log.error("notifier_failed channel=%s error=%s", channel, type(error))
        return Unusable(f"渠道程序出错：{type(error).__name__}")
    return opened


def _crews(
    channel: str, notifiers: Mapping[str, OpenNotifier], connections: int
) -> list[list[Notifier]]:
    """A channel's connections; together those that one thread can serve."""
    opened = [_opened(channel, notifiers) for _ in range(connections)]
    usable = [one for one in opened if not isinstance(one, Unusable)] or opened[:1]
    return [usable] if all(map(is_talking, usable)) else [[notifier] for notifier in usable]


def _run(lanes: list[Lane]) -> Counter[str]:
    """All at once; a lane that breaks off leaves the others alone."""
    if not lanes:
        return Counter()
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="lane") as pool:
        running = [pool.submit(lane.run) for lane in lanes]
    return sum((one.result() for one in running), Counter())
