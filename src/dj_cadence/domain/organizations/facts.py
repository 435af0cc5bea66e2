"""Kinds of organizations, and the facts about one that rules may test."""

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum


class OrgKind(StrEnum):
    """What an organization is. The Chinese name is `label`."""

    SUPERVISOR = "supervisor"
    PARTY_COMMITTEE = "party_committee"
    GENERAL_BRANCH = "general_branch"
    BRANCH = "branch"
    JOINT_BRANCH = "joint_branch"
    PARTY_GROUP = "party_group"
    UNION = "union"
    WOMENS_COMMITTEE = "womens_committee"
    STAFF_CONGRESS = "staff_congress"
    LEAGUE_COMMITTEE = "league_committee"
    LEAGUE_BRANCH_STAFF = "league_branch_staff"
    LEAGUE_BRANCH_STUDENT = "league_branch_student"
    YOUNG_PIONEERS = "young_pioneers"
    STUDENT_UNION = "student_union"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    OrgKind.SUPERVISOR: "上级党组织",
    OrgKind.PARTY_COMMITTEE: "党委",
    OrgKind.GENERAL_BRANCH: "党总支",
    OrgKind.BRANCH: "党支部",
    OrgKind.JOINT_BRANCH: "联合党支部",
    OrgKind.PARTY_GROUP: "党小组",
    OrgKind.UNION: "工会",
    OrgKind.WOMENS_COMMITTEE: "妇委会",
    OrgKind.STAFF_CONGRESS: "教代会",
    OrgKind.LEAGUE_COMMITTEE: "团委",
    OrgKind.LEAGUE_BRANCH_STAFF: "教工团支部",
    OrgKind.LEAGUE_BRANCH_STUDENT: "学生团支部",
    OrgKind.YOUNG_PIONEERS: "少先队",
    OrgKind.STUDENT_UNION: "学生会",
}
KIND_BY_LABEL = {label: kind for kind, label in _LABELS.items()}

BRANCHES = frozenset({OrgKind.BRANCH, OrgKind.JOINT_BRANCH})
PARTY_ORGANIZATIONS = frozenset(
    {OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH, OrgKind.BRANCH, OrgKind.JOINT_BRANCH}
)
"""Those with a term of office of their own; a 党小组 is part of its branch."""
APPROVERS = frozenset({OrgKind.PARTY_COMMITTEE, OrgKind.SUPERVISOR})

STAGES = (
    "幼儿园",
    "小学",
    "初中",
    "高中",
    "九年一贯制",
    "完全中学",
    "十二年一贯制",
    "中职",
    "特殊教育",
)
"""学段: how far a school goes."""

COMMITTEE_THRESHOLD = 7
"""Full members from which a branch must have a committee (支部工作条例, ch. 6)."""
LEAST_MEMBERS, MOST_MEMBERS = 3, 50
"""Full members that a branch of one unit has at least, and as a rule at most (art. 4)."""


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute that had another value until the day before `since`."""

    name: str
    before: str | int | bool
    since: date


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a rule may test about an organization, and nothing that names it.

    Organizations with equal facts share a profile. A change of `has_committee`, `groups`
    or `kind` acts from the next period, so the earlier values are kept in `changes`.
    """

    kind: OrgKind
    top_of_school: bool = False
    has_committee: bool = False
    groups: int = 0
    branches_below: bool = False
    stage: str = ""
    boarding: bool = False
    ownership: str = ""
    city: str = ""
    theme_day: str = ""
    term_years: int = 0
    starts_on: date | None = None
    """From when it owes anything; None: from the site's start."""
    known_on: date | None = None
    """Since when it is known here, so that somebody could be told; None: since it starts."""
    founded: date | None = None
    dissolved: date | None = None
    changes: tuple[Change, ...] = ()

    def at(self, day: date) -> "Facts":
        """The facts as they count for a period that begins on `day`."""
        earlier = {c.name: c.before for c in reversed(self.changes) if c.since > day}
        if "kind" in earlier:
            earlier["kind"] = OrgKind(str(earlier["kind"]))
        return replace(self, changes=(), **earlier) if earlier else self  # type: ignore[arg-type]

    def only(self, names: frozenset[str]) -> "Facts":
        """These facts with every field outside `names` at its default."""
        kept = {name: getattr(self, name) for name in _NAMES if name in names}
        kept["changes"] = tuple(c for c in self.changes if c.name in names)
        return Facts(**{"kind": self.kind, **kept})

    def as_json(self) -> dict[str, object]:
        """Plain values, dates as ISO text, defaults left out."""
        plain = {name: getattr(self, name) for name in _NAMES}
        plain["changes"] = [
            {"name": c.name, "before": c.before, "since": c.since.isoformat()} for c in self.changes
        ]
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in plain.items()
            if value not in (None, "", 0, False, [])
        }

    @classmethod
    def from_json(cls, plain: dict[str, object]) -> "Facts":
        """The inverse of `as_json`."""
        values = dict(plain)
        values["kind"] = OrgKind(str(values["kind"]))
        for name in ("starts_on", "known_on", "founded", "dissolved"):
            if name in values:
                values[name] = date.fromisoformat(str(values[name]))
        changes = values.pop("changes", [])
        assert isinstance(changes, list)
        values["changes"] = tuple(
            Change(c["name"], c["before"], date.fromisoformat(c["since"])) for c in changes
        )
        return cls(**values)  # type: ignore[arg-type]


_NAMES = tuple(f.name for f in fields(Facts))
