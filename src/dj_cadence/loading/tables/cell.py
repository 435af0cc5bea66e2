"""What a cell of a table holds, and of what kind it is."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a cell is. A cell that is empty is no cell at all."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    FLAG = "flag"
    ERROR = "error"
    """Such as #N/A."""
    FORMULA = "formula"
    """A formula whose result is not in the file."""
    ROUNDED = "rounded"
    """A number of so many digits that a spreadsheet has lost the last ones."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty."""

    kind: Kind
    text: str
    """As the sheet shows it; a date as 2026-03-05."""
    number: float | None = None
    """Of a number, without its format."""

    @property
    def plain(self) -> str:
        """A number without its format; any other cell as it is shown."""
        return self.text if self.number is None else number_text(self.number)

    @property
    def fault(self) -> str:
        """Why the cell has no value that could be taken, and what to do; else empty."""
        return _FAULTS[self.kind].format(self.text) if self.kind in _FAULTS else ""


_FAULTS = {
    Kind.ERROR: "这一格是公式错误“{}”，没有值。请改好公式，或直接填写内容；"
    "确实没有内容的，把这一格清空。",
    Kind.FORMULA: "这一格是公式“{}”，文件里没有算好的结果。请用 WPS 或 Excel 打开，保存后再导入，"
    "或直接填写内容。",
    Kind.ROUNDED: "这一格是超过15位的数字“{}”，表格软件会丢掉末尾几位。请把这一列设为文本格式，"
    "再重新填写这一格。",
    Kind.TIME: "这一格“{}”只有时间，没有日期。请写成 2026-03-05 这样的日期。",
}

_BLANK = "".join(map(chr, (*range(9, 14), 32, 160, 5760, *range(0x2000, 0x200E), 0x2028, 0x2029)))
_BLANK += "\u202f\u205f\u2060\u3000\ufeff"
_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|BUSY!|FIELD!|CONNECT!|BLOCKED!"
    r"|UNKNOWN!|GETTING_DATA|#+)|Err:[0-9]{3}",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
_FORMULA = re.compile(r"""=[\w(+\-$'"@]""")


def text_cell(text: str) -> Cell | None:
    """The cell of a text, however it stands in the file; None where it is blank.

    `="S1"` and `'0012` are how programs keep a code from becoming a number.
    """
    shown = text.strip(_BLANK)
    if quoted := _QUOTED.fullmatch(shown):
        shown = quoted[1].replace('""', '"').strip(_BLANK)
    elif shown.startswith("'") and not shown.endswith("'"):
        shown = shown[1:].strip(_BLANK)
    elif _FORMULA.match(shown):
        return Cell(Kind.FORMULA, shown[:40])
    if _ERROR.fullmatch(shown):
        return Cell(Kind.ERROR, shown[:40])
    return Cell(Kind.TEXT, shown) if shown else None


def number_text(number: float) -> str:
    """12 for 12.0."""
    return str(int(number)) if number.is_integer() else repr(number)
