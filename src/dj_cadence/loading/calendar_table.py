"""Tables of days and of semesters, as offices keep them, turned into calendar entries."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dj_cadence.domain.dates import DAY
from dj_cadence.domain.faults import not_one_of
from dj_cadence.domain.problem import Problem
from dj_cadence.domain.roster_cells import parse_date
from dj_cadence.loading.calendar_checks import Day
from dj_cadence.loading.calendar_text import as_ranges
from dj_cadence.loading.table_file import Line

DAY_HEADERS = ("日期", "类型", "名称")
SEMESTER_HEADERS = ("学年", "学期", "开始", "结束")
"""Required; 城市, 学段 and 暂定 may be there, in either table 来源."""
_HEADER_ROWS = 10
"""How far down the header may stand; titles above it are passed over."""
_TYPES = {"放假": False, "上班": True, "调休上班": True}
_FLAGS = {"": False, "否": False, "是": True}
_TERMS = {
    **dict.fromkeys(("1", "S1", "一", "上", "第一学期", "上学期", "秋季学期"), "S1"),
    **dict.fromkeys(("2", "S2", "二", "下", "第二学期", "下学期", "春季学期"), "S2"),
}
_SCHOOL_YEAR = re.compile(r"(\d{4})\s*[-–—至/~]\s*(\d{4})\s*(?:学年)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row by the names of its columns."""

    place: str
    cells: dict[str, str]

    def text(self, header: str) -> str:
        return self.cells.get(header, "")


def rows_in(tables: Sequence[Sequence[Line]], headers: Sequence[str]) -> list[Row]:
    """The rows of the first sheet that has all of `headers` and something below them."""
    return next((rows for lines in tables if (rows := list(_below(lines, headers)))), [])


def _below(lines: Sequence[Line], headers: Sequence[str]) -> Iterator[Row]:
    for index, line in enumerate(lines[:_HEADER_ROWS]):
        if set(headers) <= set(line.cells):
            for row in lines[index + 1 :]:
                yield Row(row.place, dict(zip(line.cells, row.cells, strict=False)))
            return


def days_in(row: Row) -> tuple[list[Day], list[Problem]]:
    """The day or days (`2027-02-05..2027-02-11`) that a row names, or its faults."""
    kind, name = row.text("类型"), row.text("名称")
    dates, message = _dates(row.text("日期"))
    messages = [message] if message else []
    if kind not in _TYPES:
        messages.append(f"类型{not_one_of(kind, ('放假', '上班'))}")
    if not name and not _TYPES.get(kind):
        messages.append("缺少名称，如 春节")
    works = _TYPES.get(kind, False)
    days = [Day(row.place, day, works, name) for day in dates]
    return days, [Problem(row.place, message) for message in messages]


def _dates(text: str) -> tuple[list[date], str]:
    """The dates of a cell, or what is wrong with it."""
    ends = [parse_date(end.strip()) for end in text.split("..", 1)]
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        return [], f"看不懂日期“{text}”，应如 2026-10-01 或 2026-10-01..2026-10-07"
    if not first <= last <= first + 31 * DAY:
        return [], f"“{text}”应从早到晚，且不超过一个月"
    return [first + n * DAY for n in range((last - first).days + 1)], ""


def holidays_of(days: Sequence[Day]) -> list[dict[str, Any]]:
    """Entries below `holidays`, in the order of their days; some day must be a day off.

    A make-up day that names no holiday goes to the nearest one.
    """
    in_order = sorted(days, key=lambda one: one.day)
    off = [one for one in in_order if not one.works]
    found: dict[str, tuple[list[date], list[date]]] = {one.name: ([], []) for one in off}
    for one in in_order:
        name = one.name if one.name in found else _nearest(off, one.day)
        found[name][one.works].append(one.day)
    return [
        {"name": name, "days_off": as_ranges(rest), "make_up_days": as_ranges(work)}
        for name, (rest, work) in found.items()
    ]


def _nearest(off: Sequence[Day], day: date) -> str:
    return min(off, key=lambda one: abs(one.day - day)).name


def semester_fields(row: Row, source: str) -> dict[str, Any]:
    """An entry below `semesters`, as far as its cells are understood."""
    year = _SCHOOL_YEAR.fullmatch(row.text("学年"))
    term = _TERMS.get(row.text("学期"), row.text("学期"))
    return {
        "label": f"{year[1]}-{year[2]}-{term}" if year else f"{row.text('学年')}-{term}",
        "first": _iso(row.text("开始")),
        "last": _iso(row.text("结束")),
        "provisional": _FLAGS.get(row.text("暂定"), False),
        "source": row.text("来源") or source,
        "city": row.text("城市"),
        "stage": row.text("学段"),
    }


def flag_faults(rows: Sequence[Row]) -> Iterator[Problem]:
    """Cells of 暂定 that say neither yes nor no."""
    for row in rows:
        if row.text("暂定") not in _FLAGS:
            yield Problem(row.place, f"暂定“{row.text('暂定')}”应填“是”或“否”")


def _iso(text: str) -> str:
    day = parse_date(text)
    return day.isoformat() if day else text


def source_of(rows: Sequence[Row], otherwise: str) -> str:
    """The first 来源 that is written."""
    return next((row.text("来源") for row in rows if row.text("来源")), otherwise)
