"""Clients that send half a request, or none: they cost nobody else anything."""

import signal
import socket
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import sleep

import pytest

from dj_cadence.entrypoints.connections import Room, room
from dj_cadence.store.core.database import open_database
from tests.world.daemons.busy_site import TICK, BusySite, set_lines
from tests.world.daemons.crowd import Watched, fetch, probing
from tests.world.terminal import Terminal

DESCRIPTORS = 256
_POST = b"POST /orgs/QH/done HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n"
_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n\r\ncsrf="
HALVES = [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", _POST + _FORM]
SECONDS = 8


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [
        (64, Room(backlog=8, places=24)),
        (256, Room(backlog=21, places=64)),
        (1024, Room(backlog=149, places=448)),
        (20_000, Room(backlog=256, places=1000)),
    ],
)
def test_there_are_descriptors_left_for_the_engine(descriptors: int, expected: Room) -> None:
    found = room(descriptors)
    assert found == expected
    assert found.places + 3 * found.backlog + 128 <= max(descriptors, 176)


def test_they_lock_nobody_out_and_the_engine_goes_on(act: Terminal, tmp_path: Path) -> None:
    set_lines(act.site, tick_seconds=TICK)
    database = open_database(f"sqlite:///{act.site / 'dj-cadence.db'}")
    busy = BusySite(act.site, database, tmp_path / "clock")
    busy.set_clock(datetime.fromisoformat("2026-11-20T12:00+08:00"))
    with busy.running(DESCRIPTORS) as (port, process), ExitStack() as open_ones:
        assert fetch(port, "/healthz")[0] == 200
        with (
            probing(port, "/healthz") as health,
            Watched(busy.last_tick, 0.1) as ticks,
            Watched(busy.one_hour_on, TICK),
        ):
            for number in range(300):
                half = open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
                half.sendall(HALVES[number % len(HALVES)])
            sleep(SECONDS)
            assert fetch(port, "/orgs/QH")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    database.close()

    assert {probe.status for probe in health} == {200}
    assert len(set(ticks.seen)) >= SECONDS
    assert len(busy.log) < 10_000, busy.log[:2000]
    assert "Traceback" not in busy.log
