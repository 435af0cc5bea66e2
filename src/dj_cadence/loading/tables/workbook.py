"""Workbooks (.xlsx), read cell by cell with the kind of each, and within bounds.

Libraries for this either forget what a cell was, so that an error is an empty text and a
hidden sheet a sheet, or build all of it in memory before anybody can count. The format is
small: XML files in a ZIP, of which five kinds matter.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from dj_cadence.loading.tables.archive import BROKEN, Archive
from dj_cadence.loading.tables.cell import Cell, text_cell
from dj_cadence.loading.tables.number_format import number_format
from dj_cadence.loading.tables.sheet import Sheet, UnreadableTableError, spread
from dj_cadence.loading.tables.sheet_xml import Budget, Shared, SheetReader, is_true, unescaped

MAIN = "xl/workbook.xml"
_MOST_SHEETS = 256


def read_workbook(name: str, archive: Archive) -> list[Sheet]:
    """The sheets of a workbook, the hidden ones without their rows.

    Raises UnreadableTableError.
    """
    budget, parts = Budget(), set(archive.names())
    contents = _Contents(budget)
    contents.walk(archive)
    relations = _Relations(budget)
    archive.walk("xl/_rels/workbook.xml.rels", {"Relationship": relations.add}, {}, _nothing)
    shared = _shared(archive, parts, relations, contents, budget)
    sheets = []
    for entry in contents.entries[:_MOST_SHEETS]:
        part = relations.parts.get(entry.relation, "")
        sheet = Sheet(f"{name} {entry.title}", entry.title, hidden=entry.hidden)
        sheet.since_1904 = contents.since_1904
        if relations.kinds.get(entry.relation, "") != "worksheet":
            continue  # a chart on a page of its own, or an old macro
        if part not in parts:
            raise UnreadableTableError(BROKEN)
        if not entry.hidden:
            _read(sheet, archive, part, SheetReader(shared, budget))
        sheets.append(sheet)
    return sheets


def _read(sheet: Sheet, archive: Archive, part: str, reader: SheetReader) -> None:
    reader.walk(archive, part)
    rows = sorted(reader.rows.values(), key=lambda row: row.number)
    sheet.rows = spread(rows, reader.merges)
    sheet.hidden_columns = reader.hidden_columns


def _nothing(_told: str) -> None:
    pass


# --- what the sheets have in common -----------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """A sheet as the workbook lists it."""

    title: str
    relation: str
    hidden: bool


@dataclass
class _Contents:
    """What xl/workbook.xml says."""

    budget: Budget
    entries: list[_Entry] = field(default_factory=list)
    since_1904: bool = False
    recalculates: bool = False

    def walk(self, archive: Archive) -> None:
        starts = {"sheet": self._add, "workbookPr": self._properties, "calcPr": self._calculation}
        archive.walk(MAIN, starts, {}, _nothing)

    def _add(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(1)
        relation = next((v for k, v in attributes.items() if k.endswith(":id")), "")
        hidden = attributes.get("state", "visible") != "visible"
        self.entries.append(_Entry(attributes.get("name", ""), relation, hidden))

    def _properties(self, attributes: Mapping[str, str]) -> None:
        self.since_1904 = is_true(attributes.get("date1904"))

    def _calculation(self, attributes: Mapping[str, str]) -> None:
        self.recalculates = is_true(attributes.get("fullCalcOnLoad"))


@dataclass
class _Relations:
    """Which part each relation leads to, and what it is."""

    budget: Budget
    parts: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(1)
        relation, target = attributes.get("Id", ""), attributes.get("Target", "")
        self.parts[relation] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        self.kinds[relation] = attributes.get("Type", "").rpartition("/")[2]

    def part(self, kind: str) -> str:
        return next(
            (
                self.parts[number]
                for number, kind_of_part in self.kinds.items()
                if kind_of_part == kind
            ),
            "",
        )


def _shared(
    archive: Archive, parts: set[str], relations: _Relations, contents: _Contents, budget: Budget
) -> Shared:
    texts, styles = _Texts(budget), _Styles(budget)
    if (part := relations.part("sharedStrings")) in parts:
        texts.walk(archive, part)
    if (part := relations.part("styles")) in parts:
        styles.walk(archive, part)
    formats = [number_format(style, styles.codes.get(style)) for style in styles.used]
    return Shared(texts.cells, formats, contents.since_1904, contents.recalculates)


@dataclass
class _Texts:
    """The texts of cells, each kept once."""

    budget: Budget
    cells: list[Cell | None] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _inside: bool = False
    _phonetic: bool = False

    def walk(self, archive: Archive, part: str) -> None:
        starts = {"si": self._begin, "t": self._open, "rPh": self._begin_phonetic}
        ends = {"si": self._end, "t": self._close, "rPh": self._end_phonetic}
        archive.walk(part, starts, ends, self._text)

    def _begin(self, _attributes: Mapping[str, str]) -> None:
        self._pieces = []

    def _end(self) -> None:
        text = "".join(self._pieces)
        self.budget.spend(1)
        self.cells.append(text_cell(unescaped(text)))

    def _open(self, _attributes: Mapping[str, str]) -> None:
        self._inside = not self._phonetic

    def _close(self) -> None:
        self._inside = False

    def _begin_phonetic(self, _attributes: Mapping[str, str]) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False

    def _text(self, data: str) -> None:
        if self._inside:
            self.budget.spend(0, letters=len(data))
            self._pieces.append(data)


@dataclass
class _Styles:
    """The number format of each style."""

    budget: Budget
    codes: dict[int, str] = field(default_factory=dict)
    """Formats that the file spells out."""
    used: list[int] = field(default_factory=list)
    """The number of the format, by the number of the style."""
    _cells: bool = False

    def walk(self, archive: Archive, part: str) -> None:
        starts = {"numFmt": self._spelt_out, "cellXfs": self._begin, "xf": self._style}
        archive.walk(part, starts, {"cellXfs": self._end}, _nothing)

    def _spelt_out(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(1)
        self.codes[_number(attributes)] = attributes.get("formatCode", "")[:255]

    def _begin(self, _attributes: Mapping[str, str]) -> None:
        self._cells = True

    def _end(self) -> None:
        self._cells = False

    def _style(self, attributes: Mapping[str, str]) -> None:
        self.budget.spend(1)
        if self._cells:
            self.used.append(_number(attributes))


def _number(attributes: Mapping[str, str]) -> int:
    text = attributes.get("numFmtId", "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0
