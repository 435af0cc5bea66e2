"""Many rows of one table at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, update

from dj_cadence.store.core.database import Session

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
