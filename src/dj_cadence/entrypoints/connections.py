"""Connections to the pages: a bounded number, and none that is held open for nothing.

uvicorn bounds what is being answered, not what is open: a client that sends half a request
and nothing more costs a descriptor for ever, and without descriptors the engine can open
neither its database nor a mail server. Here each stage of a connection has a deadline, and
where all places are taken the one that has kept us waiting for longest gives way to the
newcomer, so that a crowd of silent clients locks nobody out.
"""

import asyncio
import resource
from dataclasses import dataclass

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20
"""From the opening of a connection, or the end of an answer, to the end of a request's head."""
REQUEST_SECONDS = 300
"""From there to the end of the answer: time for ten photos over a slow line."""
LEAVING_SECONDS = 10
"""For answers that are on their way when the process is told to end."""
ENGINE_DESCRIPTORS = 128
"""Kept for the databases' connections, mail servers, files and logs."""
MOST_PLACES = 1000


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections are taken at once, from the kernel and altogether."""

    backlog: int
    places: int


def room(descriptors: int) -> Room:
    """For a process that may open so many files.

    asyncio takes up to a backlog of connections at a turn, and needs two more turns to say so.
    """
    free = max(descriptors - ENGINE_DESCRIPTORS, 48)
    return Room(backlog=min(free // 6, 256), places=min(free // 2, MOST_PLACES))


def room_here() -> Room:
    """For this process, by its limit (`ulimit -n`)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return room(soft if soft != resource.RLIM_INFINITY else MOST_PLACES * 4)


class Connection(H11Protocol):
    """One connection, which ends when it keeps us waiting for too long."""

    places = MOST_PLACES
    _since = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.places:
            self._make_room()
        super().connection_made(transport)
        self._begin(HEAD_SECONDS)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and self._is_waited_for:
            self._begin(REQUEST_SECONDS)

    def on_response_complete(self) -> None:
        self._begin(HEAD_SECONDS)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_stage()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """As uvicorn does, but without waiting for the rest of a request."""
        if self._is_waited_for and self.cycle.more_body:
            self.transport.abort()
        else:
            super().shutdown()

    @property
    def waits_for_client(self) -> bool:
        """Whether the next thing to happen is the client's to do: to ask, or to read."""
        return not self._is_waited_for or self.cycle.more_body or self.cycle.response_started

    @property
    def _is_waited_for(self) -> bool:
        """Whether there is a request whose answer is not finished."""
        return bool(self.cycle and not self.cycle.response_complete)

    def _make_room(self) -> None:
        ours = (other for other in self.connections if isinstance(other, Connection))
        idle = [other for other in ours if other.waits_for_client]
        if idle:
            longest = min(idle, key=lambda other: other._since)  # noqa: SLF001  one of us
            self.connections.discard(longest)
            longest.transport.abort()

    def _begin(self, seconds: float) -> None:
        self._end_stage()
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(seconds, self._over)

    def _over(self) -> None:
        """An answer that is handed to the kernel bit by bit is not finished before its last."""
        unread = self.transport.get_write_buffer_size() > 0
        if unread and self.loop.time() - self._since < REQUEST_SECONDS:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._over)
        else:
            self.transport.abort()

    def _end_stage(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
