"""What holds a calendar together beyond its single entries, each fault with its place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from dj_cadence.domain.dates.working_days import Semester, WorkCalendar
from dj_cadence.loading.calendars.rule import days_of
from dj_cadence.loading.rules.yaml_file import Loc
from dj_cadence.problems import Problem

USUAL = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
"""In the name of some holiday of every year."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a holiday table, and where it is written."""

    place: str
    day: date
    works: bool
    """A make-up working day; else a day off."""
    name: str


@dataclass(frozen=True, slots=True)
class PlacedSemester:
    """A semester, and where it is written."""

    place: str
    semester: Semester

    @property
    def key(self) -> tuple[str, str, str]:
        return self.semester.label, self.semester.city, self.semester.stage


def holiday_faults(year: Mapping[str, Any]) -> Iterator[tuple[Loc, str]]:
    """(where, what is wrong) of the days of a year as written.

    What is no date is passed over: it is told already, and hides nothing else.
    """
    off = {day for _, works, day in written_days(year) if not works}
    for loc, works, day in written_days(year):
        if works and day in off:
            yield loc, f"{day} 既放假又上班"
        elif works and day.weekday() < 5:
            yield loc, f"{day} 不是周末，不会是调休上班日"
        if isinstance(year.get("year"), int) and not belongs_to(day, year["year"]):
            yield loc, f"{day} 不在 {year['year']} 年"
        if works and year.get("status") == "statutory_only":
            yield loc, "只有法定节日（statutory_only）时不能写调休上班日"


def belongs_to(day: date, year: int) -> bool:
    """Whether the notice of `year` may name `day`: 元旦 may reach into the December before."""
    return day.year == year or (day.year, day.month) == (year - 1, 12)


def year_of(days: Sequence[Day]) -> int:
    """The year whose notice a table is: that of its one 1 January, else that of most days."""
    new_years = {day.day.year for day in days if (day.day.month, day.day.day) == (1, 1)}
    if len(new_years) == 1:
        return new_years.pop()
    return Counter(day.day.year for day in days).most_common(1)[0][0]


def written_days(year: Mapping[str, Any]) -> Iterator[tuple[Loc, bool, date]]:
    """(where, whether it is worked, the day) for each day that can be read."""
    holidays = year.get("holidays")
    for index, holiday in enumerate(holidays if isinstance(holidays, list) else []):
        for name in ("days_off", "make_up_days") if isinstance(holiday, dict) else ():
            written = holiday.get(name)
            for at, text in enumerate(written if isinstance(written, list) else [written]):
                loc = ("holidays", index, name, *((at,) if isinstance(written, list) else ()))
                with suppress(ValueError):
                    yield from ((loc, name != "days_off", day) for day in days_of(str(text)))


def day_faults(days: Sequence[Day]) -> Iterator[Problem]:
    """Days that stand twice, make-up days in the week, days that are not of the notice's year."""
    year = year_of(days) if days else 0
    first: dict[date, Day] = {}
    for one in days:
        before = first.setdefault(one.day, one)
        if before is not one:
            yield Problem(one.place, f"{one.day} 在 {before.place} 已写过，请只留一处")
        if one.works and one.day.weekday() < 5:
            yield Problem(one.place, f"{one.day} 不是周末，不会是调休上班日")
        if not belongs_to(one.day, year):
            yield Problem(one.place, f"{one.day} 不在 {year} 年，一个文件只写一年")


def missing_holidays(name: str, holidays: Iterable[str]) -> Iterator[Problem]:
    """A warning where an official table of file `name` leaves out what every year has."""
    written = "".join(holidays)
    if missing := [usual for usual in USUAL if usual not in written]:
        message = f"没有写{'、'.join(missing)}，这些日子会按平常的工作日和周末计算，请核对"
        yield Problem(name, message, warning=True)


def semester_faults(semesters: Sequence[PlacedSemester]) -> Iterator[Problem]:
    """Semesters that stand twice, lie outside their school year, or meet another one."""
    first: dict[tuple[str, str, str], PlacedSemester] = {}
    for placed in semesters:
        before = first.setdefault(placed.key, placed)
        if before is not placed:
            message = f"{placed.semester.label} 在 {before.place} 已写过，请只留一处"
            yield Problem(placed.place, message)
        label, year = placed.semester.label, int(placed.semester.label[:4])
        start, end = date(year, 8, 1), date(year + 1, 8, 31)
        if placed.semester.first < start or placed.semester.last > end:
            message = f"学期 {label} 应在 {start} 至 {end} 之间，请核对学年和日期"
            yield Problem(placed.place, message)
    yield from _meeting(tuple(first.values()))


def _meeting(semesters: Sequence[PlacedSemester]) -> Iterator[Problem]:
    """For each city and stage: a semester must begin after the one before it has ended."""
    calendar = WorkCalendar(semesters=tuple(placed.semester for placed in semesters))
    places = {placed.semester: placed.place for placed in semesters}
    overlapping = set()
    for city, stage in sorted({(s.city, s.stage) for s in calendar.semesters}):
        one_after_another = sorted(calendar.semesters_for(city, stage), key=lambda s: s.label)
        overlapping |= {(a, b) for a, b in pairwise(one_after_another) if b.first <= a.last}
    for before, after in sorted(overlapping, key=lambda pair: (pair[1].label, places[pair[1]])):
        message = (
            f"{after.label} 应在 {before.label}（{before.first} 至 {before.last}）结束以后开始"
        )
        yield Problem(places[after], message)
