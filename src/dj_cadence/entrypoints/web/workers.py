"""Who makes the pages: a bounded number of threads, and a short queue before them.

Each of them may hold one connection to the database, so there are as many connections as
workers and none ever waits for another's. Who comes when the queue is full, or has stood in
it for too long, is told so at once: waiting without end would help nobody.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from starlette.exceptions import HTTPException

AT_ONCE = 4
"""Pages are mostly work of the processor; more threads would only take it from the engine."""
QUEUE = 28
WATCHERS = 1
"""Kept for those who watch the machine: they must be answered when nobody else is."""
ADMINISTRATORS = 1
"""For work that takes long, so that it keeps nobody from their page."""
LINE_OF_ADMINISTRATORS = 2
CONNECTIONS = AT_ONCE + WATCHERS + ADMINISTRATORS + 1
"""To the database: one for each, and one from which the calendars' own is taken."""
PATIENCE = 5
"""Seconds that a request stands in the queue at most."""
RETRY_AFTER = 5
"""Seconds after which a browser or a phone that was turned away may come again."""
_Made = TypeVar("_Made")


class Busy(HTTPException):
    """503: more readers than are served at a time."""

    def __init__(self) -> None:
        retry = {"Retry-After": str(RETRY_AFTER)}
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, headers=retry)


class Workers:
    """So many threads, and so many requests that may wait for one."""

    def __init__(self, at_once: int = AT_ONCE, queue: int = QUEUE) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="page")
        self._most, self._inside = at_once + queue, 0

    async def run(self, work: Callable[[], _Made]) -> _Made:
        """What `work` returns, from a thread. Raises Busy where none is free in time."""
        if self._inside >= self._most:
            raise Busy
        self._inside += 1
        try:
            return await self._run(work)
        finally:
            self._inside -= 1

    async def _run(self, work: Callable[[], _Made]) -> _Made:
        begun = self._threads.submit(work)
        made = asyncio.wrap_future(begun)
        await asyncio.wait([made], timeout=PATIENCE)
        if not made.done() and begun.cancel():  # a page that is being made is waited for
            raise Busy
        return await made
