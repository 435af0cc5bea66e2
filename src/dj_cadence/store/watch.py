"""Whether anything was changed since one looked last, where a database can tell at once."""

from functools import cached_property
from typing import Any

from dj_cadence.store.database import Database


class Watch:
    """Asked for a mark, it takes microseconds and waits for no writer. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self) -> int | None:
        """A number that every commit, in whatever process, makes another one.

        None on PostgreSQL, which has no such number: there nothing is known without asking.
        """
        if not self._database.is_sqlite:
            return None
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    @cached_property
    def _connection(self) -> Any:
        """One of its own: only what others wrote counts in the number."""
        borrowed = self._database.engine.raw_connection()
        connection = borrowed.driver_connection
        borrowed.detach()
        return connection
