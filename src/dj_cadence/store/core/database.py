"""Opening a database, and the two kinds of session: reading and writing.

SQLite's driver begins every transaction deferred and then fails with "locked" at once
when it turns into a writer, whatever the timeout. Writers therefore say BEGIN IMMEDIATE
and wait their turn.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from dj_cadence.errors import DatabaseGone, Refused

BUSY_SECONDS = 30
"""So long a writer of the engine or of a command waits for its turn."""
READER_SECONDS = 5
"""So long a page does: somebody looks at it meanwhile."""
STATEMENT_SECONDS = 20
"""So long a server works for a page at most."""
_CONNECT_SECONDS = 10


Session = orm.Session
"""One transaction, handed from a use case to what it asks of the store."""


DatabaseError = SQLAlchemyError
"""What a session raises where the database fails or is used wrongly."""
DriverError = DBAPIError
"""What it raises where the database itself complains: busy, gone, full."""


@dataclass(eq=False)
class Database:
    """One engine. Sessions it gives commit on a clean exit and roll back on an error."""

    engine: Engine

    def read(self) -> Session:
        """A session for looking only, for a `with` statement; it holds back no writer."""
        return Session(self.engine.execution_options(intent="read"))

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

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The database's file; None for one in memory or on a server."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    def files(self) -> list[Path]:
        """The database's file and what SQLite keeps beside it; none on a server."""
        return [Path(f"{self.file}{end}") for end in ("", "-wal", "-shm")] if self.file else []

    def close(self) -> None:
        """Close its connections; the engine's other users find new ones."""
        self.engine.dispose()

    def is_busy(self, error: DBAPIError) -> bool:
        """Whether the database would not answer in time, and may the next time."""
        if self.is_sqlite:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return isinstance(error, OperationalError)

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver's own errors have in common."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error


def without_password(url: str) -> str:
    """An SQLAlchemy address as it may be written down."""
    return make_url(url).set(password=None).render_as_string()


def open_database(url: str) -> Database:
    """A database for an SQLAlchemy address; nothing is connected yet.

    Raises Refused where the address makes no sense or its driver is not installed.
    """
    if url.startswith("sqlite"):
        return Database(_file_engine(url, BUSY_SECONDS))
    return Database(_server_engine(url))


def open_file(path: Path) -> Database:
    """The database in a file, which is made where there is none."""
    return open_database(f"sqlite:///{path}")


def open_beside(url: str, connections: int) -> Database:
    """The same database for readers, over so many connections of their own.

    However many they are, they take none from the engine; and none of theirs waits for a
    lock longer than somebody looks at a page.
    """
    pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": READER_SECONDS}
    if url.startswith("sqlite"):
        return Database(_file_engine(url, READER_SECONDS, **pool))
    engine = _server_engine(url, connect_args={"connect_timeout": READER_SECONDS}, **pool)
    event.listen(engine, "connect", _hurry)
    return Database(engine)


def _file_engine(url: str, seconds: int, **pool: int) -> Engine:
    patience = {"timeout": seconds, "check_same_thread": False}
    engine = create_engine(url, connect_args=patience, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _hold_to_file(engine)
    return engine


def _hold_to_file(engine: Engine) -> None:
    """Let every use of a connection raise DatabaseGone once the file is another one, or gone.

    A file that is put into its place is not seen by connections that are open: they go on
    writing into one that nobody will find again.
    """
    name = engine.url.database or ""
    if name in ("", ":memory:"):
        return
    path = Path(name).absolute()
    first = _identity(path)

    def opened(*_given: object) -> None:
        nonlocal first  # a new database has its file from the first connection on
        first = first or _identity(path)

    def check(*_given: object) -> None:
        if first and _identity(path) != first:
            raise DatabaseGone(
                f"数据库文件 {path} 被换掉或移走了，没有读写。请停止 run，确认文件无误后重新启动。"
            )

    event.listen(engine, "do_connect", check)  # would make an empty file
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", check)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _server_engine(url: str, **chosen: Any) -> Engine:
    """The address may hold a password, so no message repeats it."""
    try:
        parsed = make_url(url)
        if "@" in (parsed.host or ""):  # what stands before it belongs to the password
            raise Refused("看不懂数据库地址：用户名或口令里的 @ 要写成 %40")
        engine = create_engine(parsed, pool_pre_ping=True, hide_parameters=True, **chosen)
    except (ArgumentError, ValueError) as error:
        raise Refused(
            "看不懂数据库地址。应写成 postgresql+psycopg://用户@主机:5432/库名，"
            "口令放在环境变量 PGPASSWORD 里"
        ) from error
    except ImportError as error:
        raise Refused(
            "连接 PostgreSQL 的驱动没有安装。请在本程序的环境里运行 "
            "pip install 'psycopg[binary]'，地址以 postgresql+psycopg:// 开头"
        ) from error
    if engine.driver.startswith("psycopg"):
        event.listen(engine, "do_connect", _wait_so_long)
    return engine


def _wait_so_long(_dialect: object, _record: object, _words: object, named: dict[str, Any]) -> None:
    """A machine that is not there answers nothing, for minutes."""
    named.setdefault("connect_timeout", _CONNECT_SECONDS)


def _hurry(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{READER_SECONDS}s'")
        cursor.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
    connection.commit()  # else the settings end with the transaction


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
        level = "FULL" if intent == "write" else "NORMAL"
        if connection.info.get("synchronous") != level:
            connection.exec_driver_sql(f"PRAGMA synchronous={level}")
            connection.info["synchronous"] = level
        checks = "OFF" if intent == "joined" else "ON"
        connection.exec_driver_sql(f"PRAGMA foreign_keys={checks}")
    connection.exec_driver_sql("BEGIN" if intent == "read" else "BEGIN IMMEDIATE")


def upsert(table: Table) -> postgresql.Insert:
    """An INSERT that takes an ON CONFLICT clause; SQLite says it in the same words."""
    return postgresql.insert(table)


def insert_or_ignore(table: Table) -> postgresql.Insert:
    """INSERT … ON CONFLICT DO NOTHING.

    On SQLite a SELECT that feeds it needs a WHERE clause, if only `true()`.
    """
    return upsert(table).on_conflict_do_nothing()


def analyze(session: Session, table: Table) -> None:
    """Let the database see how many rows a table has that was filled just now.

    PostgreSQL takes a new table's rows for a handful, and reads all others for each of them.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"ANALYZE {table.name}")


def let_refer_ahead(session: Session) -> None:
    """Let rows of this transaction refer to rows that come later in it; in a file only."""
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
