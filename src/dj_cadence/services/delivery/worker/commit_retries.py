"""Small transactions that are done again for some minutes where the database fails."""

import logging
from collections.abc import Callable
from typing import TypeVar

from dj_cadence.store.core.compiled import DriverTransaction, NotWritten
from dj_cadence.store.core.database import Database

COMMIT_RETRY_DELAYS = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
"""Seconds between tries to write an outcome down: what was accepted must not be forgotten."""
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


class RetriedTransactions:
    """Over one connection to the database, for one thread."""

    def __init__(self, database: Database, pause: Callable[[float], object]) -> None:
        """`pause` waits so many seconds, or shorter where the process is to end."""
        self._database = database
        self._pause = pause
        self._connection: DriverTransaction | None = None

    def commit(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        """Do `work` in one transaction; it must be the same when it is done twice.

        Raises NotWritten in the end; the letters in flight are then unknown, as after a death.
        """
        for seconds in COMMIT_RETRY_DELAYS:
            try:
                return self._committed(work)
            except NotWritten as error:
                _log.warning("outcome_not_written error=%s again_in=%ss", error, seconds)
                self.close()
                self._pause(seconds)
        return self._committed(work)

    def _committed(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        if self._connection is None:
            self._connection = DriverTransaction(self._database)
        return self._connection.transaction(work)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
