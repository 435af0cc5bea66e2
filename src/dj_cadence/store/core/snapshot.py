"""A database file as it was at one instant, and whether a file holds a sound one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

_ACTING = (
    "SELECT name FROM sqlite_schema"
    " WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
)
_DAMAGES = 3
"""So many are named; one would do to distrust the file."""


class Damaged(Exception):
    """A database file that cannot be read, or is not sound; says why in a line."""


@contextmanager
def unreadable_is_damaged() -> Iterator[None]:
    """Turn what the driver says of a file into Damaged."""
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise Damaged(str(getattr(error, "orig", error)).partition("\n")[0]) from error


@unreadable_is_damaged()
def copy_into(source: Path, place: Path) -> int:
    """Copy the database in `source`, while it is written to, into a file without a name.

    Returns its descriptor. The name that it needs at first lies in `place` and is gone before
    anything is copied: a process that dies leaves nothing behind. Raises Damaged where
    `source` cannot be read or is not sound.
    """
    name = place / f".{os.urandom(8).hex()}.db"
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with closing(sqlite3.connect(name)) as copy:
            copy.execute("PRAGMA journal_mode=OFF")  # a journal would need the name
            copy.execute("SELECT 1 FROM sqlite_schema").fetchall()  # opens the file
            name.unlink()
            with closing(sqlite3.connect(source)) as original:
                original.execute("BEGIN")  # what is looked at is what is copied
                _refuse_damaged(original)
                original.backup(copy)
        os.pwrite(descriptor, b"\1\1", 18)  # where the header says whether it has a log beside it
    except BaseException:
        name.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


def _refuse_damaged(connection: sqlite3.Connection) -> None:
    if damage := damages(connection):
        raise Damaged("；".join(damage))


def damages(connection: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong with a database; nothing where it is sound."""
    rows = connection.execute(f"PRAGMA integrity_check({_DAMAGES})").fetchall()
    damage = [str(row[0]) for row in rows if row[0] != "ok"]
    broken = connection.execute("PRAGMA foreign_key_check").fetchmany(_DAMAGES)
    return damage + [f"{table} {number} -> {other}" for table, number, other, _ in broken]


@unreadable_is_damaged()
def distrust(path: Path) -> str:
    """Why a database file of unknown origin is not to be opened; empty: it may be.

    Nothing that it brings is carried out: only tables and indexes may stand in it. Raises
    Damaged where it cannot be read.
    """
    with closing(sqlite3.connect(path)) as connection:
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        acting = connection.execute(_ACTING).fetchone()
        if acting:
            return f"里面有触发器、视图之类的东西（{acting[0]}）"
        return "；".join(damages(connection))


@unreadable_is_damaged()
def without_log(path: Path) -> None:
    """Let a database be one file, without a log beside it. Raises Damaged."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
