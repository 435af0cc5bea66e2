"""Whether a database has our tables, told cheaply by a fingerprint or in full by comparison.

The number of a migration says too little: two versions may have given it to different tables.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, ForeignKeyConstraint, Table, UniqueConstraint, text

from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import metadata

_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}
_KINDS = {"table": "表", "column": "列", "index": "索引", "constraint": "约束", "fk": "外键"}
_CHANGES = {"modify_nullable": "是否可空", "modify_type": "类型", "modify_default": "默认值"}


@cache
def fingerprint() -> str:
    """The same for the same tables, in whatever order they are written down."""
    lines = sorted(line for table in metadata.tables.values() for line in _described(table))
    return sha256("\n".join(lines).encode()).hexdigest()


def _described(table: Table) -> Iterator[str]:
    for column in table.columns:
        default = getattr(column.server_default, "arg", "")
        kind = f"{column.type} {column.nullable} {column.primary_key} {default}"
        yield f"{table.name}.{column.name} {kind}"
    for index in table.indexes:
        only = index.dialect_options["sqlite"]["where"]
        names = [column.name for column in index.columns]
        yield f"{table.name} index {index.name} {names} {index.unique} {only}"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield f"{table.name} unique {[column.name for column in constraint.columns]}"
        if isinstance(constraint, ForeignKeyConstraint):
            ends = sorted(f"{key.parent.name} {key.target_fullname}" for key in constraint.elements)
            yield f"{table.name} refers {ends}"


def differences(database: Database) -> list[str]:
    """In what the tables differ from ours, such as by somebody's hand; nothing: they do not."""
    engine = database.engine.execution_options(intent="read")
    with engine.connect() as connection:
        return sorted(compared(connection))


def compared(connection: Connection) -> Iterator[str]:
    """The same over an open connection."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - slow to load
    from alembic.migration import MigrationContext  # noqa: PLC0415

    for difference in compare_metadata(MigrationContext.configure(connection), metadata):
        yield from map(_said, difference) if isinstance(difference, list) else [_said(difference)]
    for name in connection.scalars(text(_TRIGGERS[connection.dialect.name])):
        yield f"多出触发器 {name}"


def _said(difference: tuple[Any, ...]) -> str:
    """One of alembic's differences, which speaks of what would have to be done to mend it."""
    what, *given = difference
    if what in _CHANGES:
        _, table, column, *_ = given
        return f"{table}.{column} 的{_CHANGES[what]}不同"
    way, _, kind = what.partition("_")
    named = given[2] if len(given) > 1 else given[0]
    where = f"{given[1]}." if len(given) > 1 else ""
    shown = getattr(named, "name", None) or named
    return f"{'缺少' if way == 'add' else '多出'}{_KINDS[kind]} {where}{shown}"
