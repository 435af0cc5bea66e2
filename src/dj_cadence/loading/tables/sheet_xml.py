"""One sheet of a workbook, cell by cell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dj_cadence.loading.tables.archive import BROKEN, Archive, Element
from dj_cadence.loading.tables.cell import Cell, Kind, text_cell
from dj_cadence.loading.tables.number_format import NumberFormat
from dj_cadence.loading.tables.sheet import Merge, Row, Sheet, UnreadableTableError, spread

_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_PRICE_OF_A_MERGE = 20
_PLAIN = NumberFormat()
_FLAGS = {"1": "是", "true": "是", "0": "否", "false": "否"}


@dataclass
class Shared:
    """What the sheets of a workbook have in common."""

    texts: Sequence[Cell | None] = ()
    formats: Sequence[NumberFormat] = ()
    """By the number of a cell's style."""
    since_1904: bool = False
    stale: bool = False
    """Whether results are worked out anew on opening: a 0 then stands for no result."""


class SheetReader:
    """Takes the elements of a sheet's XML one after another."""

    def __init__(self, archive: Archive, shared: Shared) -> None:
        self._archive, self._shared = archive, shared
        self._rows: dict[int, Row] = {}
        self._merges: list[Merge] = []
        self._hidden_columns: list[tuple[int, int]] = []
        self._row, self._column = Row(0, {}), 0
        self._rows_hidden = False

    def read(self, part: str, sheet: Sheet) -> None:
        """Fill the sheet. Raises UnreadableTableError."""
        takes = {
            "row": self._begin_row,
            "c": self._take_cell,
            "mergeCell": self._merge,
            "col": self._hide_columns,
            "sheetFormatPr": self._hide_rows,
        }
        for element in self._archive.elements(part, takes):
            takes[element.name](element)
        rows = sorted(self._rows.values(), key=lambda row: row.number)
        sheet.rows = spread(rows, self._merges)
        sheet.hidden_columns = self._hidden_columns

    def _begin_row(self, row: Element) -> None:
        number = whole(row.attributes.get("r"), self._row.number + 1)
        if not 1 <= number <= _LAST_ROW:
            raise UnreadableTableError(BROKEN)
        given = row.attributes.get("hidden")
        hidden = self._rows_hidden if given is None else is_true(given)
        self._row = Row(number, {}, hidden or row.attributes.get("ht") == "0")
        self._column = 0

    def _take_cell(self, element: Element) -> None:
        place = element.attributes.get("r")
        column, number = _place(place) if place else (self._column + 1, self._row.number)
        self._column = column
        if not (element.value or element.formula) or not (cell := self._read_cell(element)):
            return
        if not 1 <= number <= _LAST_ROW or not 1 <= column <= _LAST_COLUMN:
            raise UnreadableTableError(BROKEN)
        if number != self._row.number:
            self._row = Row(number, {}, self._rows_hidden)
        self._archive.spend(cells=1, letters=len(cell.text))
        self._rows.setdefault(number, self._row).cells[column] = cell

    def _read_cell(self, element: Element) -> Cell | None:
        kind, text = element.attributes.get("t", "n"), element.value
        stale = not text or (self._shared.stale and text == "0")
        if element.formula and kind != "str" and stale:
            return Cell(Kind.FORMULA, element.formula[:40])
        if kind == "s":
            index = whole(text, len(self._shared.texts))
            if index >= len(self._shared.texts):
                raise UnreadableTableError(BROKEN)
            return self._shared.texts[index]
        if kind == "n" and _NUMBER.fullmatch(text):
            style = whole(element.attributes.get("s"), 0)
            formats = self._shared.formats
            shape = formats[style] if style < len(formats) else _PLAIN
            return shape.cell(float(text), since_1904=self._shared.since_1904)
        if kind == "b" and text in _FLAGS:
            return Cell(Kind.FLAG, _FLAGS[text])
        if kind == "e":
            return Cell(Kind.ERROR, text.strip()[:40] or "#VALUE!")
        return _iso_date(text) if kind == "d" else text_cell(unescaped(text))

    def _merge(self, element: Element) -> None:
        self._archive.spend(elements=_PRICE_OF_A_MERGE - 1)
        first, _, last = element.attributes.get("ref", "").replace("$", "").partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        self._merges.append(Merge(top, left, bottom, right))

    def _hide_columns(self, element: Element) -> None:
        attributes = element.attributes
        if is_true(attributes.get("hidden")) or attributes.get("width") == "0":
            first = whole(attributes.get("min"), 0)
            self._hidden_columns.append((first, whole(attributes.get("max"), first)))

    def _hide_rows(self, element: Element) -> None:
        self._rows_hidden = is_true(element.attributes.get("zeroHeight"))


def is_true(text: str | None) -> bool:
    """A flag as XML writes it."""
    return text in ("1", "true")


def unescaped(text: str) -> str:
    """A text without the form in which workbooks write control characters."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _iso_date(text: str) -> Cell | None:
    day, _, time = text.partition("T")
    shown = f"{day} {time[:8]}" if time and not time.startswith("00:00:00") else day
    return Cell(Kind.DATE, shown) if day else None


def whole(text: str | None, otherwise: int) -> int:
    """A number as XML writes it, which is not below 0."""
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
