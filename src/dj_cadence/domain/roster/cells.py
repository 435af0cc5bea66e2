"""Reading one row's cells into values, with every fault kept as a problem."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from dj_cadence.domain.dates.written_date import parse_date
from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.normal_form import (
    code_text,
    compatible,
    is_cut_number,
    is_placeholder,
    visible,
    word_key,
)
from dj_cadence.problems import Problem, suggestion

_T = TypeVar("_T")
_FLAGS = {"是": True, "否": False, "有": True, "无": False, "yes": True, "no": False}
_SHEETS = (ORG_COLUMNS, APPOINTMENT_COLUMNS)
ORG_HEADERS, APPOINTMENT_HEADERS = ({c.key: c.header for c in columns} for columns in _SHEETS)
_LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class Cells:
    """One row while it is read."""

    row: TableRow
    headers: Mapping[str, str]
    """ORG_HEADERS or APPOINTMENT_HEADERS."""
    problems: list[Problem] = field(default_factory=list)

    def text(self, key: str) -> str:
        """What one sees in the cell."""
        return visible(self.row.cells.get(key, ""))

    def code(self, key: str) -> str:
        """A number of a person in the form in which it is kept."""
        code = code_text(self.text(key))
        if text := code_fault(self.headers[key], code):
            self.fault(key, text)
        return code

    def says_nothing(self, key: str) -> bool:
        """Whether 无, / or the like stands where a cell should be empty: a fault that says so."""
        text = self.text(key)
        if not is_placeholder(text):
            return False
        self.fault(key, f"{self.headers[key]}写的是“{text}”：没有就把这一格留空。")
        return True

    def required(self, key: str) -> str:
        """A missing column is said once, at the header, not for every row."""
        text = self.text(key)
        if not text and key in self.row.origin.columns and key not in self.row.unread:
            self.fault(key, f"缺少{self.headers[key]}，请填写。")
        return text

    def number(self, key: str) -> int | None:
        """A whole number that is not negative; None for an empty or a faulty cell."""
        text = compatible(self.text(key)).replace(" ", "")
        if text.isdecimal() and len(text) < 7:
            return int(text)
        if text and not self.says_nothing(key):
            self.fault(key, f"{self.headers[key]}“{text}”不是整数，请只写数字，如 12。")
        return None

    def day(self, key: str) -> date | None:
        text = self.text(key)
        if not text:
            return None
        if (day := parse_date(text)) is None and not self.says_nothing(key):
            self.fault(key, f"{self.headers[key]}“{text}”不是日期，请写成 2023-05-10。")
        return day

    def flag(self, key: str) -> bool | None:
        text = self.text(key)
        return self.one_of(key, _FLAGS, "请填“是”或“否”") if text else None

    def one_of(self, key: str, values: Mapping[str, _T], advice: str) -> _T | None:
        """The value that the cell's word stands for in a closed list."""
        text = self.text(key)
        if text in values:
            return values[text]
        same = (value for word, value in values.items() if word_key(word) == word_key(text))
        for value in same:
            return value
        self.fault(
            key, f"不认识的{self.headers[key]}“{text}”{suggestion(text, values) or '。'}{advice}。"
        )
        return None

    def fault(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.row.place(key), message))


def code_fault(header: str, code: str) -> str:
    """Why a new code cannot be kept; empty for one that can."""
    if is_cut_number(code):
        return (
            f"{header}“{code}”被表格改写过，末几位已经丢失：请把这一列设为文本，重新输入全部数字。"
        )
    if is_placeholder(code):
        return f"{header}写的是“{code}”：没有就把这一格留空。"
    if len(code) > _LONGEST_CODE:
        return f"{header}最多{_LONGEST_CODE}个字，请改短。"
    return ""


@dataclass(slots=True)
class Codes:
    """The codes that exist. Looking for the nearest one is slow, so only a few get a hint."""

    known: set[str]
    hints_left: int = 20

    def unknown(self, code: str) -> str:
        """What to say of a code that does not exist; empty for one that does."""
        if not code or code in self.known:
            return ""
        if text := code_fault("组织代码", code):
            return text
        hint = suggestion(code, self.known) if self.hints_left else ""
        self.hints_left = max(0, self.hints_left - 1)
        return f"没有代码为“{code}”的组织{hint or '，请先在组织表里加上。'}"
