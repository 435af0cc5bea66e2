"""What a duty is owed for: a month, a quarter, … a school year."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from dj_cadence.chinese import LabelledEnum
from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.dates.working_days import Semester


class Unit(LabelledEnum):
    """The length of a period."""

    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    HALF_YEAR = "half_year", "每半年"
    YEAR = "year", "每年"
    SEMESTER = "semester", "每学期"
    SCHOOL_YEAR = "school_year", "每学年"


MONTHS = {
    Unit.MONTH: 1,
    Unit.QUARTER: 3,
    Unit.HALF_YEAR: 6,
    Unit.SEMESTER: 6,
    Unit.YEAR: 12,
    Unit.SCHOOL_YEAR: 12,
}
"""How long each is; a semester about so long."""


_LABELS: dict[Unit, Callable[[date], str]] = {
    Unit.MONTH: lambda first: f"{first:%Y-%m}",
    Unit.QUARTER: lambda first: f"{first.year}-Q{first.month // 3 + 1}",
    Unit.HALF_YEAR: lambda first: f"{first.year}-H{first.month // 6 + 1}",
    Unit.YEAR: lambda first: str(first.year),
    Unit.SCHOOL_YEAR: lambda first: f"{first.year}-{first.year + 1}",
}


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch with its label; both days included."""

    unit: Unit
    label: str
    first: date
    last: date
    provisional: bool = False


def periods(
    unit: Unit, since: date, until: date, semesters: tuple[Semester, ...] = ()
) -> Iterator[Period]:
    """Every period of `unit` that shares a day with `since`…`until`, in order."""
    if unit is Unit.SEMESTER:
        for semester in semesters:
            if semester.first <= until and semester.last >= since:
                first, last = semester.first, semester.last
                yield Period(unit, semester.label, first, last, semester.provisional)
        return
    first = _first_day(unit, since)
    while first <= until:
        following = add_months(first, MONTHS[unit])
        yield Period(unit, _LABELS[unit](first), first, following - DAY)
        first = following


def _first_day(unit: Unit, day: date) -> date:
    if unit is Unit.SCHOOL_YEAR:
        return date(day.year if day.month >= 9 else day.year - 1, 9, 1)
    months = MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


_CHINESE_LABELS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(\d{4})"), lambda m: f"{m[1]}年"),
    (re.compile(r"(\d{4})-(\d\d)"), lambda m: f"{m[1]}年{int(m[2])}月"),
    (re.compile(r"(\d{4})-Q(\d)"), lambda m: f"{m[1]}年第{'一二三四'[int(m[2]) - 1]}季度"),
    (re.compile(r"(\d{4})-H(\d)"), lambda m: f"{m[1]}年{'上下'[int(m[2]) - 1]}半年"),
    (re.compile(r"(\d{4})-(\d{4})"), lambda m: f"{m[1]}—{m[2]}学年"),
    (
        re.compile(r"(\d{4})-(\d{4})-S(\d)"),
        lambda m: f"{m[1]}—{m[2]}学年第{'一二'[int(m[3]) - 1]}学期",
    ),
    (re.compile(r"(\d{4})-W(\d\d)"), lambda m: f"{m[1]}年第{int(m[2])}周"),
    (re.compile(r"case-(\d+)"), lambda m: f"第{m[1]}号事项"),
    (
        re.compile(r"term-(\d{4})-(\d\d)-(\d\d)"),
        lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日起的一届",
    ),
)


def chinese_label(label: str) -> str:
    """A period's label as a person reads it: 2026-03 is 2026年3月."""
    for pattern, reads in _CHINESE_LABELS:
        if match := pattern.fullmatch(label):
            return reads(match)
    return label
