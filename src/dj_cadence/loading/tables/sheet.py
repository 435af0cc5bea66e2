"""A sheet as it stands in a file: its cells with their places, merges, and what is hidden."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from dj_cadence.loading.tables.cell import Cell
from dj_cadence.problems import Problem

_MOST_MERGED = 200_000


class UnreadableTableError(Exception):
    """Why a file is not read as a table, in Chinese."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are merged into one."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Row:
    """A row with something in it; columns count from 1."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False
    merged: dict[int, Merge] = field(default_factory=dict)
    """Of the columns that a merge covers; `cells` has its value in all of them."""


@dataclass(slots=True)
class Sheet:
    """A sheet of a workbook, or a whole text file."""

    name: str
    """`花名册.xlsx 组织`, or a text file's name."""
    title: str = ""
    """Of the sheet alone; empty for a text file."""
    rows: list[Row] = field(default_factory=list)
    """Those that are not empty, in order."""
    hidden: bool = False
    """Nothing of it is read."""
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each stretch."""
    since_1904: bool = False
    """Whether serial numbers of days count from 1904."""

    def hides(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.hidden_columns)


def spread(rows: Sequence[Row], merges: Sequence[Merge]) -> list[Row]:
    """The rows with the value of each merge in all its cells.

    What lies under a merge cannot be seen and is dropped; so is a row that has nothing of its
    own. Raises UnreadableTableError where merges cover more than any table needs.
    """
    places = list(islice(_covered(rows, merges), _MOST_MERGED + 1))
    if len(places) > _MOST_MERGED:
        raise UnreadableTableError("合并的单元格太多，请取消合并后再导入。")
    values: dict[Merge, Cell] = {}
    for row, column, merge in places:
        cell = row.cells.pop(column, None)
        if cell and (row.number, column) == (merge.top, merge.left):
            values[merge] = cell
    tops = {merge.top for merge in values}
    filled = [row for row in rows if row.cells or row.number in tops]
    for row, column, merge in places:
        row.merged[column] = merge
        if merge in values:
            row.cells[column] = values[merge]
    return filled


def _covered(rows: Sequence[Row], merges: Sequence[Merge]) -> Iterator[tuple[Row, int, Merge]]:
    """(row, column, merge) of the cells under merges, as far as the table reaches."""
    numbers = [row.number for row in rows]
    last = max((column for row in rows for column in row.cells), default=0)
    for merge in merges:
        first, end = bisect_left(numbers, merge.top), bisect_right(numbers, merge.bottom)
        for row in rows[first:end]:
            for column in range(merge.left, min(merge.right, last) + 1):
                yield row, column, merge


def unseen(sheets: Sequence[Sheet]) -> Iterator[Problem]:
    """A warning for each sheet that is hidden."""
    text = "这张工作表是隐藏的，没有导入；要导入请取消隐藏，不要的请删去。"
    return (Problem(sheet.name, text, warning=True) for sheet in sheets if sheet.hidden)
