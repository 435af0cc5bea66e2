"""Two hundred readers at once, while the engine ticks and mails go out."""

import re
import signal
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dj_cadence.store.core.database import open_database
from tests.world.daemons.busy_site import TICK, BusySite, moved, set_lines
from tests.world.daemons.crowd import Crowd, Watched, fetch, probing
from tests.world.terminal import Terminal

EVE = datetime.fromisoformat("2026-12-01T07:00+08:00")
"""The next morning a new month begins, and everybody is written to."""
READERS, SECONDS = 200, 15
INTERVAL = 5
"""Seconds between two passes: a site has sixty."""
PAGES = ("/", "/orgs/QH", "/orgs/QH-1", "/orgs/YX/digest", "/orgs/YX/people", "/outbox")
KINDS = {"/", "/orgs", "/outbox", "/t", "/feeds"}


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, act: Terminal, tmp_path: Path) -> Iterator[BusySite]:
    folder, address = act.site, f"sqlite:///{act.site / 'dj-cadence.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_database")
        address = database.engine.url.render_as_string(hide_password=False)
        moved(folder, address)
        set_lines(folder, database=f'"{address}"')
    set_lines(folder, tick_seconds=INTERVAL)
    for day in range(21, 31):
        assert act("tick", "--at", f"2026-11-{day}T19:00+08:00", "--yes").code == 0
    database = open_database(address)
    found = BusySite(folder, database, tmp_path / "clock")
    found.set_clock(EVE)
    yield found
    database.close()


def links(folder: Path) -> list[str]:
    """The paths of the links in the mails, those of the newest first."""
    mails = sorted((folder / "maildir" / "new").iterdir(), key=lambda one: one.stat().st_mtime_ns)
    parsed = (message_from_bytes(mail.read_bytes(), policy=default) for mail in reversed(mails))
    bodies = (mail.get_body(("plain",)) for mail in parsed)
    found = (re.search(r"/t/[\w-]+", body.get_content()) for body in bodies if body)
    return [link[0] for link in found if link]


def test_nobody_meets_an_error_and_no_pass_is_missed(busy: BusySite) -> None:
    feeds = [
        urlsplit(Terminal(busy.folder)("feed", code).out.strip()).path
        for code in ("QH", "QH-1", "YS-2", "BY-1")
    ]
    sent = busy.sent()
    with busy.running() as (port, process):
        standing = (path for path in links(busy.folder) if fetch(port, path)[0] == 200)
        opened = [*PAGES, *feeds, *islice(standing, 12)]
        assert {fetch(port, path)[0] for path in opened} == {200}
        assert len(opened) == len(PAGES) + len(feeds) + 12
        crowd = Crowd(port)
        with probing(port, "/healthz") as health, Watched(busy.one_hour_on, TICK):
            crowd.read(opened, READERS, SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert crowd.errors == {}
    assert {status for _, status in crowd.statuses} <= {200, 503}
    assert {kind for kind, status in crowd.statuses if status == 200} == KINDS
    assert crowd.unwilling == 0
    assert {probe.status for probe in health} == {200}
    assert max(probe.seconds for probe in health) < 1
    assert busy.sent() - sent >= 20
    passes = {probe.told["last_tick"] for probe in health}
    assert len(passes) >= SECONDS // INTERVAL
    assert max(probe.told["last_pass_age_seconds"] for probe in health) < 2 * INTERVAL
    assert "Traceback" not in busy.log
    assert "_failed" not in busy.log
