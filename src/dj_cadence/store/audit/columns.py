"""Rules that follow from what a column is: a reference, a date, an instant, JSON.

That every row is there of which another speaks, the database keeps so for itself; what was
written past it, or lost with a page, it does not notice.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    literal,
    null,
    type_coerce,
)

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.store.audit.invariant import Invariant, Values
from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema import metadata, notice

Rule = tuple[str, Invariant]
"""With the kind of finding that it makes."""
AHEAD = "instant_ahead"
KINDS = {"reference_lost", AHEAD, "date_unreadable", "instant_unreadable", "json_unreadable"}

OTHER_CLOCKS = timedelta(hours=1)
"""Machines on one database need not agree to the minute."""
_MAY_LIE_AHEAD = {
    *("address.aside_until", "channel_state.next_try_at", "message.lease_until"),
    *("message.send_at", "token.expires_at"),
    "site.last_tick",  # tells that the clock is wrong; a person or time says which of the two
}
_HASHED = frozenset({"catalogue", "plan_snapshot", "cohort", "profile"})
"""Of their JSON a look of its own says more."""
_SET_FREE: Mapping[str, tuple[str, Values]] = {
    "notice.message_id": (
        "条提醒所在的消息不见了；发过的记为结果不明，没发的放回",
        {
            "message_id": null(),
            "outcome": case(
                (
                    notice.c.outcome.in_((NoticeOutcome.SENT, NoticeOutcome.FOLDED)),
                    NoticeOutcome.UNKNOWN.value,
                ),
                else_=notice.c.outcome,
            ),
        },
    ),
    "notice.person_id": ("条提醒的收信人不见了；已去掉", {"person_id": null()}),
    "notice.org_id": ("条提醒的组织不见了；已去掉", {"org_id": null()}),
    "digest.message_id": ("份周报所在的消息不见了；已放回", {"message_id": null()}),
}
_REMOVED: Mapping[str, str] = {
    "attempt.message_id": "次投递的消息不见了；已删去",
    "letter.message_id": "封底稿的消息不见了；已删去",
    "login.person_id": "次登录的人不见了；已删去",
    "digest.org_id": "份周报的组织不见了；已删去",
}
"""What is nothing without the row that is lost."""


def of_columns(
    rules: Callable[["Column[Any]"], Iterator[Rule]],
) -> Iterator[tuple[Table, list[Rule]]]:
    """Those rules of each table that has any."""
    for table in metadata.sorted_tables:
        columns = sorted(table.columns, key=lambda column: not column.foreign_keys)
        if found_rules := [rule for column in columns for rule in rules(column)]:
            yield table, found_rules


def references(column: "Column[Any]") -> Iterator[Rule]:
    """That the row is there of which the column speaks."""
    for key in column.foreign_keys:
        name, there = f"{column.table.name}.{column.name}", key.column.table.alias("there")
        is_there = exists().where(there.c[key.column.name] == column).correlate(column.table)
        lost = and_(column.is_not(None), ~is_there)
        if name in _SET_FREE:
            yield "reference_lost", Invariant(lost, *_SET_FREE[name])
        elif name in _REMOVED:
            yield "reference_lost", Invariant(lost, _REMOVED[name], remove=True)
        else:
            text = f"行 {name} 指向不存在的 {key.column.table.name}；请从备份恢复（编号 {{ids}}）"
            yield "reference_lost", Invariant(lost, text)


def forms(column: "Column[Any]") -> Iterator[Rule]:
    """That days, instants and JSON have the form in which they are written: else no row is read."""
    where = f"{column.table.name}.{column.name}"
    advice = "；请从备份恢复（编号 {ids}）"
    if isinstance(column.type, Instant):
        yield (
            "instant_unreadable",
            Invariant(
                type_coerce(column, String).not_like("____-__-__T__:__:__.______Z"),
                f"处时间读不懂（{where}）；已改为现在",
                lambda m: {column.name: m.now},
            ),
        )
    elif isinstance(column.type, Date):
        written = cast(column, String)
        text = f"处日期读不懂（{where}）{advice}"
        yield "date_unreadable", Invariant(written.not_like("____-__-__"), text)
    elif isinstance(column.type, Json) and column.table.name not in _HASHED:
        content = type_coerce(column, Text)
        unlike = and_(content.not_like("{%}"), content.not_like("[%]"))
        yield "json_unreadable", Invariant(unlike, f"处内容读不懂（{where}）{advice}")


def instants(column: "Column[Any]") -> Iterator[Rule]:
    """That what has happened has not happened in the future, as under a clock that was ahead."""
    where = f"{column.table.name}.{column.name}"
    if isinstance(column.type, Instant) and where not in _MAY_LIE_AHEAD:
        yield (
            AHEAD,
            Invariant(
                lambda m: column > literal(max(m.now, m.seen) + OTHER_CLOCKS, column.type),
                f"处时间在将来（{where}）；已改为现在",
                lambda m: {column.name: m.now},
            ),
        )
