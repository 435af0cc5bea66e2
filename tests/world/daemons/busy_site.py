"""A site on either database, with a daemon that has something to do at every pass."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete, func, insert, select, text

from dj_cadence.clock import FILE
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import message, metadata, site

TICK, STEP = 0.5, timedelta(hours=1)
"""Seconds between passes, and how far the site's clock goes on meanwhile."""


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
class BusySite:
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

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    @contextmanager
    def running(
        self, descriptors: int | None = None
    ) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
        """The port at which the daemon listens, and its process, which may open so many files."""
        command = [sys.executable, "-m", "dj_cadence", "--site", str(self.folder), "run"]
        environ = os.environ | {FILE: str(self.clock)}
        with (
            (self.folder / "log").open("w") as log,
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environ,
                preexec_fn=partial(_limit, descriptors) if descriptors else None,  # noqa: PLW1509
            ) as process,
        ):
            try:
                assert process.stdout
                yield int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2]), process
            finally:
                process.kill()


def _limit(descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
