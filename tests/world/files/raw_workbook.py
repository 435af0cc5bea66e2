"""Workbooks written part by part, for what no library would write."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text(place: str, value: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(place: str, value: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def row(at: int, *cells: str, more: str = "") -> str:
    """A row; plain words become texts, one column after another."""
    placed = (
        c if c.startswith("<") or not c else text(f"{chr(65 + n)}{at}", c)
        for n, c in enumerate(cells)
    )
    return f'<row r="{at}" {more}>{"".join(placed)}</row>'


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet {MAIN}>{before}<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>"


def workbook(
    path: Path,
    sheets: dict[str, str],
    *,
    states: dict[str, str] | None = None,
    formats: tuple[str, ...] = (),
    properties: str = "",
    texts: str = "",
) -> Path:
    """A workbook of these sheets' XML; style n has the n-th of the formats, from 1."""
    states = states or {}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"'
        f' state="{states.get(name, "visible")}"/>'
        for n, name in enumerate(sheets, 1)
    )
    targets = {f"rId{n}": f"worksheet worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)}
    targets["rIdS"] = "styles styles.xml"
    if texts:
        targets["rIdT"] = "sharedStrings sharedStrings.xml"
    related = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in ((key, value.split()) for key, value in targets.items())
    )
    codes = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode={quoteattr(code)}/>'
        for n, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}</Relationships>",
        "xl/styles.xml": f"<styleSheet><numFmts>{codes}</numFmts>"
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets.values(), 1)},
        **({"xl/sharedStrings.xml": texts} if texts else {}),
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, xml in parts.items():
            archive.writestr(name, xml)
    return path
