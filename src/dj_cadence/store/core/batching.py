"""Long lists, a few at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table, bindparam, delete, insert, update

from dj_cadence.store.core.database import Session

_AT_ONCE = 500
_Item = TypeVar("_Item")


def batched(items: Iterable[_Item], size: int = _AT_ONCE) -> Iterator[list[_Item]]:
    """So many at a time that no statement grows too long."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


Values = Mapping[str, Any]


def add_rows(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows that give the same columns."""
    if rows:
        session.execute(insert(table), [dict(row) for row in rows])


def change_rows(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Update rows that give the same columns, each by its `id`."""
    if rows:
        values: Values = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        changing = update(table).where(table.c.id == bindparam("new_id")).values(values)
        given = [{f"new_{name}": value for name, value in row.items()} for row in rows]
        session.connection().execute(changing, given)


def remove_rows(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Delete the rows that have these values; all give the same columns."""
    if rows:
        alike = (table.c[name] == bindparam(f"old_{name}") for name in rows[0])
        given = [{f"old_{name}": value for name, value in row.items()} for row in rows]
        session.connection().execute(delete(table).where(*alike), given)
