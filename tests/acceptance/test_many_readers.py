"""Two hundred readers at once, while the engine ticks and mails go out."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, func, insert, select, text

from dj_cadence.clock import FILE
from dj_cadence.store.database import Database, open_database
from dj_cadence.store.schema import message, metadata, site

from .crowd import Crowd, Watched, fetch, probing
from .terminal import Terminal

EVE = datetime.fromisoformat("2026-11-30T20:00+08:00")
"""The next morning a new month begins, and everybody is written to."""
TICK, STEP = 0.5, timedelta(hours=1)
READERS, SECONDS = 200, 10
PAGES = ("/", "/orgs/QH", "/orgs/QH-1", "/orgs/YX/digest", "/orgs/YX/people", "/outbox")
KINDS = {"/", "/orgs", "/outbox", "/t", "/feeds"}


def copied(source: Database, target: Database) -> None:
    """Every row of one database in another, empty one."""
    with source.read() as rows, target.write() as session:
        if target.is_sqlite:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(text("SET session_replication_role = replica"))
        for table in metadata.sorted_tables:
            session.execute(delete(table))  # a new database says which layout it has
            if found := [dict(row) for row in rows.execute(select(table)).mappings()]:
                session.execute(insert(table), found)
        if not target.is_sqlite:
            for table in metadata.sorted_tables:
                if "id" in table.c:
                    known = text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id))"
                        f" FROM {table.name}"
                    )
                    session.execute(known)


def moved(folder: Path, address: str) -> None:
    """Move a site into another, empty database."""
    source, target = open_database(f"sqlite:///{folder / 'dj-cadence.db'}"), open_database(address)
    with closing(source), closing(target):
        copied(source, target)


def set_lines(folder: Path, **values: object) -> None:
    """Set lines of site.toml that stand there as comments."""
    file = folder / "site.toml"
    said = file.read_text("utf-8")
    for name, value in values.items():
        said, number = re.subn(rf"(?m)^#? ?{name} = .*$", f"{name} = {value}", said, count=1)
        assert number == 1, name
    file.write_text(said, "utf-8")


@dataclass(frozen=True)
class Busy:
    """A site with a daemon over it that has something to do at every pass."""

    folder: Path
    database: Database
    clock: Path

    def set_clock(self, instant: datetime) -> None:
        aside = self.clock.with_suffix(".new")
        aside.write_text(instant.isoformat(), "ascii")
        aside.replace(self.clock)

    def one_hour_on(self) -> None:
        self.set_clock(self.instant() + STEP)

    def instant(self) -> datetime:
        return datetime.fromisoformat(self.clock.read_text("ascii"))

    def last_tick(self) -> datetime:
        with self.database.read() as session:
            found = session.execute(select(site.c.last_tick)).scalar_one()
            assert isinstance(found, datetime)
            return found

    def sent(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).where(message.c.state == "sent")) or 0

    @contextmanager
    def running(self) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
        """The port at which the daemon listens, and its process."""
        command = [sys.executable, "-m", "dj_cadence", "--site", str(self.folder), "run"]
        environ = os.environ | {FILE: str(self.clock)}
        with (
            (self.folder / "log").open("w") as log,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=environ
            ) as process,
        ):
            try:
                assert process.stdout
                yield int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2]), process
            finally:
                process.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, act: Terminal, tmp_path: Path) -> Iterator[Busy]:
    folder, address = act.site, f"sqlite:///{act.site / 'dj-cadence.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_database")
        address = database.engine.url.render_as_string(hide_password=False)
        moved(folder, address)
        set_lines(folder, database=f'"{address}"')
    set_lines(folder, tick_seconds=TICK)
    for day in range(21, 31):
        assert act("tick", "--at", f"2026-11-{day}T20:00+08:00", "--yes").code == 0
    database = open_database(address)
    found = Busy(folder, database, tmp_path / "clock")
    found.set_clock(EVE)
    yield found
    database.close()


def links(folder: Path) -> list[str]:
    """The paths of the links in the newest mails."""
    mails = sorted((folder / "maildir" / "new").iterdir())[-40:]
    parsed = (message_from_bytes(mail.read_bytes(), policy=default) for mail in mails)
    bodies = (mail.get_body(("plain",)) for mail in parsed)
    found = (re.search(r"/t/[\w-]+", body.get_content()) for body in bodies if body)
    return [link[0] for link in found if link]


def test_nobody_meets_an_error_and_no_pass_is_missed(busy: Busy) -> None:
    feeds = [
        urlsplit(Terminal(busy.folder)("feed", code).out.strip()).path
        for code in ("QH", "QH-1", "YS-2", "BY-1")
    ]
    sent = busy.sent()
    with busy.running() as (port, process):
        paths = [*PAGES, *feeds, *links(busy.folder)[:12]]
        opened = [path for path in paths if fetch(port, path)[0] == 200]
        assert len(opened) > len(PAGES) + len(feeds)
        crowd = Crowd(port)
        with (
            probing(port, "/healthz") as health,
            Watched(busy.last_tick, 0.1) as ticks,
            Watched(busy.one_hour_on, TICK),
        ):
            crowd.read(opened, READERS, SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    log = (busy.folder / "log").read_text("utf-8")

    assert crowd.errors == {}
    assert {status for _, status in crowd.statuses} <= {200, 503}
    assert {kind for kind, status in crowd.statuses if status == 200} == KINDS
    assert crowd.unwilling == 0
    assert {status for status, _ in health} == {200}
    assert max(seconds for _, seconds in health) < 1
    assert busy.sent() - sent >= 20
    assert busy.last_tick() >= busy.instant() - 2 * STEP
    assert len(set(ticks.seen)) >= SECONDS * 2 // 3, "the engine was kept from its passes"
    assert "Traceback" not in log
    assert "_failed" not in log
