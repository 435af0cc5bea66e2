"""Papers that people must produce anyway, and plans for the wall, as values."""

from dataclasses import dataclass, field
from datetime import date

from dj_cadence.domain.documents.election_letter import (
    CommitteeTerm,
    ContactPerson,
    OrganizationForm,
    Titles,
)
from dj_cadence.domain.documents.kind import DocumentKind


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
