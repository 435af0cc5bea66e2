"""A real daemon while its clock is set: passes go on, and nothing is done before its day.

`faketime` changes what the process is told of the time, as setting the machine's clock would; the
time that nobody can set goes on as ever.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from dj_cadence import clock
from dj_cadence.services.audit import audit
from dj_cadence.services.site import Site
from dj_cadence.store.schema import message, notice, task
from tests.world.daemons.rehearsal import FIRST, at, counting_server, found_site

SECONDS = 2
"""From one pass to the next."""
TWO_INTERVALS = 2 * SECONDS + 6
"""Seconds, with some for a machine that is busy with other tests."""
PATIENCE = 120
NOON = at(FIRST, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Daemon:
    """`run` in a process of its own, and the clock it is shown."""

    engine: Site
    accepted: Path
    base: timedelta
    """How far the right clock of the test is from the machine's."""
    address: str = ""

    @property
    def _file(self) -> Path:
        return self.engine.settings.folder / "faketime"

    def set_clock(self, off: timedelta) -> None:
        """So far from the right time."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{(self.base + off).total_seconds():+.3f}", "ascii")
        draft.replace(self._file)

    @property
    def right_now(self) -> datetime:
        return clock.wall() + self.base

    @contextmanager
    def running(self) -> Iterator[None]:
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")  # make office
        environment = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        command = [sys.executable, "-m", "dj_cadence"]
        command += ["--site", str(self.engine.settings.folder), "run"]
        with (
            (self.engine.settings.folder / "daemon.log").open("ab") as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
            ) as process,
        ):
            assert process.stdout
            self.address = process.stdout.readline().strip()
            try:
                yield
            finally:
                process.terminate()
                process.wait(timeout=20)

    @property
    def health(self) -> dict[str, Any]:
        try:
            with urlopen(f"{self.address}healthz") as answer:
                return dict(json.load(answer))
        except HTTPError as error:
            return dict(json.load(error))

    def wait_for(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, (self.health, self.log[-3000:])
            time.sleep(0.05)

    @property
    def log(self) -> str:
        return (self.engine.settings.folder / "daemon.log").read_text(encoding="utf-8")

    def is_so(self, off: timedelta, reason: str) -> bool:
        """Whether passes are held for this reason, or made by a clock that is so far off."""
        return self.health["reason"] == reason if reason else self.passes_at(off)

    def passes_at(self, off: timedelta) -> bool:
        """Whether the last whole pass was made by a clock that is so far off."""
        last = self.health["last_tick"]
        if not last or self.health["reason"]:
            return False
        return abs(datetime.fromisoformat(last) - self.right_now - off) < 2 * SECONDS * SECOND


SECOND = timedelta(seconds=1)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """On the first working day of the demonstration district, after its messages went out."""
    with counting_server(tmp_path / "accepted") as port:
        engine = found_site(tmp_path / "site", port, "")
        settings = engine.settings.folder / "site.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("tick_seconds = 0.05", f"tick_seconds = {SECONDS}"))
        shown = Daemon(engine, tmp_path / "accepted", NOON - clock.wall())
        shown.set_clock(timedelta(0))
        yield shown
        engine.database.engine.dispose()


def done_so_far(daemon: Daemon) -> dict[str, object]:
    """All that a pass could have done."""
    with daemon.engine.database.read() as session:
        states = select(task.c.id, task.c.state, task.c.reminded_until, task.c.next_on)
        return {
            "tasks": [tuple(row) for row in session.execute(states.order_by(task.c.id))],
            "notices": session.scalar(select(func.count(notice.c.id))),
            "messages": session.scalar(select(func.count(message.c.id))),
            "written to": daemon.accepted.read_bytes().count(b"\n"),
        }


def all_out(daemon: Daemon) -> bool:
    with daemon.engine.database.read() as session:
        states = set(session.scalars(select(message.c.state)))
    return states == {"sent"} and daemon.passes_at(timedelta(0))


JUMPS = {
    "-1h": (-HOUR, ""),
    "-8h": (-8 * HOUR, "clock_held"),
    "+40d": (40 * DAY, "clock_held"),
    "+10y": (3653 * DAY, "clock_held"),
    "2009": (datetime(2009, 1, 1, tzinfo=UTC) - NOON, "clock_held"),
}


def test_passes_go_on_whatever_the_clock_does(daemon: Daemon) -> None:
    with daemon.running():
        daemon.wait_for(lambda: all_out(daemon))
        before = done_so_far(daemon)
        for off, reason in JUMPS.values():
            daemon.set_clock(off)
            daemon.wait_for(lambda: daemon.is_so(off, reason), TWO_INTERVALS)  # noqa: B023
            time.sleep(SECONDS)
            assert done_so_far(daemon) == before

            daemon.set_clock(timedelta(0))
            daemon.wait_for(lambda: daemon.passes_at(timedelta(0)), TWO_INTERVALS)
            assert done_so_far(daemon) == before
        assert audit(daemon.engine, daemon.right_now) == []
    assert daemon.log.count("clock_jumped") == 2 * len(JUMPS)


def test_a_clock_that_is_wrong_at_start_is_held_until_it_is_right(daemon: Daemon) -> None:
    with daemon.running():
        daemon.wait_for(lambda: all_out(daemon))
    before = done_so_far(daemon)
    for off in (JUMPS["2009"][0], 40 * DAY, JUMPS["+10y"][0]):
        daemon.set_clock(off)
        with daemon.running():
            daemon.wait_for(lambda: bool(daemon.health["reason"] == "clock_held"))
            time.sleep(SECONDS)
            assert done_so_far(daemon) == before
            daemon.set_clock(timedelta(0))
            daemon.wait_for(lambda: daemon.passes_at(timedelta(0)), TWO_INTERVALS)
            assert done_so_far(daemon) == before
