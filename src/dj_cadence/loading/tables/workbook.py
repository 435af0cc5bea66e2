"""Workbooks (.xlsx), read cell by cell with the kind of each, and within bounds.

Libraries for this either forget what a cell was, so that an error is an empty text and a
hidden sheet a sheet, or build all of it in memory before anybody can count. The format is
small: XML files in a ZIP, of which five kinds matter.
"""

import posixpath
from collections.abc import Iterator

from dj_cadence.loading.tables.archive import BROKEN, Archive
from dj_cadence.loading.tables.cell import text_cell
from dj_cadence.loading.tables.number_format import NumberFormat, number_format
from dj_cadence.loading.tables.sheet import Sheet, UnreadableTableError
from dj_cadence.loading.tables.sheet_xml import Shared, SheetReader, is_true, unescaped, whole

MAIN = "xl/workbook.xml"
_MOST_SHEETS = 256


def read_workbook(name: str, archive: Archive) -> list[Sheet]:
    """The sheets of a workbook, the hidden ones without their rows.

    Raises UnreadableTableError.
    """
    listed, shared = [], Shared()
    for element in archive.elements(MAIN, ("sheet", "workbookPr", "calcPr")):
        match element.name:
            case "sheet":
                listed.append(element.attributes)
            case "workbookPr":
                shared.since_1904 = is_true(element.attributes.get("date1904"))
            case _:
                shared.stale = is_true(element.attributes.get("fullCalcOnLoad"))
    relations = {
        link.attributes.get("Id", ""): (
            link.attributes.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/xl", link.attributes.get("Target", ""))).lstrip(
                "/"
            ),
        )
        for link in archive.elements("xl/_rels/workbook.xml.rels", ("Relationship",))
    }
    parts = dict(reversed(relations.values()))
    if (part := parts.get("sharedStrings")) in archive.names():
        texts = archive.elements(part, ("si",))
        shared.texts = [text_cell(unescaped(text.value)) for text in texts]
    if (part := parts.get("styles")) in archive.names():
        shared.formats = list(_formats(archive, part))
    sheets = []
    for entry in listed[:_MOST_SHEETS]:
        relation = next((v for k, v in entry.items() if k.endswith(":id")), "")
        kind, part = relations.get(relation, ("", ""))
        if kind != "worksheet":
            continue  # a chart on a page of its own, or an old macro
        if part not in archive.names():
            raise UnreadableTableError(BROKEN)
        title, is_hidden = entry.get("name", ""), entry.get("state", "visible") != "visible"
        sheet = Sheet(f"{name} {title}", title, hidden=is_hidden, since_1904=shared.since_1904)
        if not is_hidden:
            SheetReader(archive, shared).read(part, sheet)
        sheets.append(sheet)
    return sheets


def _formats(archive: Archive, part: str) -> Iterator[NumberFormat]:
    """The number format of each style."""
    spelt_out: dict[int, str] = {}
    is_of_cells = False
    for element in archive.elements(part, ("numFmt", "cellStyleXfs", "cellXfs", "xf")):
        number = whole(element.attributes.get("numFmtId"), 0)
        if element.name == "numFmt":
            spelt_out[number] = element.attributes.get("formatCode", "")[:255]
        elif element.name == "xf" and is_of_cells:
            yield number_format(number, spelt_out.get(number))
        elif element.name != "xf":
            is_of_cells = element.name == "cellXfs"
