"""Rules that follow from what a column is: a reference, a date, an instant, JSON.

That every row is there of which another speaks, the database keeps so for itself; what was
written past it, or lost with a page, it does not notice.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Date, Table, Text, and_, case, cast, exists, literal, type_coerce

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.store.audit.invariant import Broken, Invariant, Rule
from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema import metadata, notice

OTHER_CLOCKS = timedelta(hours=1)
"""Machines on one database need not agree to the minute."""
_MAY_LIE_AHEAD = {
    *("address.aside_until", "channel_state.next_try_at", "message.lease_until"),
    *("message.send_at", "token.expires_at"),
    "site.last_tick",  # tells that the clock is wrong; a person or time says which of the two
}
_HASHED = frozenset({"catalogue", "plan_snapshot", "cohort", "profile"})
"""Of their JSON a look of its own says more."""
_REMOVED = {"remove": True}
"""What is nothing without the row that is lost."""
_UNKNOWN_IF_SAID = case(
    (notice.c.outcome.in_((NoticeOutcome.SENT, NoticeOutcome.FOLDED)), NoticeOutcome.UNKNOWN.value),
    else_=notice.c.outcome,
)
_LOST: Mapping[str, tuple[str, dict[str, Any]]] = {
    "notice.message_id": (
        "条提醒所在的消息不见了；发过的记为结果不明，没发的放回",
        {"mend": {"message_id": None, "outcome": _UNKNOWN_IF_SAID}},
    ),
    "notice.person_id": ("条提醒的收信人不见了；已去掉", {"mend": {"person_id": None}}),
    "notice.org_id": ("条提醒的组织不见了；已去掉", {"mend": {"org_id": None}}),
    "digest.message_id": ("份周报所在的消息不见了；已放回", {"mend": {"message_id": None}}),
    "attempt.message_id": ("次投递的消息不见了；已删去", _REMOVED),
    "letter.message_id": ("封底稿的消息不见了；已删去", _REMOVED),
    "login.person_id": ("次登录的人不见了；已删去", _REMOVED),
    "digest.org_id": ("份周报的组织不见了；已删去", _REMOVED),
}
"""What is said and done where the row is lost of which a column speaks."""


def of_columns(rules: Callable[["Column[Any]"], Iterator[Rule]]) -> dict[Table, list[Rule]]:
    """Those rules of each table that has any, what it refers to first."""
    rules_by_table: dict[Table, list[Rule]] = {}
    for table in metadata.sorted_tables:
        for column in sorted(table.columns, key=lambda column: not column.foreign_keys):
            for rule in rules(column):
                rules_by_table.setdefault(table, []).append(rule)
    return rules_by_table


def references(column: "Column[Any]") -> Iterator[Rule]:
    """That the row is there of which the column speaks."""
    for key in column.foreign_keys:
        name, there = f"{column.table.name}.{column.name}", key.column.table.alias("there")
        is_there = exists().where(there.c[key.column.name] == column).correlate(column.table)
        lost = and_(column.is_not(None), ~is_there)
        text = f"行 {name} 指向不存在的 {key.column.table.name}；请从备份恢复（编号 {{ids}}）"
        text, how = _LOST.get(name, (text, {}))
        yield "reference_lost", Invariant(lost, text=text, **how)


def forms(column: "Column[Any]") -> Iterator[Rule]:
    """That days, instants and JSON have the form in which they are written: else no row is read."""
    where = f"{column.table.name}.{column.name}"
    advice = f"（{where}）；请从备份恢复（编号 {{ids}}）"
    written = cast(column, Text) if isinstance(column.type, Date) else type_coerce(column, Text)
    if isinstance(column.type, Instant):
        unlike = written.not_like("____-__-__T__:__:__.______Z")
        yield "instant_unreadable", _set_to_now(unlike, column, f"处时间读不懂（{where}）")
    elif isinstance(column.type, Date):
        unlike = written.not_like("____-__-__")
        yield "date_unreadable", Invariant(unlike, text=f"处日期读不懂{advice}")
    elif isinstance(column.type, Json) and column.table.name not in _HASHED:
        neither = and_(written.not_like("{%}"), written.not_like("[%]"))
        yield "json_unreadable", Invariant(neither, text=f"处内容读不懂{advice}")


def instants(column: "Column[Any]") -> Iterator[Rule]:
    """That what has happened has not happened in the future, as under a clock that was ahead."""
    where = f"{column.table.name}.{column.name}"
    if isinstance(column.type, Instant) and where not in _MAY_LIE_AHEAD:
        text = f"处时间在将来（{where}）"
        yield (
            "instant_ahead",
            _set_to_now(
                lambda m: column > literal(max(m.now, m.seen) + OTHER_CLOCKS, column.type),
                column,
                text,
            ),
        )


def _set_to_now(broken: Broken, column: "Column[Any]", text: str) -> Invariant:
    return Invariant(broken, lambda m: {column.name: m.now}, text=f"{text}；已改为现在")
