"""Nothing that has happened has happened in the future.

A pass under a clock that was ahead leaves such instants behind.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import Column, ColumnElement, Table, literal

from dj_cadence.store.audit.invariant import Invariant, Moment
from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema import metadata

TO_COME = frozenset(
    {
        "address.aside_until",
        "channel_state.next_try_at",
        "message.lease_until",
        "message.send_at",
        "token.expires_at",
    }
)
"""The columns that may lie in the future."""
LAST_PASS = frozenset({"site.last_tick"})
"""What tells that the clock is wrong; a person or time says which of the two."""
OTHER_CLOCKS = timedelta(hours=1)
"""Machines on one database need not agree to the minute."""


def invariants() -> list[Invariant]:
    """One for each column of instants that are past."""
    known = TO_COME | LAST_PASS
    return [
        _invariant(table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Instant) and f"{table.name}.{column.name}" not in known
    ]


def _invariant(table: Table, column: "Column[object]") -> Invariant:
    return Invariant(
        "instant_ahead",
        table,
        partial(_is_ahead, column),
        f"处时间在将来（{table.name}.{column.name}）；已改为现在",
        lambda m: {column.name: m.now},
    )


def _is_ahead(column: "Column[object]", moment: Moment) -> ColumnElement[bool]:
    latest = max(moment.now, moment.seen) + OTHER_CLOCKS
    return column > literal(latest, column.type)
