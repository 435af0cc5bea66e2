"""Papers that people must produce anyway, and plans for the wall, as values."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PaperKind(StrEnum):
    """A paper by the name that the command takes; `label` is what people call it."""

    REMINDER = "reminder"
    REQUEST = "request"
    REPLY = "reply"
    YEAR_END = "year-end"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    PaperKind.REMINDER: "换届提醒函",
    PaperKind.REQUEST: "换届请示",
    PaperKind.REPLY: "换届批复",
    PaperKind.YEAR_END: "年度履职材料",
}


@dataclass(frozen=True, slots=True)
class EndingTerm:
    """One organization whose term of office ends."""

    org_name: str
    elected: date
    ends: date
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One task in the year-end pack."""

    title: str
    period: str
    due: date
    completed_on: date | None
    late_days: int
    state: str
    """In words."""
    remark: str
    """Records, and why it was not done."""


@dataclass(frozen=True, slots=True)
class Paper:
    """All that a template may call for; what a kind does not use is empty."""

    kind: PaperKind
    org_name: str
    superior_name: str
    day: date
    terms: tuple[EndingTerm, ...] = ()
    month: date | None = None
    year: int = 0
    lines: tuple[PaperLine, ...] = ()


@dataclass(frozen=True, slots=True)
class WallDay:
    """When one period of a duty is kept."""

    period: str
    planned: date | None
    due: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WallLine:
    """One duty on the wall with its days."""

    title: str
    office: str
    days: tuple[WallDay, ...]


@dataclass(frozen=True, slots=True)
class WallPlan:
    """A year's or a month's plan of one organization."""

    org_name: str
    span: str
    """2026年, 2026年3月."""
    day: date
    core: tuple[WallLine, ...]
    """The few that stand first: what the standard itself demands."""
    rest: tuple[WallLine, ...]

    @property
    def provisional(self) -> bool:
        """Whether any of its days may still move."""
        return any(day.provisional for line in (*self.core, *self.rest) for day in line.days)


CORE_LINES = 10
"""So many lines stand first in a plan."""
