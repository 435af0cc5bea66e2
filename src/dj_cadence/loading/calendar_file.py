"""A calendar as it arrives: YAML as documented, or a table of days or of semesters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dj_cadence.domain.problem import Problem, faults, in_order, lines_of, with_lines
from dj_cadence.errors import Refused
from dj_cadence.loading.calendar_checks import (
    Day,
    PlacedSemester,
    day_faults,
    holiday_faults,
    missing_holidays,
    semester_faults,
    year_of,
)
from dj_cadence.loading.calendar_rule import (
    HolidayYearRule,
    SemesterRule,
    SemestersShape,
    days_of,
    to_semester,
)
from dj_cadence.loading.calendar_table import (
    DAY_HEADERS,
    SEMESTER_HEADERS,
    Row,
    days_in,
    flag_faults,
    holidays_of,
    rows_in,
    semester_fields,
    source_of,
)
from dj_cadence.loading.calendar_text import canonical
from dj_cadence.loading.table_file import TEXTS, WORKBOOKS, Line, read_tables
from dj_cadence.loading.yaml_file import Place, YamlFile, read_yaml, validated

_NOTHING = (
    "没有可导入的行：放假安排要有“日期、类型、名称”三列，校历要有“学年、学期、开始、结束”四列。"
)


@dataclass(frozen=True)
class CalendarFile:
    """What one file says: a year of holidays, or semesters. With faults, neither."""

    holidays: HolidayYearRule | None = None
    semesters: tuple[PlacedSemester, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_calendar(path: Path) -> CalendarFile:
    """All that `path` says or every fault, with its place.

    Raises Refused where the file is no calendar at all.
    """
    if not path.is_file():
        raise Refused(f"{path.name}：没有这个文件，请检查文件名。")
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        file = read_yaml(path, path.name)
        read = _from_yaml(file)
        read = replace(read, problems=tuple(in_order(read.problems)))
        line_of = lines_of({file.name: file.text})
    elif suffix in (*WORKBOOKS, *TEXTS):
        tables = read_tables(path)
        read = _from_tables(path.name, tables)
        rows = {line.place: (" | ".join(line.cells), 0) for lines in tables for line in lines}
        line_of = rows.get
    else:
        raise Refused(f"{path.name}：不认识的文件类型，请用 .yaml、.xlsx 或 .csv。")
    read = replace(read, problems=tuple(with_lines(read.problems, line_of)))
    return CalendarFile(problems=read.problems) if faults(read.problems) else read


# --- YAML ------------------------------------------------------------------------------------


def _from_yaml(file: YamlFile) -> CalendarFile:
    if file.value is None:
        said = tuple(Problem(p.place, p.message) for p in file.problems)
        return CalendarFile(problems=said or (Problem(file.place(), "文件是空的"),))
    if isinstance(file.value, dict) and "semesters" in file.value:
        shape, problems = validated(SemestersShape, file.value, file.place)
        entries = shape.semesters if shape else []
        placed = [(fields, _below(file, n)) for n, fields in enumerate(entries)]
        return _semesters(file.name, placed, problems)
    year, problems = validated(HolidayYearRule, file.value, file.place)
    written = file.value if isinstance(file.value, dict) else {}
    problems += [Problem(file.place(loc), said) for loc, said in holiday_faults(written)]
    if year and not problems:
        return _year(file.name, year, day_faults(_days_of_year(file, year)))
    return CalendarFile(problems=tuple(problems))


def _below(file: YamlFile, index: int) -> Place:
    def place(loc: Sequence[str | int], *, key: bool = False) -> str:
        return file.place(("semesters", index, *loc), key=key or not loc)

    return place


def _days_of_year(file: YamlFile, year: HolidayYearRule) -> list[Day]:
    return [
        Day(file.place(("holidays", index)), day, works, holiday.name)
        for index, holiday in enumerate(year.holidays)
        for works, texts in ((False, holiday.days_off), (True, holiday.make_up_days))
        for text in texts
        for day in days_of(text)
    ]


# --- tables ----------------------------------------------------------------------------------


def _from_tables(name: str, tables: Sequence[Sequence[Line]]) -> CalendarFile:
    if rows := rows_in(tables, DAY_HEADERS):
        return _year_of_rows(name, rows)
    if rows := rows_in(tables, SEMESTER_HEADERS):
        entries = [(semester_fields(row, f"导入自 {name}"), _at(row)) for row in rows]
        return _semesters(name, entries, list(flag_faults(rows)))
    return CalendarFile(problems=(Problem(name, _NOTHING),))


def _at(row: Row) -> Place:
    return lambda _loc, *, key=False: row.place  # noqa: ARG005 - a row has one place for all


def _year_of_rows(name: str, rows: Sequence[Row]) -> CalendarFile:
    read = [days_in(row) for row in rows]
    days = [day for found, _ in read for day in found]
    problems = [problem for _, found in read for problem in found]
    problems += day_faults(days)
    if all(day.works for day in days):
        problems.append(Problem(name, "没有一天放假，请核对"))
    if problems:
        return CalendarFile(problems=tuple(problems))
    fields = {
        "year": year_of(days),
        "status": "official",
        "source": source_of(rows, f"导入自 {name}"),
        "holidays": holidays_of(days),
    }
    year, wrong = validated(HolidayYearRule, fields, lambda _loc, *, key=False: name)  # noqa: ARG005
    return _year(name, year) if year else CalendarFile(problems=tuple(wrong))


# --- either ----------------------------------------------------------------------------------


def _year(name: str, year: HolidayYearRule, found: Iterable[Problem] = ()) -> CalendarFile:
    problems = list(found)
    if year.status == "official":
        problems += missing_holidays(name, (holiday.name for holiday in year.holidays))
    return CalendarFile(holidays=canonical(year), problems=tuple(problems))


def _semesters(
    name: str, entries: Iterable[tuple[dict[str, Any], Place]], found: Sequence[Problem] = ()
) -> CalendarFile:
    problems, placed = list(found), []
    for fields, place in entries:
        given = {key: value for key, value in fields.items() if value is not None}
        rule, wrong = validated(SemesterRule, given, place)
        problems += wrong
        if rule:
            placed.append(PlacedSemester(place(()), to_semester(rule)))
    if not placed and not problems:
        problems.append(Problem(name, "一个学期也没有写"))
    problems += semester_faults(placed)
    return CalendarFile(semesters=tuple(placed), problems=tuple(problems))
