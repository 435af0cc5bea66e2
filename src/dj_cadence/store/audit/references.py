"""Every row that another speaks of is there.

The database keeps it so for itself; what was written past it, or lost with a page, it does not
notice. What hangs on a lost row and is nothing without it is set free or taken away.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, case, exists, null

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.store.audit.invariant import Invariant, Moment
from dj_cadence.store.schema import metadata, notice

_FREED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
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


def invariants() -> list[Invariant]:
    """One for each foreign key."""
    return [
        _invariant(table, key.parent, key.column)
        for table in metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda key: str(key.parent.name))
    ]


def _invariant(table: Table, column: "Column[Any]", target: "Column[Any]") -> Invariant:
    name, broken = f"{table.name}.{column.name}", partial(_is_lost, column, target)
    if name in _FREED:
        text, values = _FREED[name]
        return Invariant("reference_lost", table, broken, text, lambda _: values)
    if name in _REMOVED:
        return Invariant("reference_lost", table, broken, _REMOVED[name], remove=True)
    lost = f"行 {name} 指向不存在的 {target.table.name}；请从备份恢复（编号 {{ids}}）"
    return Invariant("reference_lost", table, broken, lost)


def _is_lost(column: "Column[Any]", target: "Column[Any]", _moment: Moment) -> ColumnElement[bool]:
    there = target.table.alias("there")
    found = exists().where(there.c[target.name] == column).correlate(column.table)
    return and_(column.is_not(None), ~found)
