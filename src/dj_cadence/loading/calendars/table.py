"""Tables of days and of semesters, as offices keep them, turned into calendar entries."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.domain.table_column import Column, Content
from dj_cadence.loading.calendars.checks import Day
from dj_cadence.loading.calendars.rule import as_ranges, stretch
from dj_cadence.problem_texts import not_one_of
from dj_cadence.problems import Problem

_DATE = Content.DATE
DAY_COLUMNS = (
    Column("日期", "日期", required=True, content=_DATE, also="放假日期 日子 时间"),
    Column("类型", "类型", required=True, also="类别 安排 放假或上班 放假/上班"),
    Column(
        "名称", "名称", required=True, also="节日 节日名称 节假日 节假日名称 假期 假日 假日名称"
    ),
    Column("来源", "来源", also="依据 文件 通知"),
)
SEMESTER_COLUMNS = (
    Column("学年", "学年", required=True, also="学年度"),
    Column("学期", "学期", required=True, content=Content.COUNT),
    Column("城市", "城市", also="市 地市 所在城市"),
    Column("学段", "学段", also="学校类型 适用学段"),
    Column(
        "开始",
        "开始",
        required=True,
        content=_DATE,
        also="开始日期 开始时间 开学 开学日期 开学时间 第一天 起",
    ),
    Column(
        "结束",
        "结束",
        required=True,
        content=_DATE,
        also="结束日期 结束时间 放假 放假日期 放假时间 最后一天 止",
    ),
    Column("来源", "来源", also="依据 文件 通知"),
    Column("暂定", "暂定", also="是否暂定"),
)
_TYPES = {
    **dict.fromkeys(("放假", "休息日", "放假日", "休"), False),
    **dict.fromkeys(("上班", "调休上班", "补班", "上课", "班"), True),
}
_FLAGS = {"": False, "否": False, "是": True}
_TERMS = {
    **dict.fromkeys(("1", "S1", "一", "上", "第一学期", "上学期", "秋季学期"), "S1"),
    **dict.fromkeys(("2", "S2", "二", "下", "第二学期", "下学期", "春季学期"), "S2"),
}
_SCHOOL_YEAR = re.compile(r"(\d{4})\s*[-–—至/~]\s*(\d{4})\s*(?:学年)?")


def days_in(row: TableRow) -> tuple[list[Day], list[Problem]]:
    """The day or days (`2027-02-05..2027-02-11`) that a row names, or its faults."""
    kind, name = row.text("类型"), row.text("名称")
    text = row.text("日期")
    ends = [parse_date(end) for end in re.split(r"\.\.+|[至到~～—–]+", text, maxsplit=1)]
    dates, messages = [], {}
    try:
        dates = stretch(text, ends)
    except ValueError as error:
        messages["日期"] = str(error)
    if kind not in _TYPES:
        messages["类型"] = f"类型{not_one_of(kind, ('放假', '上班'))}"
    if not name and not _TYPES.get(kind):
        messages["名称"] = "缺少名称，如 春节"
    works = _TYPES.get(kind, False)
    days = [Day(row.place("日期"), day, works, name) for day in dates]
    unsaid = {key: text for key, text in messages.items() if key not in row.unread}
    return days, [Problem(row.place(key), text) for key, text in unsaid.items()]


def holidays_of(days: Sequence[Day]) -> list[dict[str, Any]]:
    """Entries below `holidays`, in the order of their days; some day must be a day off.

    A make-up day that names no holiday goes to the nearest one.
    """
    in_order = sorted(days, key=lambda day: day.day)
    off = [day for day in in_order if not day.works]
    days_by_name: dict[str, tuple[list[date], list[date]]] = {day.name: ([], []) for day in off}
    for day in in_order:
        name = day.name if day.name in days_by_name else _nearest(off, day.day)
        days_by_name[name][day.works].append(day.day)
    return [
        {"name": name, "days_off": as_ranges(rest), "make_up_days": as_ranges(work)}
        for name, (rest, work) in days_by_name.items()
    ]


def _nearest(off: Sequence[Day], day: date) -> str:
    return min(off, key=lambda one: abs(one.day - day)).name


FIELD_COLUMNS = {
    "label": "学年",
    "first": "开始",
    "last": "结束",
    "provisional": "暂定",
    "source": "来源",
    "city": "城市",
    "stage": "学段",
}
"""Where a table says what an entry below `semesters` has under its keys."""


def semester_fields(row: TableRow, source: str) -> dict[str, Any]:
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


def flag_faults(rows: Sequence[TableRow]) -> Iterator[Problem]:
    """Cells of 暂定 that say neither yes nor no."""
    for row in rows:
        if row.text("暂定") not in _FLAGS:
            yield Problem(row.place("暂定"), f"暂定“{row.text('暂定')}”应填“是”或“否”")


def _iso(text: str) -> str:
    day = parse_date(text)
    return day.isoformat() if day else text
