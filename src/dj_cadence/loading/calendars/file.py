"""A calendar as it arrives: YAML as documented, or a table of days or of semesters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.errors import Refused
from dj_cadence.loading.calendars.checks import (
    Day,
    PlacedSemester,
    day_faults,
    holiday_faults,
    missing_holidays,
    semester_faults,
    year_of,
)
from dj_cadence.loading.calendars.rule import (
    HolidayYearRule,
    SemesterRule,
    SemestersOutline,
    days_of,
    to_semester,
)
from dj_cadence.loading.calendars.table import (
    DAY_COLUMNS,
    FIELD_COLUMNS,
    SEMESTER_COLUMNS,
    days_in,
    flag_faults,
    holidays_of,
    semester_fields,
    source_of,
)
from dj_cadence.loading.calendars.text import canonical
from dj_cadence.loading.rules.layers import semester_entries
from dj_cadence.loading.rules.yaml_file import Place, YamlFile, read_yaml, validated
from dj_cadence.loading.tables.file import is_table_file, read_sheets
from dj_cadence.loading.tables.sheet import Sheet, UnreadableTableError, unseen
from dj_cadence.loading.tables.table import Table, read_table
from dj_cadence.problems import Problem, faults, in_order, lines_of, with_lines

_MOST_ROWS = 1_000
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
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise Refused(f"{path.name}：没有这个文件，请检查文件名。")
        file = read_yaml(path, path.name)
        read = _from_yaml(file)
        problems = with_lines(in_order(read.problems), lines_of({file.name: file.text}))
        read = replace(read, problems=tuple(problems))
    elif is_table_file(path):
        try:
            read = _from_tables(path.name, read_sheets(path))
        except UnreadableTableError as error:
            raise Refused(f"{path.name}：{error}") from error
    else:
        raise Refused(f"{path.name}：不认识的文件类型，请用 .yaml、.xlsx 或 .csv。")
    return CalendarFile(problems=read.problems) if faults(read.problems) else read


# --- YAML ------------------------------------------------------------------------------------


def _from_yaml(file: YamlFile) -> CalendarFile:
    if file.value is None:
        faults = tuple(Problem(p.place, p.message) for p in file.problems)
        return CalendarFile(problems=faults or (Problem(file.place(), "文件是空的"),))
    if isinstance(file.value, dict) and "semesters" in file.value:
        outline, problems = validated(SemestersOutline, file.value, file.place)
        entries = semester_entries(file) if outline else ()
        placed = [(entry.fields, entry.place) for entry in entries]
        return _semesters(file.name, placed, problems)
    year, problems = validated(HolidayYearRule, file.value, file.place)
    written = file.value if isinstance(file.value, dict) else {}
    problems += [Problem(file.place(loc), message) for loc, message in holiday_faults(written)]
    if year and not problems:
        return _year(file.name, year, day_faults(_days_of_year(file, year)))
    return CalendarFile(problems=tuple(problems))


def _days_of_year(file: YamlFile, year: HolidayYearRule) -> list[Day]:
    return [
        Day(file.place(("holidays", index)), day, works, holiday.name)
        for index, holiday in enumerate(year.holidays)
        for works, texts in ((False, holiday.days_off), (True, holiday.make_up_days))
        for text in texts
        for day in days_of(text)
    ]


# --- tables ----------------------------------------------------------------------------------


def _from_tables(name: str, sheets: Sequence[Sheet]) -> CalendarFile:
    """The first sheet that is a calendar and has rows."""
    tables = [read_table(sheet, (DAY_COLUMNS, SEMESTER_COLUMNS), _MOST_ROWS) for sheet in sheets]
    table = next((table for table in tables if table and table.rows), None)
    problems = [*unseen(sheets), *(table.problems if table else ())]
    if table is None:
        return CalendarFile(problems=(*problems, Problem(name, _NOTHING)))
    read = _rows_of(name, table, problems)
    return replace(read, problems=tuple(with_lines(read.problems, _lines(table.rows).get)))


def _rows_of(name: str, table: Table, problems: list[Problem]) -> CalendarFile:
    if any(column.required and column.key not in table.origin.columns for column in table.columns):
        return CalendarFile(problems=tuple(problems))
    if table.columns is DAY_COLUMNS:
        return _year_of_rows(name, table.rows, problems)
    entries = [
        (semester_fields(row, f"导入自 {name}"), _at(row)) for row in table.rows if not row.unread
    ]
    return _semesters(name, entries, [*problems, *flag_faults(table.rows)])


def _lines(rows: Sequence[TableRow]) -> dict[str, tuple[str, int]]:
    """What stands in the rows, by the places of their cells."""
    return {
        row.place(key): (" | ".join(row.cells.values()), 0)
        for row in rows
        for key in ("", *row.origin.columns)
    }


def _at(row: TableRow) -> Place:
    def place(loc: Sequence[str | int], *, key: bool = False) -> str:  # noqa: ARG001
        return row.place(FIELD_COLUMNS.get(str(loc[0]), "") if loc else "")

    return place


def _year_of_rows(name: str, rows: Sequence[TableRow], found: Sequence[Problem]) -> CalendarFile:
    read = [days_in(row) for row in rows]
    days = [day for of_row, _ in read for day in of_row]
    problems = [*found, *(problem for _, of_row in read for problem in of_row)]
    problems += day_faults(days)
    if all(day.works for day in days):
        problems.append(Problem(name, "没有一天放假，请核对"))
    if faults(problems):
        return CalendarFile(problems=tuple(problems))
    fields = {
        "year": year_of(days),
        "status": "official",
        "source": source_of(rows, f"导入自 {name}"),
        "holidays": holidays_of(days),
    }
    year, wrong = validated(HolidayYearRule, fields, lambda _loc, *, key=False: name)  # noqa: ARG005
    return _year(name, year, problems) if year else CalendarFile(problems=(*problems, *wrong))


# --- either ----------------------------------------------------------------------------------


def _year(name: str, year: HolidayYearRule, faults: Iterable[Problem] = ()) -> CalendarFile:
    problems = list(faults)
    if year.status == "official":
        problems += missing_holidays(name, (holiday.name for holiday in year.holidays))
    return CalendarFile(holidays=canonical(year), problems=tuple(problems))


def _semesters(
    name: str, entries: Iterable[tuple[Mapping[str, Any], Place]], faults: Sequence[Problem] = ()
) -> CalendarFile:
    problems, placed = list(faults), []
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
