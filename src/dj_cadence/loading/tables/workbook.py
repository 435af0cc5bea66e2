"""Workbooks (.xlsx), read cell by cell with the kind of each, and within bounds.

Libraries for this either forget what a cell was, so that an error is an empty text and a
hidden sheet a sheet, or build all of it in memory before anybody can count. The format is
small: XML files in a ZIP, of which five kinds matter.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dj_cadence.loading.tables.archive import BROKEN, Archive, Element
from dj_cadence.loading.tables.cell import Cell, Kind, NumberFormat, number_format, text_cell
from dj_cadence.loading.tables.sheet import Merge, Row, Sheet, UnreadableTableError, spread

MAIN, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_MOST_SHEETS = 256

_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_PRICE_OF_A_MERGE = 20
_PLAIN = NumberFormat()
_FLAGS = {"1": "是", "true": "是", "0": "否", "false": "否"}


@dataclass
class _Shared:
    """What the sheets of a workbook have in common."""

    texts: Sequence[Cell | None] = ()
    formats: Sequence[NumberFormat] = ()
    """By the number of a cell's style."""
    since_1904: bool = False
    stale: bool = False
    """Whether results are worked out anew on opening: a 0 then stands for no result."""


def _listed(attributes: Mapping[str, str]) -> tuple[str, str, bool]:
    """(name, relation, whether it is hidden) of a sheet, and nothing else that a file may bring."""
    relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
    is_hidden = attributes.get("state", "visible") != "visible"
    return attributes.get("name", ""), relation, is_hidden


def _contents(archive: Archive) -> tuple[list[tuple[str, str, bool]], _Shared]:
    """The sheets that the workbook lists, of which nobody has very many, and how it counts."""
    listed, shared = list[tuple[str, str, bool]](), _Shared()
    for element in archive.elements(MAIN, ("sheet", "workbookPr", "calcPr")):
        if element.name == "workbookPr":
            shared.since_1904 = _is_true(element.attributes.get("date1904"))
        elif element.name == "calcPr":
            shared.stale = _is_true(element.attributes.get("fullCalcOnLoad"))
        elif len(listed) < _MOST_SHEETS:
            listed.append(_listed(element.attributes))
    return listed, shared


def read_workbook(name: str, archive: Archive) -> list[Sheet]:
    """The sheets of a workbook, the hidden ones without their rows.

    Raises UnreadableTableError.
    """
    listed, shared = _contents(archive)
    relations = _relations(archive)
    parts = dict(reversed(relations.values()))
    if (part := parts.get("sharedStrings")) in archive.names():
        texts = archive.elements(part, ("si",))
        shared.texts = [text_cell(_unescaped(text.value)) for text in texts]
    if (part := parts.get("styles")) in archive.names():
        shared.formats = list(_formats(archive, part))
    sheets = []
    for title, relation, is_hidden in listed:
        kind, part = relations.get(relation, ("", ""))
        if kind != "worksheet":
            continue  # a chart on a page of its own, or an old macro
        if part not in archive.names():
            raise UnreadableTableError(BROKEN)
        sheet = Sheet(f"{name} {title}", title, hidden=is_hidden, since_1904=shared.since_1904)
        if not is_hidden:
            _SheetReader(archive, shared, sheet).read(part)
        sheets.append(sheet)
    return sheets


def _relations(archive: Archive) -> dict[str, tuple[str, str]]:
    """(kind, part) of what the workbook refers to, by its mark."""
    return {
        link.attributes.get("Id", ""): (
            link.attributes.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/xl", link.attributes.get("Target", ""))).lstrip(
                "/"
            ),
        )
        for link in archive.elements(_RELATIONS, ("Relationship",))
    }


def _formats(archive: Archive, part: str) -> Iterator[NumberFormat]:
    """The number format of each style."""
    spelt_out: dict[int, str] = {}
    is_of_cells = False
    for element in archive.elements(part, ("numFmt", "cellStyleXfs", "cellXfs", "xf")):
        number = _whole(element.attributes.get("numFmtId"), 0)
        if element.name == "numFmt":
            spelt_out[number] = element.attributes.get("formatCode", "")[:255]
        elif element.name == "xf" and is_of_cells:
            yield number_format(number, spelt_out.get(number))
        elif element.name != "xf":
            is_of_cells = element.name == "cellXfs"


class _SheetReader:
    """Takes the elements of a sheet's XML one after another."""

    def __init__(self, archive: Archive, shared: _Shared, sheet: Sheet) -> None:
        self._archive, self._shared, self._sheet = archive, shared, sheet
        self._rows: dict[int, Row] = {}
        self._merges: list[Merge] = []
        self._row, self._column = Row(0, {}), 0
        self._rows_hidden = False

    def read(self, part: str) -> None:
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
        self._sheet.rows = spread(rows, self._merges)

    def _begin_row(self, row: Element) -> None:
        number = _whole(row.attributes.get("r"), self._row.number + 1)
        if not 1 <= number <= _LAST_ROW:
            raise UnreadableTableError(BROKEN)
        given = row.attributes.get("hidden")
        hidden = self._rows_hidden if given is None else _is_true(given)
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
            index = _whole(text, len(self._shared.texts))
            if index >= len(self._shared.texts):
                raise UnreadableTableError(BROKEN)
            return self._shared.texts[index]
        if kind == "n" and _NUMBER.fullmatch(text):
            style = _whole(element.attributes.get("s"), 0)
            formats = self._shared.formats
            shape = formats[style] if style < len(formats) else _PLAIN
            return shape.cell(float(text), since_1904=self._shared.since_1904)
        if kind == "b" and text in _FLAGS:
            return Cell(Kind.FLAG, _FLAGS[text])
        if kind == "e":
            return Cell(Kind.ERROR, text.strip()[:40] or "#VALUE!")
        return _iso_date(text) if kind == "d" else text_cell(_unescaped(text))

    def _merge(self, element: Element) -> None:
        self._archive.spend(elements=_PRICE_OF_A_MERGE - 1)
        first, _, last = element.attributes.get("ref", "").replace("$", "").partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        self._merges.append(Merge(top, left, bottom, right))

    def _hide_columns(self, element: Element) -> None:
        attributes = element.attributes
        if _is_true(attributes.get("hidden")) or attributes.get("width") == "0":
            first = _whole(attributes.get("min"), 0)
            self._sheet.hidden_columns.append((first, _whole(attributes.get("max"), first)))

    def _hide_rows(self, element: Element) -> None:
        self._rows_hidden = _is_true(element.attributes.get("zeroHeight"))


def _is_true(text: str | None) -> bool:
    return text in ("1", "true")


def _unescaped(text: str) -> str:
    """A text without the form in which workbooks write control characters."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _iso_date(text: str) -> Cell | None:
    day, _, time = text.partition("T")
    shown = f"{day} {time[:8]}" if time and not time.startswith("00:00:00") else day
    return Cell(Kind.DATE, shown) if day else None


def _whole(text: str | None, otherwise: int) -> int:
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
