"""Statements that run thousands of times a second, past most of what SQLAlchemy does per call."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.sql.dml import UpdateBase


class Prepared:
    """A statement written once and compiled once for each kind of database.

    Values are handed to the driver as they are: instants as `instant_text`.
    """

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Mapping[str, Any], list[str] | None]] = {}

    def run(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect)
            self._compiled[name] = (str(compiled), compiled.params, compiled.positiontup)
        sql, fixed, order = self._compiled[name]
        given = {**fixed, **values}
        parameters = given if order is None else tuple(given[key] for key in order)
        return connection.exec_driver_sql(sql, parameters)
