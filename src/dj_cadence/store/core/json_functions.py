"""JSON between the database and us: one value in place of hundreds.

Each row and each parameter costs SQLAlchemy and the driver several times what the database
needs for it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, cast, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from dj_cadence.store.core.types import dumps


class json_array(FunctionElement[str]):  # noqa: N801  named as SQL names it
    """The values of one row, as an array; a date is its ISO text."""

    type = Text()
    inherit_cache = True


class json_group(FunctionElement[str]):  # noqa: N801
    """The values of all rows of a group, as an array. Two of one group have one order."""

    type = Text()
    inherit_cache = True


class json_values(FunctionElement[str]):  # noqa: N801
    """The values of an array, as rows."""

    type = Text()
    inherit_cache = True


def among(column: ColumnElement[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """`column IN numbers`, however many, as one parameter."""
    each = json_values(literal(dumps(list(numbers)))).table_valued("value")
    return column.in_(select(cast(each.c.value, Integer)))


_NAMES = {
    json_array: ("json_array({})", "json_build_array({})"),
    json_group: ("json_group_array({})", "CAST(json_agg({}) AS TEXT)"),
    json_values: ("json_each({})", "json_array_elements_text(CAST({} AS JSON))"),
}


def _compiled(element: FunctionElement[str], compiler: SQLCompiler, **how: Any) -> str:
    on_sqlite, on_postgres = _NAMES[type(element)]
    pattern = on_sqlite if compiler.dialect.name == "sqlite" else on_postgres
    return pattern.format(compiler.process(element.clause_expr.element, **how))


for _kind in _NAMES:
    compiles(_kind)(_compiled)
