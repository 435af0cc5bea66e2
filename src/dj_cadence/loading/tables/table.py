"""A sheet understood as a table: rows of text by the keys of their columns.

Whatever cannot be taken as it stands is told with its place: an error, a formula without a
result, a merge over two columns, what is hidden, what stands below the table.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.roster.rows import Origin, TableRow
from dj_cadence.domain.table_column import Column, Columns, Content, squeezed
from dj_cadence.loading.tables.cell import Cell, Kind, moment_of
from dj_cadence.loading.tables.header import Header, find_header, header_faults
from dj_cadence.loading.tables.sheet import Merge, Row, Sheet, UnreadableTableError
from dj_cadence.problems import Problem

_SERIALS = range(20_000, 73_051)
"""From 1954 to 2099; no other number in a column of dates is one."""
_TOTAL = re.compile(r"(?:合计|总计|小计|共计|总数|累计)(?:[:(].*)?")
_MARK = r"(?:签字|签名|盖章|公章|签章)"
_SIGNED = re.compile(
    r"(?:(?:填表|制表|填报|审核|审批|复核|经办|打印|报送|统计|联系|负责)(?:人|单位|日期|时间|部门)"
    rf"|(?:单位|部门)?负责人|单位|日期|联系电话|电话|注|备注|说明|填表说明)(?:\(?{_MARK}\)?)*:.*"
    rf"|.*\({_MARK}\)",
    re.DOTALL,
)
"""Both of a text in half-width form without blanks."""


@dataclass
class Table:
    """The rows of one sheet, and what is wrong with them."""

    origin: Origin
    columns: Columns
    rows: list[TableRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(sheet: Sheet, kinds: Sequence[Columns], most: int) -> Table | None:
    """The sheet as one of several kinds of tables; None where it has no such header.

    Raises UnreadableTableError where it has more than `most` rows.
    """
    header = find_header(sheet, kinds)
    if header is None:
        return None
    numbers = {key: number for key, number in header.numbers.items() if not sheet.hides(number)}
    table = Table(Origin(sheet.name, numbers, bool(sheet.title)), header.columns)
    below = [row for row in sheet.rows if row.number > header.last.number]
    shown = [row for row in below if not row.hidden]
    table.problems += (
        Problem(_place(sheet, header.last.number, column), text, warning=warning)
        for column, text, warning in header_faults(header, sheet, shown)
    )
    hidden = [row.number for row in below if row.hidden and _own(row, numbers)]
    if hidden:
        listed = "、".join(map(str, hidden[:5])) + ("……" if len(hidden) > 5 else "")
        text = (
            f"有 {len(hidden)} 行是隐藏的（第 {listed} 行），没有导入；"
            "要导入请取消筛选或取消隐藏，不要的行请删去。"
        )
        table.problems.append(Problem(sheet.name, text, warning=True))
    entries = [row for row in shown if _own(row, numbers)]
    if len(entries) > most:
        raise UnreadableTableError(f"一次最多导入 {most} 行，请分成几个文件，分次导入。")
    shared = Counter(merge for row in entries for merge in set(row.merged.values()))
    by_key = {column.key: column for column in header.columns}
    for row in entries:
        if text := _aside(row, header):
            message = f"“{text[:20]}”这一行像是合计、表尾或重复的表头，没有导入。"
            table.problems.append(
                Problem(table.origin.place(row.number, ""), message, warning=True)
            )
        else:
            table.rows.append(_table_row(sheet, table, row, by_key, shared))
    return table


def is_table(sheet: Sheet) -> bool:
    """Whether two cells stand side by side in any row; else it is empty, or prose."""
    return any(len(row.cells) - max(0, len(row.merged) - 1) > 1 for row in sheet.rows)


def _place(sheet: Sheet, row: int, column: int) -> str:
    return Origin(sheet.name, {"": column} if column else {}, bool(sheet.title)).place(row, "")


def _own(row: Row, numbers: Mapping[str, int]) -> bool:
    """Whether a row says anything in the table's columns that it does not share with one above."""
    cells = (n for n in numbers.values() if n in row.cells)
    return any(n not in row.merged or row.merged[n].top == row.number for n in cells)


def _aside(row: Row, header: Header) -> str:
    """The first text of a row that is no entry: a total, a signature, the header once more."""
    text = row.cells[min(row.cells)].text
    alone = len(row.cells) == 1 and parse_date(text)
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    if alone or _TOTAL.fullmatch(plain) or _SIGNED.fullmatch(plain):
        return text
    named = [(row.cells.get(number), header.texts[number]) for number in header.found]
    again = [cell and squeezed(cell.text) == squeezed(name) for cell, name in named]
    return text if len(again) > 1 and all(again) else ""


def _table_row(
    sheet: Sheet, table: Table, row: Row, by_key: Mapping[str, Column], shared: Mapping[Merge, int]
) -> TableRow:
    cells: dict[str, str] = {}
    unread: set[str] = set()
    for key, number in table.origin.columns.items():
        cell = row.cells.get(number)
        fault = cell and (
            _merged_badly(table, row, by_key[key], number, shared) or _fault(cell, by_key[key])
        )
        cells[key] = "" if fault or not cell else _text(cell, by_key[key], sheet)
        if fault:
            unread.add(key)
            table.problems.append(Problem(table.origin.place(row.number, key), fault))
    return TableRow(table.origin, row.number, cells, frozenset(unread))


def _merged_badly(
    table: Table, row: Row, column: Column, number: int, shared: Mapping[Merge, int]
) -> str:
    merge = row.merged.get(number)
    if merge is None:
        return ""
    if sum(merge.left <= one <= merge.right for one in table.origin.columns.values()) > 1:
        return "合并的单元格跨了几列，分不清内容属于哪一列。请取消合并，分别填写。"
    if column.one_each and shared[merge] > 1:
        return (
            f"合并的单元格跨了几行，而“{column.header}”每一行都要单独填写。请取消合并，分别填写。"
        )
    return ""


def _fault(cell: Cell, column: Column) -> str:
    if cell.kind is Kind.DATE and column.content in (Content.CODE, Content.COUNT):
        return (
            f"这一格被表格软件当成了日期（{cell.text}）。请把这一列设为文本格式，再重新填写这一格。"
        )
    return cell.fault


def _text(cell: Cell, column: Column, sheet: Sheet) -> str:
    if column.content is Content.COUNT:
        return cell.plain
    if column.content is Content.DATE and cell.number is not None and cell.number in _SERIALS:
        moment = moment_of(cell.number, since_1904=sheet.since_1904)
        return moment.date().isoformat() if moment else cell.text
    return cell.text
