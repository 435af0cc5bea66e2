"""Kinds of organizations, and the facts about one that rules may test."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date

from dj_cadence.chinese import LabelledEnum
from dj_cadence.problems import suggestion


class OrgKind(LabelledEnum):
    """What an organization is."""

    SUPERVISOR = "supervisor", "上级党组织"
    PARTY_COMMITTEE = "party_committee", "党委"
    GENERAL_BRANCH = "general_branch", "党总支"
    BRANCH = "branch", "党支部"
    JOINT_BRANCH = "joint_branch", "联合党支部"
    PARTY_GROUP = "party_group", "党小组"
    UNION = "union", "工会"
    WOMENS_COMMITTEE = "womens_committee", "妇委会"
    STAFF_CONGRESS = "staff_congress", "教代会"
    LEAGUE_COMMITTEE = "league_committee", "团委"
    LEAGUE_BRANCH_STAFF = "league_branch_staff", "教工团支部"
    LEAGUE_BRANCH_STUDENT = "league_branch_student", "学生团支部"
    YOUNG_PIONEERS = "young_pioneers", "少先队"
    STUDENT_UNION = "student_union", "学生会"


KIND_BY_LABEL = {kind.label: kind for kind in OrgKind}

BRANCHES = frozenset({OrgKind.BRANCH, OrgKind.JOINT_BRANCH})
PARTY_ORGANIZATIONS = frozenset(
    {OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH, OrgKind.BRANCH, OrgKind.JOINT_BRANCH}
)
"""Those with a term of office of their own; a 党小组 is part of its branch."""
SUPERIORS = (OrgKind.SUPERVISOR, OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH)
APPROVERS = frozenset({OrgKind.PARTY_COMMITTEE, OrgKind.SUPERVISOR})

STAGES = (
    *("幼儿园", "小学", "初中", "高中"),
    *("九年一贯制", "完全中学", "十二年一贯制", "中职", "特殊教育"),
)
"""学段: how far a school goes."""

CITIES = (
    *("济南", "青岛", "淄博", "枣庄", "东营", "烟台", "潍坊", "济宁"),
    *("泰安", "威海", "日照", "临沂", "德州", "聊城", "滨州", "菏泽"),
)
"""Of Shandong; their bureaus publish the school calendars."""

COMMITTEE_THRESHOLD = 7
"""Full members from which a branch must have a committee (支部工作条例, ch. 6)."""
LEAST_MEMBERS, MOST_MEMBERS = 3, 50
"""Full members that a branch of one unit has at least, and as a rule at most (art. 4)."""


def city_name(written: str) -> str:
    """The name by which a city is found: 青岛 for 青岛市 too."""
    return written.strip().removesuffix("市")


def unknown_city(written: str, others: Collection[str]) -> str:
    """What to say of a city that is neither in Shandong nor one of `others`; else empty."""
    city, cities = city_name(written), (*CITIES, *others)
    if not city or city in cities:
        return ""
    return f"没有见过的城市“{written}”{suggestion(city, cities) or '，请核对。'}"


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
