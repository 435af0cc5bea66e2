"""A rehearsal: real daemons on a clock that the test drives, against a counting mail server.

The daemons are `dj-cadence run` in processes of their own, and are killed with SIGKILL.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, text

from dj_cadence import clock
from dj_cadence.bootstrap import load_rules, open_site, render_settings
from dj_cadence.services.delivery import log as deliveries
from dj_cadence.services.operations import setup
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.roster.import_roster import import_roster
from dj_cadence.services.simulation.demo_roster import demo_rows
from dj_cadence.services.site import Site, switch_sending
from dj_cadence.store.schema import message, notice, site
from dj_cadence.transport.message_id import parse_message_id
from tests.world import ROOT

PATIENCE = 240
"""Seconds after which a daemon that does not answer is a failure; the machine may be busy."""
FIRST, LAST = date(2026, 3, 2), date(2026, 5, 29)
CONNECTIONS = 2


@contextmanager
def counting_server(log: Path) -> Iterator[int]:
    """The port of a server that writes each accepted message down in `log`."""
    program = [sys.executable, "-m", "tests.world.processes.counting_server", str(log)]
    with subprocess.Popen(
        program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdin
        yield int(process.stdout.readline())
        process.stdin.close()


def found_site(folder: Path, port: int, database: str) -> Site:
    """The demonstration district on FIRST, sending switched on, nothing sent yet."""
    text = render_settings(name="演练", local_administrator=False, port=8000)
    text = text.replace('notifier = "maildir"', _SMTP.format(port=port))
    text = text.replace("# tick_seconds = 60", "tick_seconds = 0.05")
    text = text.replace("[sender]", '[sender]\naddress = "dj@example.cn"')
    if database:
        text = text.replace("[web]", f'database = "{database}"\n\n[web]', 1)
    setup.lay_out_folder(folder, text, FIRST)
    engine = open_site(folder, os.environ)
    rules, now = load_rules(), at(FIRST, 6)
    with engine.database.write() as session:
        rows = demo_rows(FIRST, FIRST)
        report = import_roster(session, rows, now=now, today=FIRST, by="test")
    assert report.applied, report.problems
    planner.apply(
        engine.database,
        rules.catalogue,
        rules.content,
        planner.default_span(FIRST, FIRST),
        by="test",
        today=FIRST,
        now=now,
    )
    switch_sending(engine, on=True, today=FIRST)
    return engine


_SMTP = f"""notifier = "smtp"
host = "127.0.0.1"
port = {{port}}
security = "none"
connections = {CONNECTIONS}
"""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@dataclass
class Rehearsal:
    """A site, the daemons on it, and the clock they go by."""

    engine: Site
    log: Path
    random: Random
    daemons: int = 1
    kills: int = 0
    _running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.engine.settings.folder

    @property
    def _clock(self) -> Path:
        return self.folder / "clock"

    @contextmanager
    def running(self) -> Iterator[None]:
        self._set(at(FIRST, 7))
        self._running = [self._start() for _ in range(self.daemons)]
        try:
            self._wait_for_pass(at(FIRST, 7))
            self._wait_for(self._hold_their_locks)
            yield
        finally:
            for daemon in self._running:
                daemon.kill()
                daemon.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, clock.FILE: str(self._clock)}
        command = [sys.executable, "-m", "dj_cadence", "--site", str(self.folder), "run"]
        with (self.folder / "daemon.log").open("ab") as errors:
            return subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=errors, env=environment
            )

    def walk(
        self,
        kill_on: set[date],
        *,
        last: date = LAST,
        meanwhile: Callable[[date], None] = lambda _: None,
    ) -> None:
        """Each day at half past eight; a process dies on those of `kill_on`, which have a noon."""
        day = FIRST
        while day <= last:
            for hour, minute in ((8, 30), (12, 0))[: 1 + (day in kill_on)]:
                self._set(at(day, hour, minute))
                if day in kill_on and hour == 8:
                    self.kill_somewhere()
                if hour == 8:
                    meanwhile(day)
                self._wait_for_pass(at(day, hour, minute))
            day += timedelta(days=1)

    def finish(self, last: date = LAST) -> None:
        """Passes until nothing waits any more; what was quarantined, a person sends again."""
        for minutes in range(10, 300, 10):
            now = at(last, 12) + timedelta(minutes=minutes)
            with self.engine.database.write() as session:
                held = select(message.c.id).where(message.c.state == "quarantined")
                deliveries.retry(session, session.scalars(held).all(), last, now)
            self.pass_at(now)
            if not self._waiting():
                return
        raise AssertionError(f"{self._waiting()} messages never went out")

    def _waiting(self) -> int:
        with self.engine.database.read() as session:
            waiting = message.c.state.in_(("ready", "retry", "leased", "quarantined"))
            return len(session.execute(select(message.c.id).where(waiting)).all())

    def _set(self, now: datetime) -> None:
        draft = self._clock.with_suffix(".new")
        draft.write_text(now.isoformat(), "ascii")
        draft.replace(self._clock)

    def kill_somewhere(self) -> None:
        """After some of the morning's messages were accepted, or in the quiet after them."""
        goal = self.accepted() + self.random.randrange(12)
        deadline = time.monotonic() + 1 + self.random.random()
        while self.accepted() < goal and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self.random.random() / 100)
        victim = self.random.randrange(len(self._running))
        self._running[victim].kill()
        self._running[victim].wait()
        self.kills += 1
        self._running[victim] = self._start()

    def pass_at(self, now: datetime) -> None:
        """Set the clock, and wait until a pass at that instant is over."""
        self._set(now)
        self._wait_for_pass(now)

    def terminate(self) -> list[int]:
        """Tell the daemons to end; returns their exit codes, and fails where one does not."""
        for daemon in self._running:
            daemon.terminate()
        return [daemon.wait(timeout=20) for daemon in self._running]

    def accepted(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def _wait_for_pass(self, now: datetime) -> None:
        """Until a pass at this instant or later is over."""
        self._wait_for(lambda: self._last_tick() >= now)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "daemon.log").read_text()[-3000:]
            assert all(daemon.poll() is None for daemon in self._running)
            time.sleep(0.01)

    def _hold_their_locks(self) -> bool:
        """Whether all have begun their work: before, one without a database ends at once."""
        if self.engine.database.is_sqlite:
            return True
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        with self.engine.database.read() as session:
            return session.scalar(held) == self.daemons

    def _last_tick(self) -> datetime:
        with self.engine.database.read() as session:
            return session.scalar(select(site.c.last_tick)) or datetime.min.replace(tzinfo=UTC)


def lost(rehearsal: Rehearsal, last: date = LAST) -> list[object]:
    """Notices that fell due and have no outcome, and sent messages that nobody accepted."""
    known = {mail["id"] for mail in mails(rehearsal.log)}
    with rehearsal.engine.database.read() as session:
        owed = (notice.c.outcome == "", notice.c.due_on <= last)
        without = session.execute(select(notice).where(*owed)).all()
        uid = session.execute(select(site.c.uid)).scalar_one()
        sent = session.scalars(select(message.c.id).where(message.c.state == "sent")).all()
    told = {(found.number, found.site) for one in known if (found := parse_message_id(one))}
    missing = [number for number in sent if (number, uid) not in told]
    return [*without, *missing]


def twins(rehearsal: Rehearsal) -> int:
    """How many messages were accepted once more than once; each must be the same throughout."""
    contents: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for mail in mails(rehearsal.log):
        contents[mail["id"]].add(mail["content"])
        counts[mail["id"]] += 1
    assert all(len(found) == 1 for found in contents.values())
    return sum(count - 1 for count in counts.values())


def mails(log: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
