"""One sheet of a workbook, cell by cell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dj_cadence.loading.tables.archive import BROKEN, TOO_LARGE, Archive
from dj_cadence.loading.tables.cell import Cell, Kind, text_cell
from dj_cadence.loading.tables.number_format import NumberFormat
from dj_cadence.loading.tables.sheet import Merge, Row, UnreadableTableError

_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_PAY_AFTER = 10_000
_PRICE_OF_A_MERGE = 20
_PLAIN = NumberFormat()
_FLAGS = {"1": "是", "true": "是", "0": "否", "false": "否"}


@dataclass
class Budget:
    """How much of a workbook is looked at, over all its sheets."""

    elements: int = 1_500_000
    """Rows and cells, empty ones too, and whatever else is counted one by one."""
    cells: int = 1_000_000
    letters: int = 30_000_000

    def spend(self, elements: int, cells: int = 0, letters: int = 0) -> None:
        """Raises UnreadableTableError when something is used up."""
        self.elements -= elements
        self.cells -= cells
        self.letters -= letters
        if self.elements < 0 or self.cells < 0 or self.letters < 0:
            raise UnreadableTableError(TOO_LARGE)


@dataclass(frozen=True)
class Shared:
    """What the sheets of a workbook have in common."""

    texts: Sequence[Cell | None] = ()
    formats: Sequence[NumberFormat] = ()
    """By the number of a cell's style."""
    since_1904: bool = False
    stale: bool = False
    """Whether results are worked out anew on opening: a 0 then stands for no result."""


@dataclass
class SheetReader:
    """Takes the elements of a sheet's XML one after another."""

    shared: Shared
    budget: Budget
    rows: dict[int, Row] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    _row: Row = field(default_factory=lambda: Row(0, {}))
    _column: int = 0
    _cell: Mapping[str, str] = field(default_factory=dict)
    _rows_hidden: bool = False
    _phonetic: bool = False
    _value: list[str] = field(default_factory=list)
    _formula: list[str] = field(default_factory=list)
    _into: list[str] | None = None
    """What a text belongs to: the value of the cell, its formula, or nothing."""
    _seen: int = 0
    _letters: int = 0

    def walk(self, archive: Archive, part: str) -> None:
        """Read the sheet. Raises UnreadableTableError."""
        starts = {
            "c": self._begin_cell,
            "v": self._begin_value,
            "t": self._begin_value,
            "f": self._begin_formula,
            "rPh": self._begin_phonetic,
            "row": self._begin_row,
            "mergeCell": self._merge,
            "col": self._hide_columns,
            "sheetFormatPr": self._hide_rows,
        }
        ends = {
            "c": self._end_cell,
            "v": self._end_text,
            "t": self._end_text,
            "f": self._end_text,
            "rPh": self._end_phonetic,
        }
        archive.walk(part, starts, ends, self._text)
        self._pay()

    def _pay(self) -> None:
        self.budget.spend(self._seen, letters=self._letters)
        self._seen = self._letters = 0

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        self._seen += 1
        if self._seen > _PAY_AFTER:
            self._pay()
        number = _whole(attributes.get("r"), self._row.number + 1)
        if not 1 <= number <= _LAST_ROW:
            raise UnreadableTableError(BROKEN)
        given = attributes.get("hidden")
        hidden = self._rows_hidden if given is None else is_true(given)
        self._row = Row(number, {}, hidden or attributes.get("ht") == "0")
        self._column = 0

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        """Where the cell stands is looked at only when there is something in it."""
        self._seen += 1
        if self._seen > _PAY_AFTER:
            self._pay()
        self._column += 1
        self._cell = attributes
        self._value, self._formula = [], []

    def _begin_value(self, _attributes: Mapping[str, str]) -> None:
        self._into = None if self._phonetic else self._value

    def _begin_formula(self, _attributes: Mapping[str, str]) -> None:
        self._formula.append("=")
        self._into = self._formula

    def _end_text(self) -> None:
        self._into = None

    def _begin_phonetic(self, _attributes: Mapping[str, str]) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False

    def _text(self, data: str) -> None:
        if self._into is not None:
            self._letters += len(data)
            if self._letters > _PAY_AFTER:
                self._pay()
            self._into.append(data)

    def _end_cell(self) -> None:
        place = self._cell.get("r")
        column, number = _place(place) if place else (self._column, self._row.number)
        self._column = column
        if not (self._value or self._formula) or not (cell := self._read_cell()):
            return
        if not 1 <= number <= _LAST_ROW or not 1 <= column <= _LAST_COLUMN:
            raise UnreadableTableError(BROKEN)
        if number != self._row.number:
            self._row = Row(number, {}, self._rows_hidden)
        self.budget.spend(0, cells=1, letters=len(cell.text))
        self.rows.setdefault(number, self._row).cells[column] = cell

    def _read_cell(self) -> Cell | None:
        kind, text = self._cell.get("t", "n"), "".join(self._value)
        if self._formula and kind != "str" and (not text or (self.shared.stale and text == "0")):
            return Cell(Kind.FORMULA, "".join(self._formula)[:40])
        if kind == "s":
            return self._shared_text(text)
        if kind == "n" and _NUMBER.fullmatch(text):
            return self._number(text)
        if kind == "b" and text in _FLAGS:
            return Cell(Kind.FLAG, _FLAGS[text])
        if kind == "e":
            return Cell(Kind.ERROR, text.strip()[:40] or "#VALUE!")
        return _iso_date(text) if kind == "d" else text_cell(unescaped(text))

    def _shared_text(self, text: str) -> Cell | None:
        index = _whole(text, -1)
        if not 0 <= index < len(self.shared.texts):
            raise UnreadableTableError(BROKEN)
        return self.shared.texts[index]

    def _number(self, text: str) -> Cell:
        style = _whole(self._cell.get("s"), 0)
        formats = self.shared.formats
        shape = formats[style] if 0 <= style < len(formats) else _PLAIN
        return shape.cell(float(text), since_1904=self.shared.since_1904)

    def _merge(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(_PRICE_OF_A_MERGE)
        first, _, last = attributes.get("ref", "").replace("$", "").partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        self.merges.append(Merge(top, left, bottom, right))

    def _hide_columns(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(1)
        if is_true(attributes.get("hidden")) or attributes.get("width") == "0":
            first = _whole(attributes.get("min"), 0)
            self.hidden_columns.append((first, _whole(attributes.get("max"), first)))

    def _hide_rows(self, attributes: Mapping[str, str]) -> None:
        self._rows_hidden = is_true(attributes.get("zeroHeight"))


def is_true(text: str | None) -> bool:
    """A flag as XML writes it."""
    return text in ("1", "true")


def unescaped(text: str) -> str:
    """A text without the form in which workbooks write control characters."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _iso_date(text: str) -> Cell | None:
    day, _, time = text.partition("T")
    return (
        Cell(Kind.DATE, day if time.startswith("00:00:00") or not time else f"{day} {time[:8]}")
        if day
        else None
    )


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and len(text) < 10 and text.isdecimal() else otherwise


def _place(reference: str) -> tuple[int, int]:
    """(column, row) of B5."""
    match = _PLACE.fullmatch(reference)
    if not match:
        raise UnreadableTableError(BROKEN)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(match[2])
