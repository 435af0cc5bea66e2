"""Reading one row's cells into values, with every fault kept as a problem."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from dj_cadence.domain.problem import Problem, suggestion
from dj_cadence.domain.roster_sheet import APPOINTMENT_COLUMNS, ORG_COLUMNS, RosterRow
from dj_cadence.domain.written_date import parse_date

_T = TypeVar("_T")
_FLAGS = {"是": True, "否": False, "有": True, "无": False, "yes": True, "no": False}
_SHEETS = (ORG_COLUMNS, APPOINTMENT_COLUMNS)
ORG_HEADERS, APPOINTMENT_HEADERS = ({c.key: c.header for c in columns} for columns in _SHEETS)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row while it is read."""

    row: RosterRow
    headers: Mapping[str, str]
    """ORG_HEADERS or APPOINTMENT_HEADERS."""
    problems: list[Problem] = field(default_factory=list)

    def text(self, key: str) -> str:
        return self.row.cells.get(key, "")

    def required(self, key: str) -> str:
        """A missing column is said once, at the header, not for every row."""
        text = self.text(key)
        if not text and self.row.has_column(key) and key not in self.row.unread:
            self.fault(key, f"缺少{self.headers[key]}，请填写。")
        return text

    def number(self, key: str) -> int | None:
        """A whole number that is not negative; None for an empty or a faulty cell."""
        text = self.text(key)
        if not text:
            return None
        if text.isdecimal() and len(text) < 7:
            return int(text)
        self.fault(key, f"{self.headers[key]}“{text}”不是整数，请只写数字，如 12。")
        return None

    def day(self, key: str) -> date | None:
        text = self.text(key)
        if not text:
            return None
        if (day := parse_date(text)) is None:
            self.fault(key, f"{self.headers[key]}“{text}”不是日期，请写成 2023-05-10。")
        return day

    def flag(self, key: str) -> bool | None:
        text = self.text(key)
        return self.one_of(key, _FLAGS, "请填“是”或“否”") if text else None

    def one_of(self, key: str, known: Mapping[str, _T], advice: str) -> _T | None:
        """The value that the cell's word stands for in a closed list."""
        text = self.text(key)
        if text in known:
            return known[text]
        self.fault(
            key, f"不认识的{self.headers[key]}“{text}”{suggestion(text, known) or '。'}{advice}。"
        )
        return None

    def fault(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.row.place(key), message))


@dataclass(slots=True)
class Codes:
    """The codes that exist. Looking for the nearest one is slow, so only a few get a hint."""

    known: set[str]
    hints_left: int = 20

    def unknown(self, code: str) -> str:
        """What to say of a code that does not exist; empty for one that does."""
        if not code or code in self.known:
            return ""
        hint = suggestion(code, self.known) if self.hints_left else ""
        self.hints_left = max(0, self.hints_left - 1)
        return f"没有代码为“{code}”的组织{hint or '，请先在组织表里加上。'}"
