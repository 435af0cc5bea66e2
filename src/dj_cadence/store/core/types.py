"""Column types: instants that must be aware, JSON kept as readable text."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import String, TypeDecorator

AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
Condition = ColumnElement[bool]


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as ISO text in UTC so that text order is time order.

    Text and not a native timestamp: SQLite has none, and one form on both databases
    keeps every comparison the same. A naive datetime is refused.
    """

    impl = String(27, collation=None)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A plain value as compact UTF-8 JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def instant_text(value: datetime) -> str:
    """An instant as it is stored. Raises ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"an instant must be aware: {value!r}")
    return _utc_text(value.astimezone(UTC))


@lru_cache(64)  # all that a pass writes down has one of a few instants
def _utc_text(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class as_stored(FunctionElement[Any]):  # noqa: N801 - a function in SQL
    """A day in a comparison, as it is stored.

    To SQLite a column of days is one of numbers: it tries to read each day as a number before
    it compares it, which takes longer than to compare it.
    """

    inherit_cache = True


@compiles(as_stored)
def _compiled(element: as_stored, compiler: SQLCompiler, **given: Any) -> str:
    days = compiler.process(element.clauses, **given)
    return f"+{days}" if compiler.dialect.name == "sqlite" else days


dumps = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""Canonical JSON: the same value is always the same text."""
