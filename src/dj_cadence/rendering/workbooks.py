"""Workbooks: a sheet for each view, with filters, a header that stays, and dates as dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from math import ceil
from operator import attrgetter
from unicodedata import east_asian_width

import xlsxwriter  # type: ignore[import-untyped]

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.labels import TASKS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | date | None
Column = tuple[str, int]
"""Its header and its width."""
_LINE_HEIGHT = 15
_TITLE = 100
"""Characters of a title at most: Excel allows 255, and each & takes two."""

_NUMBERS: tuple[Column, ...] = (
    (TASKS["overdue"], 8),
    ("其中新增", 10),
    ("本周到期", 10),
    (TASKS["done"], 8),
    (TASKS["missed"], 12),
    (TASKS["submitted"], 12),
)
_LINE: tuple[Column, ...] = (
    ("下级", 28),
    ("组织", 28),
    ("任务", 36),
    ("周期", 24),
    ("最迟", 12),
    ("逾期天数", 10),
    ("项数", 8),
)


_line = attrgetter("child", "org_name", "title", "period", "due", "overdue_days", "count")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with its rows of text, numbers and dates."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    """Stands below the rows, and is neither filtered nor sorted with them."""


def digest_workbook(view: DigestView) -> bytes:
    """The digest for those who go on working with it. The same digest is always the same bytes."""
    children = [
        (child.org_code, child.org_name, *child.numbers, child.change) for child in view.children
    ]
    named = (("组织代码", 14), ("名称", 30))
    listed = (
        Sheet(
            "各项职责",
            (("职责", 30), *_NUMBERS),
            [(duty.title, *duty.numbers) for duty in view.duties],
            ("合计", *view.numbers),
        ),
        Sheet("新增逾期", _LINE, list(map(_line, view.newly_overdue))),
        Sheet("此前逾期", _LINE, list(map(_line, view.still_overdue))),
        Sheet("待您确认", _LINE, list(map(_line, view.decisions))),
        Sheet(
            TASKS["missed"],
            (*_LINE, ("原因", 40)),
            [(*_line(item), item.reason) for item in view.missed],
        ),
        Sheet("本级事项", _LINE, list(map(_line, view.own))),
        Sheet("需要补全", (("事项", 80),), [(sentence,) for sentence in view.missing]),
    )
    total = ("合计", f"{len(children)}个下级组织", *view.numbers, view.change)
    first = Sheet("下级情况", (*named, *_NUMBERS, ("逾期较上期", 12)), children, total)
    sheets = [first, *(sheet for sheet in listed if sheet.rows)]
    return workbook(f"{view.org_name} {chinese_label(view.week)}党建工作周报", sheets, view.day)


def workbook(title: str, sheets: Iterable[Sheet], made_on: date) -> bytes:
    """A workbook that says it was made on that day: the clock is in none of its bytes.

    `title` stands above each page that is printed; on the screen the file's name says it.
    """
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(made_on, time(0))})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#F4F2EF"}),
            "day": book.add_format(
                {"num_format": "yyyy-mm-dd", "align": "left", "valign": "vcenter"}
            ),
            "number": book.add_format({"align": "left", "valign": "vcenter"}),
            "total": book.add_format(
                {"bold": True, "top": 1, "align": "left", "valign": "vcenter"}
            ),
            "text": book.add_format({"text_wrap": True, "valign": "vcenter"}),
        }
        for sheet in sheets:
            _write(book, sheet, formats).set_header(f"&C&B{title[:_TITLE].replace('&', '&&')}")
    return content.getvalue()


def _write(
    book: xlsxwriter.Workbook, sheet: Sheet, formats: dict[str, object]
) -> xlsxwriter.worksheet.Worksheet:
    """What people typed is written as text, never as a formula."""
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page.set_paper(9)  # A4
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for index, (header, width) in enumerate(sheet.columns):
        page.set_column(index, index, width)
        page.write_string(0, index, header, formats["head"])
    for number, row in enumerate(sheet.rows, 1):
        _write_row(page, number, row, formats)
        if (lines := _lines_needed(row, sheet.columns)) > 1:
            page.set_row(number, _LINE_HEIGHT * lines)
    if sheet.total:
        same = dict.fromkeys(formats, formats["total"])
        _write_row(page, len(sheet.rows) + 1, sheet.total, same)
    return page


def _write_row(
    page: xlsxwriter.worksheet.Worksheet,
    number: int,
    row: Sequence[Cell],
    formats: dict[str, object],
) -> None:
    for index, cell in enumerate(row):
        if isinstance(cell, date):
            page.write_datetime(number, index, datetime.combine(cell, time(0)), formats["day"])
        elif isinstance(cell, int):
            page.write_number(number, index, cell, formats["number"])
        elif cell:
            page.write_string(number, index, cell, formats["text"])


def _lines_needed(row: Sequence[Cell], columns: Sequence[Column]) -> int:
    """How many lines the longest text takes in its column; not every program finds out itself."""
    texts = ((cell, width) for cell, (_, width) in zip(row, columns, strict=True))
    long = (
        (text, width) for text, width in texts if isinstance(text, str) and 2 * len(text) > width
    )
    return max((ceil(_width(text) / width) for text, width in long), default=1)


def _width(text: str) -> int:
    """In digits, as columns are measured; a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)
