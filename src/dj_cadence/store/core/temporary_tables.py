"""Tables of one connection: made anew in no time, and filled with many numbers quickly."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Dialect, MetaData, Table
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from dj_cadence.store.core.batching import batched


def make_anew(session: Session, tables: MetaData) -> None:
    """Make these temporary tables, empty."""
    connection = session.connection()
    for statement in _made_anew(connection.dialect, tables):
        connection.exec_driver_sql(statement)


@cache
def _made_anew(dialect: Dialect, tables: MetaData) -> list[str]:
    """Statements for the tables; written out once, for it takes longer than running."""
    return [
        statement
        for table in tables.sorted_tables
        for statement in (
            f"DROP TABLE IF EXISTS {table.name}",
            str(CreateTable(table).compile(dialect=dialect)),
        )
    ]


def insert_numbers(session: Session, table: Table, rows: Iterable[tuple[int, ...]]) -> None:
    """Write rows of a table that has nothing but numbers; passes by what is there.

    There are ten thousand in a province, and again: as text of the statement they cost a
    fraction of what they cost as parameters.
    """
    for some in batched(rows):
        new = f"INSERT INTO {table.name} VALUES {', '.join(map(str, some))}"  # noqa: S608 - numbers
        session.connection().exec_driver_sql(f"{new} ON CONFLICT DO NOTHING")
