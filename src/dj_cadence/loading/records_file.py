"""A table of things done: one row a task."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.domain.table_column import Column, Content
from dj_cadence.errors import Refused
from dj_cadence.loading.tables.file import read_sheets
from dj_cadence.loading.tables.sheet import UnreadableTableError, unseen
from dj_cadence.loading.tables.table import read_table
from dj_cadence.problems import Problem

COLUMNS = (
    Column(
        "task",
        "任务编号",
        required=True,
        content=Content.COUNT,
        also="任务 任务号 任务代码 编号 任务id",
        one_each=True,
    ),
    Column(
        "on",
        "日期",
        required=True,
        content=Content.DATE,
        also="完成日期 完成时间 办理日期 办理时间 开展日期 开展时间 活动日期 活动时间 时间",
    ),
    Column("amount", "数量", content=Content.COUNT, also="数目 次数 学时 学时数", one_each=True),
    Column("note", "说明", also="备注 办理说明 情况说明"),
)
"""数量 is 1 where it is empty."""


_MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What was done for one task."""

    place: str
    task_id: int
    on: date
    amount: int
    note: str


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """The rows that can be read; with a fault among `problems` none of them may be recorded."""

    rows: list[RecordRow]
    problems: list[Problem]


def read_records(path: Path) -> RecordsFile:
    """The rows of the first sheet that has any. Raises Refused where there is no such table."""
    try:
        sheets = read_sheets(path)
        tables = (read_table(sheet, (COLUMNS,), _MOST_ROWS) for sheet in sheets)
        table = next(filter(None, tables), None)
    except UnreadableTableError as error:
        raise Refused(f"{path.name}：{error}") from error
    if table is None:
        raise Refused(f"{path.name}：没有认出表头，要有“任务编号、日期”两列。")
    problems = [*unseen(sheets), *table.problems]
    complete = all(column.key in table.origin.columns for column in COLUMNS if column.required)
    read = [_row(row, problems) for row in table.rows] if complete else []
    return RecordsFile([row for row in read if row], problems)


def _row(row: TableRow, problems: list[Problem]) -> RecordRow | None:
    """The row, or None with what is wrong with it added to `problems`."""
    task_id = _number(row.cells["task"])
    on = parse_date(row.cells["on"])
    amount = _number(row.cells.get("amount") or "1")
    wrong = {
        "task": "" if task_id else "任务编号应为数字。",
        "on": "" if on else "日期应写成 2026-03-05 这样。",
        "amount": "" if amount else "数量应为大于零的整数。",
    }
    problems += (
        Problem(row.place(key), fault)
        for key, fault in wrong.items()
        if fault and key not in row.unread
    )
    if not task_id or not on or not amount or row.unread:
        return None
    return RecordRow(row.place(), task_id, on, amount, row.cells.get("note", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
