"""Rows of the sheet 组织 as organizations, checked on their own and against each other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.day_rule import EXAMPLES, parse_day_rule
from dj_cadence.domain.organizations.facts import (
    BRANCHES,
    COMMITTEE_THRESHOLD,
    KIND_BY_LABEL,
    LEAST_MEMBERS,
    MOST_MEMBERS,
    PARTY_ORGANIZATIONS,
    STAGES,
    OrgKind,
    unknown_city,
)
from dj_cadence.domain.roster.cells import ORG_HEADERS, Cells, code_fault
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.normal_form import compatible
from dj_cadence.problems import Problem

KINDS: Mapping[str, OrgKind] = {
    **KIND_BY_LABEL,
    **{kind.value: kind for kind in OrgKind},
    "上级机关": OrgKind.SUPERVISOR,
    "基层党委": OrgKind.PARTY_COMMITTEE,
    **dict.fromkeys(("总支", "总支部", "党总支部"), OrgKind.GENERAL_BRANCH),
    "支部": OrgKind.BRANCH,
    "联合支部": OrgKind.JOINT_BRANCH,
    "小组": OrgKind.PARTY_GROUP,
    "教工团支": OrgKind.LEAGUE_BRANCH_STAFF,
    "少先队大队": OrgKind.YOUNG_PIONEERS,
    **dict.fromkeys(("妇女委员会", "妇女工作委员会", "妇联"), OrgKind.WOMENS_COMMITTEE),
}
_KIND_ADVICE = "可填：" + "、".join(KIND_BY_LABEL)


@dataclass(frozen=True, slots=True)
class RosterOrg:
    """One organization as its roster row states it."""

    code: str
    name: str
    kind: OrgKind
    supervisor: str
    approver: str
    school: str
    full_members: int | None
    probationary_members: int | None
    has_committee: bool
    groups: int | None
    stage: str
    boarding: bool | None
    ownership: str
    city: str
    last_election: date | None
    term_years: int | None
    theme_day: str
    founded: date | None
    starts_on: date | None
    dissolved: date | None
    successor: str
    """Who takes over what is not settled when it is dissolved."""
    tags: str

    def cells(self) -> dict[str, str]:
        """The row as text, empty cells left out: reading it again gives this organization."""
        values = {name: getattr(self, name) for name in self.__slots__}
        if not self.has_committee and self.kind not in BRANCHES:
            values["has_committee"] = None
        return {name: _as_text(value) for name, value in values.items() if value not in (None, "")}


def _as_text(value: object) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case date():
            return value.isoformat()
        case OrgKind():
            return value.label
        case _:
            return str(value)


def read_orgs(
    rows: Iterable[TableRow], stored: Mapping[str, Mapping[str, str]], *, correct: bool = False
) -> tuple[dict[str, RosterOrg], list[Problem]]:
    """The organizations of `rows` by code, in their order, and every fault of a single row.

    `stored` has the cells of the organizations already known. An empty cell clears what is
    stored, except 设支委会, and 上次换届日期 unless with `correct`.
    """
    kept = ("has_committee",) if correct else ("has_committee", "last_election")
    orgs: dict[str, RosterOrg] = {}
    problems: list[Problem] = []
    seen: dict[str, TableRow] = {}
    for row in rows:
        code = row.text("code")
        if code in seen:
            first = seen[code].place("code")
            problems.append(Problem(row.place("code"), f"组织代码“{code}”重复，已见于 {first}。"))
            continue
        if code:
            seen[code] = row
        if code not in stored and (text := code_fault("组织代码", code)):
            problems.append(Problem(row.place("code"), text))
        org, faults = read_org(row.over(stored.get(code, {}), kept))
        problems += faults
        if org:
            orgs[code] = org
    return orgs, problems


def read_org(row: TableRow) -> tuple[RosterOrg | None, list[Problem]]:
    """The organization of one row, None when it has no code, name or kind."""
    cells = Cells(row, ORG_HEADERS)
    code, name = cells.required("code") and row.text("code"), cells.required("name")
    kind = cells.one_of("kind", KINDS, _KIND_ADVICE) if cells.required("kind") else None
    full_members, has_committee = cells.number("full_members"), cells.flag("has_committee")
    last_election, term_years = cells.day("last_election"), _term_years(cells)
    if kind and kind not in PARTY_ORGANIZATIONS and last_election and not term_years:
        cells.fault("term_years", f"{kind.label}写了上次换届日期，请同时写任期年数。")
    if kind and has_committee is None:
        has_committee = kind in BRANCHES and (full_members or 0) >= COMMITTEE_THRESHOLD
    values = RosterOrg(
        code=code,
        name=name,
        kind=kind or OrgKind.BRANCH,
        supervisor=row.text("supervisor"),
        approver=row.text("approver"),
        school=cells.text("school"),
        full_members=full_members,
        probationary_members=cells.number("probationary_members"),
        has_committee=bool(has_committee),
        groups=cells.number("groups"),
        stage=cells.text("stage"),
        boarding=cells.flag("boarding"),
        ownership=cells.text("ownership"),
        city=cells.text("city"),
        last_election=last_election,
        term_years=term_years,
        theme_day=_theme_day(cells),
        founded=cells.day("founded"),
        starts_on=cells.day("starts_on"),
        dissolved=cells.day("dissolved"),
        successor=row.text("successor"),
        tags=cells.text("tags"),
    )
    _check_lifetime(cells, values)
    return (values if code and name and kind else None), cells.problems


def _term_years(cells: Cells) -> int | None:
    years = cells.number("term_years")
    if years is not None and not 1 <= years <= 10:
        cells.fault("term_years", f"任期年数“{years}”不在1到10之间，请改正。")
        return None
    return years


def _theme_day(cells: Cells) -> str:
    text = compatible(cells.text("theme_day")).replace(" ", "")
    if text and parse_day_rule(text) is None:
        cells.fault("theme_day", f"看不懂主题党日“{text}”，可写：{EXAMPLES}。")
        return ""
    return text


def _check_lifetime(cells: Cells, org: RosterOrg) -> None:
    if org.founded and org.dissolved and org.dissolved < org.founded:
        cells.fault("dissolved", "撤销日期早于成立日期，请改正。")
    if org.successor and not org.dissolved:
        cells.fault("successor", "填写了承接组织代码，请同时填写撤销日期。")
    if org.successor and org.successor == org.code:
        cells.fault("successor", "承接组织不能是它自己，请改正。")


def _odd_size(org: RosterOrg, full: int) -> Iterable[tuple[str, str]]:
    """How a branch is set up beside how many full members it has (支部工作条例, art. 4, ch. 6)."""
    enough, count = full >= COMMITTEE_THRESHOLD, f"正式党员{full}人，"
    if enough and not org.has_committee:
        yield "has_committee", f"{count}满7人应设支委会，现为“否”，请核对。"
    if org.has_committee and not enough:
        yield "has_committee", f"{count}不足7人，设支委会却为“是”，请核对。"
    if org.kind is OrgKind.BRANCH and full < LEAST_MEMBERS:
        yield "full_members", f"{count}不足3人的单位应与其他单位设联合党支部，请核对。"
    if full > MOST_MEMBERS:
        yield "full_members", f"{count}党支部一般不超过50人，请核对是否分设支部。"


def oddities(
    org: RosterOrg, today: date, cities: Collection[str] = ()
) -> Iterable[tuple[str, str]]:
    """(column, what is odd but may be so) for one organization.

    `cities` are known besides those of Shandong.
    """
    if org.stage and org.stage not in STAGES:
        yield "stage", f"没有见过的学段“{org.stage}”，常用：{'、'.join(STAGES)}。"
    if text := unknown_city(org.city, cities):
        yield "city", text
    if org.kind in BRANCHES and org.full_members is not None:
        yield from _odd_size(org, org.full_members)
    if org.kind in PARTY_ORGANIZATIONS and not org.last_election and not org.dissolved:
        yield "last_election", "没有上次换届日期，无法提醒换届，请补填。"
    if org.last_election and org.last_election > today:
        yield "last_election", f"上次换届日期{org.last_election}还没有到，请核对。"
