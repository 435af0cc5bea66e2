"""Restores that die, or find no room, at each step in turn; a process of its own, for it forks.

Called with the old site, a backup of the new one, an empty folder and the kind of fault. Prints
for each try how it ended and what the site was afterwards: old or new.
"""

import errno
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dj_cadence.errors import DjCadenceError
from dj_cadence.services.backup.restore import finish, restore
from tests.world.files.archives import whose

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
MAKING = ("mkdir", "rename", "link", "fsync")
REMOVING = ("unlink", "rmdir")
KILLS = 20
SIZES = (0, 1, 50, 100, 1000, 3000, 10_000, 100_000, 200_000)


def wrapped(act: Callable[[], None], names: tuple[str, ...]) -> None:
    """Call `act` before each of these functions, and before each file that is made."""

    def before(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            act()
            return real(*given, **named)

        return call

    for name in names:
        setattr(os, name, before(getattr(os, name)))
    plain = os.open

    def opened(path: Any, flags: int, *given: Any, **named: Any) -> int:
        if flags & os.O_CREAT:
            act()
        return plain(path, flags, *given, **named)

    os.open = opened  # type: ignore[assignment]


class Countdown:
    """Does something at the n-th call, and at those that follow."""

    def __init__(self, calls: int, then: Callable[[], None]) -> None:
        self.left, self.then = calls, then

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.then()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def no_room() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def dies_at(step: int) -> None:
    wrapped(Countdown(step, die), MAKING + REMOVING)


def finds_no_room_at(step: int) -> None:
    wrapped(Countdown(step, no_room), MAKING)


def writes_no_longer_files_than(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def child(prepare: Callable[[], None], backup: Path, site: Path) -> int:
    """A process that restores; its id."""
    number = os.fork()
    if number:
        return number
    prepare()
    try:
        restore(backup, site, NOW)
    except DjCadenceError:
        os._exit(1)
    os._exit(0)


def ended(number: int) -> str:
    _, status = os.waitpid(number, 0)
    return (
        "killed"
        if os.WIFSIGNALED(status)
        else ("done", "refused")[os.waitstatus_to_exitcode(status)]
    )


def main(old: Path, backup: Path, place: Path, kind: str) -> None:
    states = {frozenset(whose(old)): "old"}
    fresh = place / "fresh"
    begun = time.monotonic()
    restore(backup, fresh, NOW)
    lasts = time.monotonic() - begun
    states[frozenset(whose(fresh))] = "new"
    chance = random.Random(20261128)

    def attempt(prepare: Callable[[], None], wait: float = 0) -> tuple[str, str]:
        site = place / "site"
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(old, site)
        number = child(prepare, backup, site)
        if wait:
            time.sleep(wait)
            os.kill(number, signal.SIGKILL)
        how = ended(number)
        finish(site)
        left = [path.name for path in site.iterdir() if path.name.startswith("restore")]
        assert left == [], left
        return how, states[frozenset(whose(site))]

    found = list(tries(kind, attempt, lambda: chance.uniform(0.001, lasts * 1.2)))
    sys.stdout.write(json.dumps(found))


def tries(kind: str, attempt: Callable[..., tuple[str, str]], moment: Callable[[], float]) -> Any:
    if kind == "random":
        yield from (attempt(lambda: None, moment()) for _ in range(KILLS))
    elif kind == "size":
        yield from (attempt(lambda size=size: writes_no_longer_files_than(size)) for size in SIZES)
    else:
        fault = {"kill": dies_at, "full": finds_no_room_at}[kind]
        for step in range(1000):
            result = attempt(lambda step=step: fault(step))
            yield result
            if result[0] == "done":
                return


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), sys.argv[4])
