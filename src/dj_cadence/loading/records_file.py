"""A workbook of things done: one row a task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dj_cadence.errors import Refused
from dj_cadence.loading.table_file import Line, read_tables

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
    lines = read_tables(path)[0]
    header = lines[0].cells if lines else ()
    missing = [name for name in HEADERS[:2] if name not in header]
    if missing:
        place = lines[0].place if lines else path.name
        raise Refused(f"{place}：缺少列“{'、'.join(missing)}”。")
    return list(_rows(header, lines[1:]))


def _rows(header: Sequence[str], lines: Sequence[Line]) -> Iterator[RecordRow]:
    for line in lines:
        row = dict(zip(header, line.cells, strict=False))
        yield RecordRow(
            place=line.place,
            task_id=_number(row.get("任务编号", "")),
            on=_day(row.get("日期", "")),
            amount=_number(row.get("数量") or "1"),
            note=row.get("说明", ""),
        )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
