"""Locks by name that a server frees when their holder dies. SQLite has none: files are locked."""

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import Database


@dataclass
class ServerLock:
    """A lock that lasts as long as its connection; on SQLite it is nothing."""

    database: Database
    name: str
    _connection: Connection | None = field(default=None, init=False)

    def hold(self) -> None:
        """Take the lock, and again where the connection was lost. Raises DBAPIError."""
        if self.database.is_sqlite:
            return
        try:
            self._lock()
        except DBAPIError:
            self.release()
            self._lock()

    def _lock(self) -> None:
        if self._connection is None:
            outside = {"isolation_level": "AUTOCOMMIT"}
            self._connection = self.database.engine.connect().execution_options(**outside)
            self._connection.execute(select(func.pg_try_advisory_lock(_number(self.name))))
        self._connection.execute(select(1))

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()  # not back into the pool: it holds the lock
            connection.close()


def is_held(session: Session, name: str) -> bool:
    """Whether somebody holds the lock of that name; on SQLite nobody does."""
    if session.get_bind().dialect.name == "sqlite":
        return False
    got = session.scalar(select(func.pg_try_advisory_xact_lock(_number(name))))
    return not got


def _number(name: str) -> int:
    """What stands for a name among the server's locks: a signed number of 64 bits."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
