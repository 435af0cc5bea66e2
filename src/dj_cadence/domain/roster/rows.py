"""Rows of a table as text, which know where they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dj_cadence.domain.table_column import Columns
from dj_cadence.problems import LineOf, Problem


@dataclass(frozen=True, slots=True)
class Origin:
    """A sheet as it stands in a file; `columns` gives each key's number from 1."""

    name: str
    """`花名册.xlsx 组织`, or a CSV file's name."""
    columns: Mapping[str, int]
    lettered: bool
    """Whether cells are named as in a workbook (C5), or as line and column."""

    def place(self, row: int, key: str) -> str:
        """Where the cell is; only the row where the sheet has no such column."""
        column = self.columns.get(key)
        if self.lettered:
            return f"{self.name}!{column_letters(column) if column else ''}{row}"
        return f"{self.name}:{row}:{column}" if column else f"{self.name}:{row}"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row; `cells` has a text for every column of its table, empty ones included."""

    origin: Origin
    number: int
    cells: Mapping[str, str]
    unread: frozenset[str] = frozenset()
    """Columns whose cell holds no value that could be taken, which has been told with its place."""

    def place(self, key: str = "") -> str:
        return self.origin.place(self.number, key)

    def warning(self, key: str, text: str) -> Problem:
        return Problem(self.place(key), text, warning=True)

    def text(self, key: str) -> str:
        """Empty also where the table has no such column."""
        return self.cells.get(key, "")

    def line(self, key: str) -> tuple[str, int]:
        """The row as one line of text, and where in it the cell begins; 0 for no cell."""
        keys = sorted(self.origin.columns, key=self.origin.columns.__getitem__)
        before = keys[: keys.index(key)] if key in keys else []
        at = sum(len(self.text(name)) + len(" | ") for name in before) + 1 if key in keys else 0
        return " | ".join(map(self.text, keys)), at

    def over(self, stored: Mapping[str, str], kept: Iterable[str]) -> "TableRow":
        """This row laid over what is known: an empty cell clears, except those in `kept`.

        A column that the sheet does not have changes nothing.
        """
        cells = {**stored, **self.cells}
        cells |= {key: stored[key] for key in kept if key in stored and not cells[key]}
        return replace(self, cells=cells)


@dataclass(frozen=True, slots=True)
class RosterSheets:
    """All rows of the files of one import."""

    orgs: tuple[TableRow, ...]
    appointments: tuple[TableRow, ...]

    def line_of(self, wanted: Iterable[str]) -> LineOf:
        """Looks up the rows at the `wanted` places."""
        wanted = set(wanted)
        rows = (*self.orgs, *self.appointments) if wanted else ()
        lines = {
            place: row.line(key)
            for row in rows
            for key in ("", *row.origin.columns)
            if (place := row.place(key)) in wanted
        }
        return lines.get


def sheet_rows(
    name: str, columns: Columns, every: Iterable[Mapping[str, str]]
) -> tuple[TableRow, ...]:
    """The rows of a workbook's sheet with all its columns, below its header."""
    origin = Origin(name, {c.key: number for number, c in enumerate(columns, 1)}, lettered=True)
    return tuple(
        TableRow(origin, number, {c.key: cells.get(c.key, "") for c in columns})
        for number, cells in enumerate(every, 2)
    )


def column_letters(number: int) -> str:
    """A workbook's name of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
