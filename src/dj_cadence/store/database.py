"""Opening a database, and the two kinds of session: reading and writing.

SQLite's driver begins every transaction deferred and then fails with "locked" at once
when it turns into a writer, whatever the timeout. Writers therefore say BEGIN IMMEDIATE
and wait their turn.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from dj_cadence.errors import DatabaseGone, Refused

BUSY_SECONDS = 30
_AT_ONCE = 500
_Item = TypeVar("_Item")


@dataclass(eq=False)
class Database:
    """One engine. Sessions it gives commit on a clean exit and roll back on an error."""

    engine: Engine
    last_write: object = field(default_factory=object, init=False)
    """Another one after each commit of this process."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only; it holds back no writer."""
        with Session(self.engine.execution_options(intent="read")) as session:
            yield session

    @contextmanager
    def write(
        self, *, durable: bool = True, joined: bool = False, sorting: bool = False
    ) -> Iterator[Session]:
        """One transaction. `durable=False` may lose the last commits when power fails.

        `joined` rows come out of a join with the rows that they refer to; SQLite then does
        not look each of those up again. What is too much to be sorted in memory is written
        with `sorting`. Neither is durable.
        """
        intent = "write" if durable else "ledger"
        intent = "joined" if joined else "sorting" if sorting else intent
        with Session(self.engine.execution_options(intent=intent)) as session, session.begin():
            yield session
        self.last_write = object()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def files(self) -> list[Path]:
        """The database's file and what SQLite keeps beside it; none on a server."""
        name = self.engine.url.database
        if not self.is_sqlite or not name or name == ":memory:":
            return []
        return [Path(name + end) for end in ("", "-wal", "-shm")]

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver's own errors have in common."""
        found: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return found


def open_database(url: str) -> Database:
    """A database for an SQLAlchemy address; nothing is connected yet.

    Raises Refused where the address makes no sense or its driver is not installed.
    """
    if not url.startswith("sqlite"):
        return Database(_server_engine(url))
    patience = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=patience, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    if (file := engine.url.database or "") not in ("", ":memory:"):
        same = _SameFile(Path(file).absolute())
        event.listen(engine, "connect", same.opened)
        event.listen(engine, "begin", same.check)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine)


def _server_engine(url: str) -> Engine:
    """The address may hold a password, so no message repeats it."""
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Refused(
            "看不懂数据库地址。应写成 postgresql+psycopg://用户:口令@主机:5432/库名"
        ) from error
    except ImportError as error:
        raise Refused(
            "连接 PostgreSQL 的驱动没有安装。请运行 pip install 'dj-cadence[postgres]'，"
            "地址以 postgresql+psycopg:// 开头"
        ) from error


class _SameFile:
    """Holds an engine to the file that it opened first.

    One that is put into its place is not seen by connections that are open: they go on writing
    into a file that nobody will find again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._first: tuple[int, int] | None = None

    def opened(self, _connection: Any, _record: object) -> None:
        self._first = self._first or self._found()

    def check(self, _connection: Connection) -> None:
        if self._found() != self._first:
            raise DatabaseGone(
                f"数据库文件 {self._path} 被换掉或移走了，没有读写。"
                "请停止 run，确认文件无误后重新启动。"
            )

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


_IN_MEMORY = ("temp_store=MEMORY", "cache_size=-65536")
_IN_FILES = ("temp_store=FILE", "cache_size=-16384")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", *_IN_MEMORY):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    intent = connection.get_execution_options().get("intent", "write")
    if (intent == "sorting") != connection.info.get("sorting", False):
        for pragma in _IN_FILES if intent == "sorting" else _IN_MEMORY:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.info["sorting"] = intent == "sorting"
    if intent != "read":
        _sync(connection, "FULL" if intent == "write" else "NORMAL")
        checks = "OFF" if intent == "joined" else "ON"
        connection.exec_driver_sql(f"PRAGMA foreign_keys={checks}")
    connection.exec_driver_sql("BEGIN" if intent == "read" else "BEGIN IMMEDIATE")


def _sync(connection: Connection, level: str) -> None:
    if connection.info.get("synchronous") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level


def insert_or_ignore(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    """INSERT … ON CONFLICT DO NOTHING, which SQLAlchemy offers per dialect only.

    On SQLite a SELECT that feeds it needs a WHERE clause, if only `true()`.
    """
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """So many at a time that no statement grows too long."""
    remaining = iter(items)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
