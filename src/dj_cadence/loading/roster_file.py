"""Rosters from workbooks and CSV files, as rows of text that know where they stand."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from dj_cadence.domain.problem import Problem, suggestion
from dj_cadence.domain.roster_sheet import (
    APPOINTMENT_COLUMNS,
    ORG_COLUMNS,
    Column,
    Origin,
    RosterRow,
    RosterSheets,
)
from dj_cadence.domain.wording import os_reason
from dj_cadence.loading.table_file import TEXTS, WORKBOOKS, cell_text, csv_rows, decoded

_HEADER_ROWS = 10
"""How far down the header may stand; titles above it are passed over."""
_BRACKETED = re.compile(r"(.+?)\s*[(（](\w+)[)）]")
_SHEETS: tuple[tuple[Column, ...], ...] = (ORG_COLUMNS, APPOINTMENT_COLUMNS)

_NO_HEADER = (
    "没有认出表头：组织表要有“组织代码、组织名称、类别”三列，任职表要有“组织代码、职务、姓名”三列。"
)
_Table = list[tuple[int, list[str]]]
"""Rows of text with their numbers, those that are empty left out."""


def read_roster(paths: Sequence[Path]) -> tuple[RosterSheets, list[Problem]]:
    """The rows of all files, and what is wrong with files and headers."""
    rows: dict[tuple[Column, ...], list[RosterRow]] = {columns: [] for columns in _SHEETS}
    problems: list[Problem] = []
    for path in paths:
        found = False
        try:
            for name, lettered, table in _tables(path):
                found |= _read_table(name, table, rows, problems, lettered=lettered)
        except (
            OSError,
            CalamineError,
            csv.Error,
            UnicodeDecodeError,
            _UnknownFormatError,
        ) as error:
            problems.append(Problem(path.name, _unreadable(error)))
            continue
        if not found:
            problems.append(Problem(path.name, _NO_HEADER))
    return RosterSheets(tuple(rows[ORG_COLUMNS]), tuple(rows[APPOINTMENT_COLUMNS])), problems


class _UnknownFormatError(Exception):
    pass


def _unreadable(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "没有这个文件，请检查文件名。"
        case _UnknownFormatError():
            return f"不认识的文件类型，请用 {'、'.join((*WORKBOOKS, '.csv'))}。"
        case UnicodeDecodeError():
            return "看不懂文件的编码，请另存为 UTF-8 的 CSV 或 xlsx。"
        case OSError():
            return f"文件打不开：{os_reason(error.errno)}。"
        case _:
            return "文件打不开，请用表格软件打开后另存为 xlsx 再试。"


def _tables(path: Path) -> Iterator[tuple[str, bool, _Table]]:
    """(name, whether cells have letters, rows) of each sheet of a file."""
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        if not path.exists():
            raise FileNotFoundError(path)
        with CalamineWorkbook.from_path(path) as book:
            for sheet in book.sheet_names:
                values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                yield f"{path.name} {sheet}", True, _filled(enumerate(values, 1))
    elif suffix in TEXTS:
        yield path.name, False, _filled(csv_rows(decoded(path.read_bytes())))
    else:
        raise _UnknownFormatError


def _filled(rows: Iterable[tuple[int, Sequence[object]]]) -> _Table:
    read = ((number, [cell_text(cell) for cell in cells]) for number, cells in rows)
    return [(number, cells) for number, cells in read if any(cells)]


def _read_table(
    name: str,
    table: _Table,
    rows: dict[tuple[Column, ...], list[RosterRow]],
    problems: list[Problem],
    *,
    lettered: bool,
) -> bool:
    """Add the rows of one sheet; whether there was anything in it.

    A sheet without two filled cells side by side is empty or prose, and passed over.
    """
    found = _header(table)
    if found is None:
        is_table = any(len(list(filter(None, cells))) > 1 for _, cells in table)
        problems += [Problem(name, _NO_HEADER)] if is_table else []
        return is_table
    index, columns = found
    number, header = table[index]
    origin = Origin(name, _numbers(header, columns), lettered)
    problems += _header_problems(origin, number, header, columns)
    rows[columns] += (
        RosterRow(origin, line, _cells(origin, cells)) for line, cells in table[index + 1 :]
    )
    return True


def _header(table: _Table) -> tuple[int, tuple[Column, ...]] | None:
    """The row that is a header, and of which sheet: the one more of whose columns it names."""
    for index, (_, cells) in enumerate(table[:_HEADER_ROWS]):
        counted = {columns: len(_numbers(cells, columns)) for columns in _SHEETS}
        best = max(_SHEETS, key=counted.__getitem__)
        if counted[best] >= 2 and len(set(counted.values())) > 1:
            return index, best
    return None


def _cells(origin: Origin, values: Sequence[str]) -> dict[str, str]:
    return {
        key: values[number - 1] if number <= len(values) else ""
        for key, number in origin.columns.items()
    }


def _key(columns: Sequence[Column]) -> Callable[[str], str | None]:
    known = {name: column.key for column in columns for name in (column.header, column.key)}

    def key(header: str) -> str | None:
        text = header.strip("* \u3000").lower()
        bracketed = _BRACKETED.fullmatch(text)
        names = (text, *bracketed.groups()) if bracketed else (text,)
        return next((known[name] for name in names if name in known), None)

    return key


def _numbers(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """The number, from 1, of each column that the header names; the first of two."""
    key_of = _key(columns)
    found: dict[str, int] = {}
    for number, text in enumerate(header, 1):
        if key := key_of(text):
            found.setdefault(key, number)
    return found


def _header_problems(
    origin: Origin, number: int, header: Sequence[str], columns: Sequence[Column]
) -> Iterator[Problem]:
    key_of = _key(columns)
    names = [column.header for column in columns]
    for position, text in enumerate(header, 1):
        key = key_of(text)
        place = Origin(origin.name, {"": position}, origin.lettered).place(number, "")
        if text and key is None:
            hint = suggestion(text, names) or "。"
            yield Problem(place, f"不认识的表头“{text}”，这一列不导入{hint}", warning=True)
        elif key and origin.columns[key] != position:
            yield Problem(place, f"表头“{text}”出现了两次，请删去一列。")
    for column in columns:
        if column.required and column.key not in origin.columns:
            yield Problem(origin.place(number, ""), f"缺少“{column.header}”一列，请补上。")
