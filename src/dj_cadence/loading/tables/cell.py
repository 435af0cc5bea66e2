"""What a cell of a table holds, of what kind it is, and how a spreadsheet shows its number."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
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


# --- numbers with a format: with leading zeros, or as dates -----------------------------------

_BUILT_IN = {
    **dict.fromkeys((17, 27, 36, 50, 52, 57), "yyyy-mm"),
    **dict.fromkeys((14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), "hh:mm"),
}
"""What the numbers of formats mean that no file spells out; 27 to 58 are those of Chinese."""
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]|(.)', re.DOTALL)
_AM_PM = re.compile(r"am/pm|a/p|上午/下午", re.IGNORECASE)
_MOST_DIGITS = 1e15
_LAST_SERIAL = 2_958_466
"""The day after 9999-12-31."""
_LEAP_BUG = 60
"""The 29 February 1900 that never was."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What the format of a cell makes of its number."""

    letters: str = ""
    """Of y, m, d, h and s those that the format shows; empty for what is no date."""
    pattern: tuple[str, ...] = ()
    """Digits (0, #) and texts between them, where they change what is shown."""

    def cell(self, number: float, *, since_1904: bool) -> Cell:
        """The cell of a number; serials count from 1904 in workbooks that say so."""
        if self.letters:
            return self._moment(number, since_1904=since_1904)
        if abs(number) >= _MOST_DIGITS:
            return Cell(Kind.ROUNDED, f"{number:G}")
        shown = _filled(self.pattern, number) if self.pattern else number_text(number)
        return Cell(Kind.NUMBER, shown, number)

    def _moment(self, number: float, *, since_1904: bool) -> Cell:
        if not set(self.letters) & set("yd") or 0 <= number < 1:
            return Cell(Kind.TIME, number_text(number))
        moment = moment_of(number, since_1904=since_1904)
        if moment is None:
            return Cell(Kind.ERROR, "####")
        if "y" in self.letters and "d" not in self.letters:
            return Cell(Kind.DATE, f"{moment.year}年{moment.month}月")
        midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
        return Cell(Kind.DATE, moment.date().isoformat() if midnight else str(moment))


def moment_of(serial: float, *, since_1904: bool) -> datetime | None:
    """The day that a spreadsheet means by a number; None where it means none."""
    if not 0 <= serial < _LAST_SERIAL or (int(serial) == _LEAP_BUG and not since_1904):
        return None
    if since_1904:
        first = datetime(1904, 1, 1)  # noqa: DTZ001 - a cell knows no zone
    else:
        first = datetime(1899, 12, 30 if serial > _LEAP_BUG else 31)  # noqa: DTZ001
    try:
        return first + timedelta(seconds=round(serial * 86400))
    except OverflowError:
        return None


def number_format(number: int, code: str | None) -> NumberFormat:
    """The format of this number; `code` where the file spells it out."""
    code = _BUILT_IN.get(number, "General") if code is None else code
    section = code.partition(";")[0][:200]
    if section.lower() == "general" or "通用" in section:
        return NumberFormat()
    parts = list(_LITERAL.finditer(_AM_PM.sub("", section)))
    symbols = "".join(part[3] or "" for part in parts).lower()
    letters = "".join(letter for letter in "ymdhs" if letter in symbols)
    if re.search(r"\[(?:h+|m+|s+)\]", section, re.IGNORECASE):
        return NumberFormat("h")  # hours beyond 24
    if letters:
        return NumberFormat(letters)
    if set(symbols) & set(".%e/@,"):
        return NumberFormat()
    pattern = tuple(text for part in parts if (text := part[1] or part[2] or part[3] or ""))
    digits = [symbol for symbol in pattern if symbol in ("0", "#", "?")]
    if not digits or (len(digits) == len(pattern) and digits.count("0") < 2):
        return NumberFormat()
    return NumberFormat(pattern=tuple("#" if symbol == "?" else symbol for symbol in pattern))


def _filled(pattern: tuple[str, ...], number: float) -> str:
    """Digits put into the places of a format from the right; what is left over stands before."""
    digits = list(str(round(abs(number))))
    shown = [
        (digits.pop() if digits else sign.strip("#")) if sign in ("0", "#") else sign
        for sign in reversed(pattern)
    ]
    first = next(index for index, sign in enumerate(pattern) if sign in ("0", "#"))
    shown.insert(len(pattern) - first, "".join(digits))
    return ("-" if number < 0 else "") + "".join(reversed(shown))
