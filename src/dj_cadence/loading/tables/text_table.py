"""Text files as tables, whatever their encoding and whatever stands between the columns."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from dj_cadence.loading.tables.archive import TOO_LARGE
from dj_cadence.loading.tables.cell import text_cell
from dj_cadence.loading.tables.sheet import Row, Sheet, UnreadableTableError

SEPARATORS = ("\t", ",", ";", "，")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOOKED_AT = 50
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
_MOST_CELLS, _MOST_LETTERS = 1_000_000, 30_000_000
_UNKNOWN = "看不懂文件的编码，请另存为 UTF-8 的 CSV 或 xlsx。"
_ENOUGH = 8
"""So many characters beyond ASCII are UTF-8 by chance in no other encoding."""


def read_text_table(name: str, content: bytes) -> Sheet:
    """The rows of a text file. Raises UnreadableTableError."""
    text = decoded(content)
    if len(text) > _MOST_LETTERS:
        raise UnreadableTableError(TOO_LARGE)
    rows, left = [], _MOST_CELLS
    for number, values in _rows(text):
        cells = {
            column: cell for column, value in enumerate(values, 1) if (cell := text_cell(value))
        }
        left -= len(cells)
        if left < 0:
            raise UnreadableTableError(TOO_LARGE)
        if cells:
            rows.append(Row(number, cells))
    return Sheet(name, rows=rows)


def decoded(content: bytes) -> str:
    """Text in UTF-8, UTF-16 or GB18030. Raises UnreadableTableError."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")
    try:
        text = content.decode(marked or _utf_16_without_mark(content) or "utf-8")
    except UnicodeDecodeError as error:
        readable = content[: min(error.start, 100_000)].decode("utf-8", "ignore")
        if marked or sum(letter > "\x7f" for letter in readable) >= _ENOUGH:
            line = content[: error.start].count(b"\n") + 1
            message = f"第{line}行有坏掉的字。请用表格软件打开原来的文件，另存为 xlsx 再导入。"
            raise UnreadableTableError(message) from error
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise UnreadableTableError(_UNKNOWN) from error
    if _CONTROL.search(text):
        raise UnreadableTableError(_UNKNOWN)
    return text


def _utf_16_without_mark(content: bytes) -> str:
    """UTF-16 shows in the zeros of its commas and line ends; empty where there are none."""
    head = content[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 4 else ""


def separator_of(text: str) -> str:
    """What stands between the columns: what most lines have equally many of; empty for none."""
    lines = [_QUOTED.sub("", line) for line in text[:100_000].splitlines() if line.strip()]
    agreement = {separator: _agreement(lines[:_LOOKED_AT], separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=agreement.__getitem__)
    return best if agreement[best] > (0, 0) else ""


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    """(lines that have equally many, how many they have)."""
    counts = Counter(count for line in lines if (count := line.count(separator)))
    if not counts:
        return 0, 0
    many, agreeing = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
    return agreeing, many


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they begin on."""
    line = 1
    if named := _SEPARATOR_LINE.fullmatch(text.partition("\n")[0]):
        text, line = text.partition("\n")[2], 2
    offset = line - 1
    reader = csv.reader(
        StringIO(text, newline=""),
        delimiter=named[1] if named else separator_of(text) or ",",
        strict=True,
    )
    try:
        for row in reader:
            yield line, row
            line = offset + reader.line_num + 1
    except csv.Error as error:
        message = (
            f'从第{line}行起，英文引号 " 没有成对，分不清各列。请改好引号，或另存为 xlsx 再导入。'
        )
        raise UnreadableTableError(message) from error
