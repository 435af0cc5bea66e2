"""Days, instants and JSON have the form in which they are written: else no row can be read."""

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    String,
    Table,
    Text,
    and_,
    cast,
    type_coerce,
)

from dj_cadence.store.audit.invariant import Invariant
from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema import metadata

KINDS = ("date_unreadable", "instant_unreadable", "json_unreadable")
HASHED = frozenset({"catalogue", "plan_snapshot", "cohort", "profile"})
"""Of their contents a look of its own says more."""


def invariants() -> list[Invariant]:
    """One for each column that has such a form."""
    return [
        one
        for table in metadata.sorted_tables
        for column in table.columns
        for one in _of(table, column)
    ]


def _of(table: Table, column: "Column[object]") -> Iterator[Invariant]:
    where = f"{table.name}.{column.name}"
    advice = "；请从备份恢复（编号 {ids}）"
    if isinstance(column.type, Instant):
        yield Invariant(
            "instant_unreadable",
            table,
            lambda _: _unlike(type_coerce(column, String), "____-__-__T__:__:__.______Z"),
            f"处时间读不懂（{where}）；已改为现在",
            lambda m: {column.name: m.now},
        )
    elif isinstance(column.type, Date):
        yield Invariant(
            "date_unreadable",
            table,
            lambda _: _unlike(cast(column, String), "____-__-__"),
            f"处日期读不懂（{where}）{advice}",
        )
    elif isinstance(column.type, Json) and table.name not in HASHED:
        yield Invariant(
            "json_unreadable",
            table,
            lambda _: _unlike(type_coerce(column, Text), "{%}", "[%]"),
            f"处内容读不懂（{where}）{advice}",
        )


def _unlike(written: ColumnElement[str], *forms: str) -> ColumnElement[bool]:
    return and_(*(written.not_like(form) for form in forms))
