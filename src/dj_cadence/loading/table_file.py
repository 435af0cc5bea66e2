"""Workbooks and CSV files as rows of text that know where they stand."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from dj_cadence.errors import Refused

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".txt")


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is not empty."""

    place: str
    """Like `放假.xlsx Sheet1 第3行`."""
    cells: tuple[str, ...]


def read_tables(path: Path) -> list[list[Line]]:
    """The rows of each sheet. Raises Refused where the file cannot be read."""
    try:
        if path.suffix.lower() in TEXTS:
            return [_lines(path.name, csv_rows(decoded(path.read_bytes())))]
        with CalamineWorkbook.from_path(path) as book:
            sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
            rows = {n: sheet.to_python(skip_empty_area=False) for n, sheet in sheets.items()}
    except UnicodeDecodeError as error:
        said = "看不懂文件的编码，请另存为 UTF-8 的 CSV 或 xlsx。"
        raise Refused(f"{path.name}：{said}") from error
    except (OSError, CalamineError, csv.Error) as error:
        said = "文件打不开，请用表格软件打开后另存为 xlsx 再试。"
        raise Refused(f"{path.name}：{said}") from error
    return [_lines(f"{path.name} {name}", enumerate(found, 1)) for name, found in rows.items()]


def _lines(name: str, rows: Iterable[tuple[int, Iterable[object]]]) -> list[Line]:
    read = ((number, tuple(map(cell_text, cells))) for number, cells in rows)
    return [Line(f"{name} 第{number}行", cells) for number, cells in read if any(cells)]


def decoded(content: bytes) -> str:
    """Text in UTF-8, with or without a mark, or in GB18030. Raises UnicodeDecodeError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they begin on."""
    reader = csv.reader(StringIO(text, newline=""))
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def cell_text(value: object) -> str:
    """A cell as a person would type it."""
    match value:
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()
