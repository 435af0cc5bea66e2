"""A workbook of things done: one row a task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from dj_cadence.errors import Refused

HEADERS = ("任务编号", "日期", "数量", "说明")
"""The first two are required; 数量 is 1 where it is empty."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row, as far as its cells can be read."""

    place: str
    task_id: int | None
    on: date | None
    amount: int | None
    note: str


def read_records(path: Path) -> list[RecordRow]:
    """The rows of the first sheet. Raises Refused where the file is no such workbook."""
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise Refused(f"{path.name}：打不开，应为 xlsx 工作簿。") from error
    rows = sheet.to_python(skip_empty_area=False)
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    missing = [name for name in HEADERS[:2] if name not in header]
    if missing:
        raise Refused(f"{path.name} 第1行：缺少列“{'、'.join(missing)}”。")
    return list(_rows(path.name, header, rows[1:]))


def _rows(name: str, header: list[str], rows: Sequence[Sequence[object]]) -> Iterator[RecordRow]:
    for number, cells in enumerate(rows, 2):
        row = dict(zip(header, cells, strict=False))
        if any(str(cell).strip() for cell in cells):
            yield RecordRow(
                place=f"{name} 第{number}行",
                task_id=_number(row["任务编号"]),
                on=_day(row["日期"]),
                amount=_number(1 if row.get("数量") in (None, "") else row["数量"]),
                note=str(row.get("说明") or "").strip(),
            )


def _number(cell: object) -> int | None:
    if isinstance(cell, float | int) and cell == int(cell):
        return int(cell)
    return int(text) if (text := str(cell).strip()).isdecimal() else None


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip())
    except ValueError:
        return None
