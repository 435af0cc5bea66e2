"""The connections of one channel during a pass: which are free, and which are waited for.

A connection whose letter or whose opening takes too long is abandoned, and another is opened in
its place while not too many threads are stuck. Then the channel counts as down.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic

from dj_cadence.domain.messages.notifier import OpenNotifier, Traits
from dj_cadence.services.delivery.compose import ComposedLetter
from dj_cadence.services.delivery.worker.connection import (
    Connection,
    FinishedDelivery,
    Reports,
    living,
)

STUCK_AT_MOST = 2
"""So many threads may be stuck in a channel's notifiers; with more, there is one less at work."""
HEAD_START = 1.0
"""Seconds for which the first letter goes alone: one is enough to learn that nobody is there."""
OVERTIME = 1.0
"""Seconds by which a notifier that keeps to its deadline by itself comes first."""
FAREWELL = 4.0
"""Seconds that are left to what is in flight when the process is to end."""
OPENING = 30.0
CLOSING = 2.0
_BLINK = 0.5
_log = logging.getLogger(__name__)


@dataclass
class Connections:
    """For one thread; each connection has one of its own."""

    channel: str
    open_notifier: OpenNotifier
    most: int
    """How many letters may be in flight at once."""
    leaving: Event
    """Set when the process is to end."""
    traits: Traits = field(default_factory=Traits)
    """Of the notifiers, once one is open."""
    unusable: str = ""
    """Why one could not be opened."""
    _free: list[Connection] = field(default_factory=list)
    _busy: dict[Connection, float] = field(default_factory=dict)
    """Those that open or have a letter in flight, each with the end of its time."""
    _reports: Reports = field(default_factory=SimpleQueue)
    _alone_until: float | None = None
    _proven: bool = False
    """Whether somebody is there."""

    def open(self) -> bool:
        """Wait until there is one; False where there can be none."""
        self._open_missing()
        while self._busy and not self._free:
            self.finished()
        return bool(self._free)

    @property
    def are_free(self) -> bool:
        return bool(self._free)

    @property
    def are_gone(self) -> bool:
        """Whether there is none any more, and none to come."""
        return not self._free and not self._busy

    def in_flight(self) -> list[ComposedLetter]:
        return [connection.in_flight for connection in self._busy if connection.in_flight]

    def ready(self) -> int:
        """How many letters may set out now."""
        if self._proven:
            return len(self._free)
        if self._alone_until is None:
            return min(1, len(self._free))
        return len(self._free) if monotonic() >= self._alone_until else 0

    def send(self, composed: ComposedLetter) -> None:
        """Only where one is free."""
        connection = self._free.pop()
        now = monotonic()
        if self._alone_until is None:
            self._alone_until = now + HEAD_START
        self._busy[connection] = now + connection.seconds + OVERTIME
        connection.send(composed)

    def finished(self) -> list[FinishedDelivery]:
        """Wait for what comes back next or is late; there may be nothing after a short while."""
        finished = []
        for connection, delivery in self._next_reports():
            was_awaited = self._busy.pop(connection, None) is not None
            if was_awaited:
                self._free_again(connection)
            # Of an abandoned one that comes back after all, only that its letter was accepted.
            if delivery and (was_awaited or delivery.is_sent):
                finished.append(delivery)
        self._proven |= any(not delivery.down for delivery in finished)
        if late := self._late():
            self._open_missing()
        return finished + late

    def close(self) -> None:
        """Let go of all, and wait for the notifiers to close, though not for long."""
        for connection in (*self._free, *self._busy):
            connection.finish()
        until = monotonic() + CLOSING
        for connection in self._free:
            connection.join(max(0.0, until - monotonic()))

    def _open_missing(self) -> None:
        missing = self.most - len(self._free) - len(self._busy)
        room = self.most + STUCK_AT_MOST - living(self.open_notifier)
        if room <= 0 and self.are_gone:
            _log.error("channel_stuck channel=%s", self.channel)
        for _ in range(min(missing, room)):
            connection = Connection(self.channel, self.open_notifier, self._reports)
            self._busy[connection] = monotonic() + OPENING
            connection.start()

    def _next_reports(self) -> list[tuple[Connection, FinishedDelivery | None]]:
        """Those that are there, or the next, or none where something else is to be looked at."""
        reports = []
        wait = min([_BLINK, *(until - monotonic() for until in self._busy.values())])
        with suppress(Empty):
            reports.append(self._reports.get(timeout=max(0.0, wait)))
            while True:
                reports.append(self._reports.get_nowait())
        return reports

    def _free_again(self, connection: Connection) -> None:
        connection.in_flight = None
        if connection.unusable:
            self.unusable = connection.unusable
        else:
            self.traits = connection.traits
            self._free.append(connection)

    def _late(self) -> list[FinishedDelivery]:
        """What is waited for no longer."""
        now, leaving, abandoned = monotonic(), self.leaving.is_set(), []
        if leaving:
            ends = self._busy.items()
            self._busy = {connection: min(until, now + FAREWELL) for connection, until in ends}
        for connection in [late for late, until in self._busy.items() if until <= now]:
            del self._busy[connection]
            why = "程序停止时还没有结果" if leaving else f"超过 {connection.seconds:.0f} 秒没有结果"
            abandoned.append(connection.abandon(why))
        return list(filter(None, abandoned))
