"""Instants can be read, and nothing that has happened has happened in the future.

A pass under a clock that was ahead leaves such instants behind.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import Column, ColumnElement, String, Table, literal, type_coerce

from dj_cadence.store.audit.invariant import Invariant, Moment
from dj_cadence.store.schema import metadata
from dj_cadence.store.types import Instant

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
    """For each column of instants that they can be read; of those that are past, that they are."""
    found = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Instant):
                found.append(_readable(table, column))
                if f"{table.name}.{column.name}" not in TO_COME | LAST_PASS:
                    found.append(_invariant(table, column))
    return found


def _readable(table: Table, column: "Column[object]") -> Invariant:
    written = type_coerce(column, String)
    return Invariant(
        "instant_unreadable",
        table,
        lambda _: written.not_like("____-__-__T__:__:__.______Z"),
        f"处时间读不懂（{table.name}.{column.name}）；已改为现在",
        lambda m: {column.name: m.now},
    )


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
