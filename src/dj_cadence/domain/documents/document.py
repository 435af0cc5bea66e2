"""Papers that people must produce anyway, and plans for the wall, as values."""

from dataclasses import dataclass, field
from datetime import date

from dj_cadence.chinese import LabelledEnum
from dj_cadence.domain.documents.election_letter import (
    CommitteeTerm,
    ContactPerson,
    OrganizationForm,
    Titles,
)


class DocumentKind(LabelledEnum):
    """A document by the name that the command takes; `label` is what people call it."""

    REMINDER = "reminder", "换届提醒函"
    REQUEST = "request", "换届选举请示"
    REPLY = "reply", "换届选举批复"
    CANDIDATES = "candidates", "候选人预备人选请示"
    CANDIDATES_REPLY = "candidates-reply", "候选人预备人选批复"
    RESULT = "result", "选举结果报告"
    RESULT_REPLY = "result-reply", "选举结果批复"
    YEAR_END = "year-end", "年度任务完成情况"

    @property
    def is_reply(self) -> bool:
        """Whether the one above writes it to the organization that it is about."""
        return self in _REPLIES


_REPLIES = {DocumentKind.REPLY, DocumentKind.CANDIDATES_REPLY, DocumentKind.RESULT_REPLY}


@dataclass(frozen=True, slots=True)
class DocumentLine:
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
class Document:
    """All that a template may call for; what a kind does not use is empty.

    `docs/howto/letters.md` names each for whoever writes a template of their own.
    """

    kind: DocumentKind
    org_name: str
    superior_name: str
    day: date
    terms: tuple[CommitteeTerm, ...] = ()
    month: date | None = None
    we: str = ""
    """What the superior that writes calls itself after 我: 委, 党组, 总支."""
    form: OrganizationForm | None = None
    titles: Titles | None = None
    full_members: int = 0
    probationary_members: int = 0
    """0 where the roster does not say."""
    elected_on: date | None = None
    """The day of the election that a report is about; None where it is not recorded yet."""
    contact: ContactPerson = field(default_factory=ContactPerson)
    year: int = 0
    lines: tuple[DocumentLine, ...] = ()


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
