"""A calendar as it arrives: YAML as documented, or a table of days or of semesters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    written_days,
    year_of,
)
from dj_cadence.loading.calendars.rule import (
    HolidayYearRule,
    SemesterRule,
    SemestersOutline,
    canonical,
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
)
from dj_cadence.loading.rules.layers import semester_entries
from dj_cadence.loading.rules.yaml_file import Place, YamlFile, read_yaml, validated
from dj_cadence.loading.tables.file import is_table_file, read_sheets
from dj_cadence.loading.tables.sheet import Sheet, UnreadableTableError, unseen
from dj_cadence.loading.tables.table import read_table
from dj_cadence.problems import Problem, faults, in_order, lines_of, with_lines

_MOST_ROWS = 1_000
_NOTHING = (
    "没有可导入的行：放假安排要有“日期、类型、名称”三列，校历要有“学年、学期、开始、结束”四列。"
)


@dataclass
class CalendarFile:
    """What one file says: a year of holidays, or semesters. With faults, neither."""

    name: str = ""
    holidays: HolidayYearRule | None = None
    semesters: Sequence[PlacedSemester] = ()
    problems: list[Problem] = field(default_factory=list)


def read_calendar(path: Path) -> CalendarFile:
    """All that `path` says or every fault, with its place.

    Raises Refused where the file is no calendar at all.
    """
    suffix = path.suffix.lower()
    read = CalendarFile(path.name)
    if suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise Refused(f"{path.name}：没有这个文件，请检查文件名。")
        file = read_yaml(path, path.name)
        _from_yaml(read, file)
        read.problems = with_lines(in_order(read.problems), lines_of({file.name: file.text}))
    elif is_table_file(path):
        try:
            _from_tables(read, read_sheets(path))
        except UnreadableTableError as error:
            raise Refused(f"{path.name}：{error}") from error
    else:
        raise Refused(f"{path.name}：不认识的文件类型，请用 .yaml、.xlsx 或 .csv。")
    return CalendarFile(path.name, problems=read.problems) if faults(read.problems) else read


# --- YAML ------------------------------------------------------------------------------------


def _from_yaml(read: CalendarFile, file: YamlFile) -> None:
    if file.value is None:
        read.problems = [Problem(p.place, p.message) for p in file.problems]
        read.problems = read.problems or [Problem(file.place(), "文件是空的")]
    elif isinstance(file.value, dict) and "semesters" in file.value:
        outline, problems = validated(SemestersOutline, file.value, file.place)
        read.problems = [*file.problems, *problems]
        entries = semester_entries(file) if outline else ()
        _semesters(read, ((entry.fields, entry.place) for entry in entries))
    else:
        year, problems = validated(HolidayYearRule, file.value, file.place)
        read.problems = [*file.problems, *problems]
        written = file.value if isinstance(file.value, dict) else {}
        read.problems += [Problem(file.place(loc), text) for loc, text in holiday_faults(written)]
        if year and not read.problems:
            days = [
                Day(file.place(loc[:2]), day, works, "")
                for loc, works, day in written_days(written)
            ]
            read.problems += day_faults(days)
            _year(read, year)


# --- tables ----------------------------------------------------------------------------------


def _from_tables(read: CalendarFile, sheets: Sequence[Sheet]) -> None:
    """The first sheet that is a calendar and has rows."""
    tables = [read_table(sheet, (DAY_COLUMNS, SEMESTER_COLUMNS), _MOST_ROWS) for sheet in sheets]
    table = next((table for table in tables if table and table.rows), None)
    read.problems = [*unseen(sheets), *(table.problems if table else ())]
    if table is None:
        read.problems.append(Problem(read.name, _NOTHING))
        return
    if all(column.key in table.origin.columns for column in table.columns if column.required):
        if table.columns is DAY_COLUMNS:
            _year_of_rows(read, table.rows)
        else:
            read.problems += flag_faults(table.rows)
            source = f"导入自 {read.name}"
            complete = (row for row in table.rows if not row.unread)
            _semesters(read, ((semester_fields(row, source), _at(row)) for row in complete))
    lines = {
        row.place(key): (" | ".join(row.cells.values()), 0)
        for row in table.rows
        for key in ("", *row.origin.columns)
    }
    read.problems = with_lines(read.problems, lines.get)


def _at(row: TableRow) -> Place:
    def place(loc: Sequence[str | int], *, key: bool = False) -> str:  # noqa: ARG001
        return row.place(FIELD_COLUMNS.get(str(loc[0]), "") if loc else "")

    return place


def _year_of_rows(read: CalendarFile, rows: Sequence[TableRow]) -> None:
    days: list[Day] = []
    for row in rows:
        of_row, wrong = days_in(row)
        days += of_row
        read.problems += wrong
    read.problems += day_faults(days)
    if all(day.works for day in days):
        read.problems.append(Problem(read.name, "没有一天放假，请核对"))
    if faults(read.problems):
        return
    fields = {
        "year": year_of(days),
        "status": "official",
        "source": next(filter(None, (row.text("来源") for row in rows)), f"导入自 {read.name}"),
        "holidays": holidays_of(days),
    }
    year, wrong = validated(HolidayYearRule, fields, lambda _loc, *, key=False: read.name)  # noqa: ARG005
    read.problems += wrong
    if year:
        _year(read, year)


# --- either ----------------------------------------------------------------------------------


def _year(read: CalendarFile, year: HolidayYearRule) -> None:
    if year.status == "official":
        read.problems += missing_holidays(read.name, (holiday.name for holiday in year.holidays))
    read.holidays = canonical(year)


def _semesters(read: CalendarFile, entries: Iterable[tuple[Mapping[str, Any], Place]]) -> None:
    placed = []
    for fields, place in entries:
        given = {key: value for key, value in fields.items() if value is not None}
        rule, wrong = validated(SemesterRule, given, place)
        read.problems += wrong
        if rule:
            placed.append(PlacedSemester(place(()), to_semester(rule)))
    if not placed and not read.problems:
        read.problems.append(Problem(read.name, "一个学期也没有写"))
    read.problems += semester_faults(placed)
    read.semesters = placed
