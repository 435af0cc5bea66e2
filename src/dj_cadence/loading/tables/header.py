"""Finding the header of a sheet: in one line or two, below whatever titles."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.table_column import Column, Columns, column_of, squeezed
from dj_cadence.loading.tables.cell import Cell, Kind
from dj_cadence.loading.tables.sheet import Row, Sheet
from dj_cadence.problems import suggestion

_HEADER_ROWS = 12
"""How far down the header may stand."""
_ENOUGH = 2
"""So many known headers make a row a header."""
_NO_HINT = {squeezed(name) for name in ("序号", "备注", "性别", "民族")}


@dataclass(frozen=True)
class Header:
    """Where a sheet's columns are named."""

    columns: Columns
    """Of the kind of table it is."""
    first: Row
    last: Row
    """The same one, or the second of two lines."""
    texts: dict[int, str]
    """What is written over each column, in both lines."""
    found: dict[int, Column]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each column by its key; the first where there are two."""
        numbers: dict[str, int] = {}
        for number, column in self.found.items():
            numbers.setdefault(column.key, number)
        return numbers

    def completes(self, other: "Header") -> bool:
        """Whether these two lines are the line of `other` and one more of nothing but headers."""
        below = set(self.last.cells) <= set(self.found)
        return other.last is self.first is not self.last and below and self.columns is other.columns


def find_header(sheet: Sheet, kinds: Sequence[Columns]) -> Header | None:
    """The lines that name most columns of one of several kinds of tables; None for no table.

    Lines that name as many columns of two kinds say nothing.
    """
    top = [row for row in sheet.rows if not row.hidden][:_HEADER_ROWS]
    best: Header | None = None
    for first, last in _lines(top):
        read = [_read(columns, first, last) for columns in kinds]
        counts = [len(header.numbers) for header in read]
        most = max(counts)
        if most < _ENOUGH or counts.count(most) > 1:
            continue
        header = read[counts.index(most)]
        if best is None or most > len(best.numbers) or header.completes(best):
            best = header
    return best


def _lines(top: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Each line alone, then each with the one below it."""
    yield from ((row, row) for row in top)
    yield from ((a, b) for a, b in pairwise(top) if b.number == a.number + 1)


def _read(columns: Columns, first: Row, last: Row) -> Header:
    texts: dict[int, str] = {}
    found: dict[int, Column] = {}
    for number in sorted({*first.cells, *last.cells}):
        above, below = (
            row.cells[number].text if number in row.cells else "" for row in (first, last)
        )
        if first is last or not above or above == below:
            names = [below]
        elif below:
            names = [above + below, below + above, below]
        else:
            names = [above]
        texts[number] = above if above == below else f"{above}{below}"
        if column := column_of(names, columns):
            found[number] = column
    return Header(columns, first, last, texts, found)


# --- what is wrong with it --------------------------------------------------------------------


def header_faults(
    header: Header, sheet: Sheet, body: Sequence[Row]
) -> Iterator[tuple[int, str, bool]]:
    """(column or 0, what is wrong, whether only a warning)."""
    columns, numbers = header.columns, header.numbers
    wide = {number for row in body[:50] for number in row.cells} | set(header.texts)
    for number in sorted(wide):
        text, column = header.texts.get(number, ""), header.found.get(number)
        if column is None:
            yield from _unknown(header, number, text, body)
        elif numbers[column.key] != number:
            yield number, _twice(text, header.texts[numbers[column.key]], column), False
        elif sheet.hides(number):
            how = "请取消隐藏后再导入" if column.required else "没有导入；要导入请取消隐藏"
            yield number, f"“{column.header}”一列是隐藏的，{how}。", not column.required
    for column in columns:
        if column.required and column.key not in numbers:
            yield 0, f"缺少“{column.header}”一列，请补上。", False


def _twice(text: str, other: str, column: Column) -> str:
    if text == other:
        return f"表头“{text}”出现了两次，请删去一列。"
    return f"表头“{other}”和“{text}”都是“{column.header}”，请只留一列。"


def _unknown(
    header: Header, number: int, text: str, body: Sequence[Row]
) -> Iterator[tuple[int, str, bool]]:
    """A column that nobody knows: it must not be one that somebody meant to import."""
    cells = [row.cells[number] for row in body[:50] if number in row.cells]
    missing = [column for column in header.columns if column.key not in header.numbers]
    shown = f"不认识的表头“{text}”" if text else "这一列没有表头"
    if like := _likeness(text, cells, header.columns):
        wanted = "、".join(f"“{column.header}”" for column in like[1])
        change = f"要导入请把表头改成{wanted}（不要重复），" if wanted else "这张表没有这一栏，"
        yield number, f"{shown}，像是{like[0]}。{change}不导入请删去这一列。", False
    elif text and squeezed(text) not in _NO_HINT:
        hint = suggestion(text, [column.header for column in missing or header.columns]) or "。"
        yield number, f"{shown}，这一列不导入{hint}", True


# --- columns that nobody knows ----------------------------------------------------------------

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(
    r"(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}|(?:0[0-9]{2,3}[- ]?)[0-9]{7,8}"
)


_LIKENESSES: tuple[tuple[str, str, Callable[[Cell], object], Callable[[Column], bool]], ...] = (
    (
        "邮箱或其他联系地址",
        r"邮|mail|微信|钉钉|飞书|qq|地址",
        lambda cell: _EMAIL.fullmatch(cell.text),
        lambda column: column.key in ("email", "addresses"),
    ),
    (
        "电话",
        r"电话|手机|座机|联系方式|传真|phone|tel|mobile",
        lambda cell: _PHONE.fullmatch(cell.text),
        lambda column: column.key == "phone",
    ),
    (
        "日期",
        r"日期|时间|年月|生日|date",
        lambda cell: (
            cell.kind is Kind.DATE or (not cell.text.isdecimal() and parse_date(cell.text))
        ),
        lambda column: column.is_date,
    ),
)
"""What a column may look like: by its header, by a cell; and which columns it may have been."""


def _likeness(
    header: str, cells: Sequence[Cell], columns: Columns
) -> tuple[str, list[Column]] | None:
    """What a column looks like by its header, or by at least half of its first cells."""
    for label, named, holds, fits in _LIKENESSES:
        alike = sum(bool(holds(cell)) for cell in cells)
        if re.search(named, header, re.IGNORECASE) or (alike and alike * 2 >= len(cells)):
            return label, list(filter(fits, columns))
    return None
