"""Processes that die between a server's acceptance and our commit, and that compete."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes

import pytest

from dj_cadence.store.core.database import Database
from tests.world import ROOT
from tests.world import queue as rows
from tests.world.queue import MINUTE, MORNING, fill
from tests.world.servers.smtp_server import Mailbox, smtp_server

PROGRAM = "tests.world.processes.dying_process"
PERSONS = 70  # more than a batch
NOBODY = ""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with smtp_server(mailbox) as number:
        yield number


def _start(database: Database, port: int, deadly: str, now: datetime) -> subprocess.Popen[str]:
    url = database.engine.url.render_as_string(hide_password=False)
    arguments = [url, str(port), deadly, now.isoformat()]
    return subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def _finish(process: subprocess.Popen[str], *, log: str = "") -> int:
    _, errors = process.communicate(timeout=60)
    assert errors == log
    return process.returncode


def _taken(mailbox: Mailbox) -> Counter[str]:
    """How often each Message-ID was accepted."""
    return Counter(str(message_from_bytes(content)["Message-ID"]) for content in mailbox.taken)


def _id(number: int) -> str:
    return f"<{rows.message_id(number)}>"


def test_a_death_makes_one_twin_and_loses_nothing(
    database: Database, mailbox: Mailbox, port: int
) -> None:
    fill(database, PERSONS)

    assert _finish(_start(database, port, "p20@example.cn", MORNING)) == -signal.SIGKILL
    assert len(mailbox.taken) == 20
    assert list(rows.states(database).values()).count("sent") == 19

    assert _finish(_start(database, port, NOBODY, MORNING + 11 * MINUTE)) == 0
    twin = _id(20)
    assert _taken(mailbox) == Counter({twin: 2}) + Counter(
        _id(n) for n in range(1, PERSONS + 1) if n != 20
    )
    first, second = (c for c in mailbox.taken if message_from_bytes(c)["Message-ID"] == twin)
    assert first == second
    assert set(rows.states(database).values()) == {"sent"}
    assert rows.outcomes(database) == dict.fromkeys(range(1, PERSONS + 1), "sent")
    assert [row for row in rows.attempts(database) if row[0] == 20] == [
        (20, 1, "unknown", ""),
        (20, 2, "sent", "250 2.0.0 queued"),
    ]


def test_a_letter_that_kills_twice_is_set_aside_and_the_rest_goes_out(
    database: Database, mailbox: Mailbox, port: int
) -> None:
    fill(database, PERSONS)

    for death in range(2):
        now = MORNING + 11 * death * MINUTE
        assert _finish(_start(database, port, "p1@example.cn", now)) == -signal.SIGKILL
    last = _start(database, port, NOBODY, MORNING + 22 * MINUTE)
    assert _finish(last, log="message_quarantined id=1\n") == 0

    assert _taken(mailbox) == Counter({_id(1): 2}) + Counter(_id(n) for n in range(2, PERSONS + 1))
    assert rows.states(database)[1] == "quarantined"
    assert rows.outcomes(database) == {1: "", **dict.fromkeys(range(2, PERSONS + 1), "sent")}


def test_two_processes_do_not_double(database: Database, mailbox: Mailbox, port: int) -> None:
    fill(database, 4 * PERSONS)

    both = [_start(database, port, NOBODY, MORNING) for _ in range(2)]

    assert [_finish(process) for process in both] == [0, 0]
    assert _taken(mailbox) == Counter(_id(n) for n in range(1, 4 * PERSONS + 1))
    assert set(rows.outcomes(database).values()) == {"sent"}
