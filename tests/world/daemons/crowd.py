"""Many readers at once, each in a thread with a connection of its own, and what they saw."""

import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection, HTTPException
from time import sleep
from typing import Any, Self


@dataclass
class Crowd:
    """So many readers who ask for one page after the other until they are told to stop."""

    port: int
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By the first part of the address."""
    errors: Counter[str] = field(default_factory=Counter)
    unwilling: int = 0
    """Answers that turned a reader away without saying when to come again."""
    _leave: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, paths: Sequence[str], readers: int, seconds: float) -> None:
        """Let them all begin at once, each with another of `paths`."""
        begin = threading.Barrier(readers)
        threads = [
            threading.Thread(target=self._reader, args=(begin, paths[n:] + paths[:n]))
            for n in (number % len(paths) for number in range(readers))
        ]
        for thread in threads:
            thread.start()
        sleep(seconds)
        self._leave.set()
        for thread in threads:
            thread.join(timeout=30)
        assert not any(thread.is_alive() for thread in threads)

    def _reader(self, begin: threading.Barrier, paths: Sequence[str]) -> None:
        begin.wait()
        while not self._leave.is_set():
            for path in paths:
                self._visit(path)
                if self._leave.wait(1):
                    return

    def _visit(self, path: str) -> None:
        try:
            status, headers = fetch(self.port, path)
        except (OSError, HTTPException) as error:
            with self._lock:
                self.errors[repr(error)] += 1
            return
        kind = re.match(r"/[a-z]*", path)
        assert kind
        with self._lock:
            self.statuses[kind[0], status] += 1
            self.unwilling += status == 503 and headers.get("Retry-After") is None


def fetch(port: int, path: str, timeout: float = 30) -> tuple[int, Message]:
    """The status and the headers of a page, read to its end."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


_PROBE = """
import json, sys, threading
from time import monotonic
from urllib.request import urlopen
leave, took = threading.Event(), []
threading.Thread(target=lambda: (sys.stdin.read(), leave.set()), daemon=True).start()
while not leave.wait(0.2):
    begun, told = monotonic(), {}
    try:
        with urlopen(sys.argv[1], timeout=20) as answer:
            status, told = answer.status, json.load(answer)
    except OSError as error:
        status = repr(error)
    took.append((status, monotonic() - begun, told))
print(json.dumps(took))
"""


@dataclass(frozen=True)
class Probe:
    """What a watcher outside was answered once."""

    status: object
    seconds: float
    told: dict[str, Any]


@contextmanager
def probing(port: int, path: str) -> Iterator[list[Probe]]:
    """Ask for a page of JSON five times a second; the answers are known at the end.

    In a process of its own: in this one, all those readers would be in its way.
    """
    found: list[Probe] = []
    command = [sys.executable, "-c", _PROBE, f"http://127.0.0.1:{port}{path}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield found
        finally:
            out, _ = process.communicate()
            found += [Probe(*answer) for answer in json.loads(out)]


@dataclass
class Watched:
    """Something that is looked at again and again, in a thread of its own."""

    look: Callable[[], object]
    every: float
    seen: list[object] = field(default_factory=list)
    _leave: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._leave.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._leave.wait(self.every):
            try:
                self.seen.append(self.look())
            except (OSError, HTTPException) as error:
                self.seen.append(repr(error))
