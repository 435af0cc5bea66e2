"""Papers that people must produce anyway, and plans for the wall, as values.

An election has three pairs: the 请示 for the meeting, that for the candidates, and the report of
the result, each with its 批复. A 批复 quotes the title of what it answers, so titles stand here.
"""

from dataclasses import dataclass, field
from datetime import date

from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import OrgKind

_OWN = {OrgKind.PARTY_COMMITTEE: "党委", OrgKind.GENERAL_BRANCH: "党总支"}
_COMMITTEES = {OrgKind.PARTY_COMMITTEE: "委员会", OrgKind.GENERAL_BRANCH: "总支部委员会"}
_EITHER_MEETING = "【党员大会／党员代表大会】"
"""Only a 党委 may hold the second, where its superior agrees."""


@dataclass(frozen=True, slots=True)
class OrganizationForm:
    """The words that hang on what kind of organization elects."""

    kind: OrgKind
    has_committee: bool = True

    @property
    def own(self) -> str:
        """After 我, 你: 党委, 党总支, 党支部."""
        return _OWN.get(self.kind, "党支部")

    @property
    def short(self) -> str:
        """What a superior says after 你: 党委, 总支, 支部."""
        return self.own if self.kind is OrgKind.PARTY_COMMITTEE else self.own.removeprefix("党")

    @property
    def committee(self) -> str:
        """委员会, 总支部委员会, 支部委员会; empty for a branch that elects none."""
        return _COMMITTEES.get(self.kind, "支部委员会" if self.has_committee else "")

    @property
    def meeting(self) -> str:
        """Which meeting elects; a 党委 strikes one of two."""
        return _EITHER_MEETING if self.kind is OrgKind.PARTY_COMMITTEE else "党员大会"

    @property
    def elected(self) -> str:
        """Whose candidates they are: 下一届委员会, or 书记、副书记 where there is none."""
        return "下一届委员会" if self.committee else "书记、副书记"


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of an election's letters, as each stands above it and as others quote it."""

    request: str
    reply: str
    candidates: str
    candidates_reply: str
    result: str
    result_reply: str


def titles_of(org_name: str, form: OrganizationForm) -> Titles:
    """Of the organization that elects."""
    meeting, elected = f"召开{form.meeting}进行换届选举", f"{form.elected}候选人预备人选"
    return Titles(
        f"{org_name}关于{meeting}的请示",
        f"关于同意{org_name}{meeting}的批复",
        f"{org_name}关于{elected}的请示",
        f"关于{org_name}{elected}的批复",
        f"{org_name}关于选举结果的报告",
        f"关于{org_name}选举结果的批复",
    )


@dataclass(frozen=True, slots=True)
class CommitteeTerm:
    """One organization whose term of office ends."""

    org_name: str
    form: OrganizationForm
    elected: date
    ends: date
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Whom the reader of a letter may call; empty where nobody is known, to be filled in."""

    person: str = ""
    phone: str = ""


def calls_itself(kind: OrgKind, name: str) -> str:
    """After 我 in what a superior writes: 委, 党组, 总支."""
    if kind is OrgKind.GENERAL_BRANCH:
        return "总支"
    return "党组" if name.endswith("党组") else "委"


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
