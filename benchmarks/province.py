"""A province out of a seed: cities, districts, schools and their Party organizations.

The rows go straight into the tables in bulk. Nobody holds an office, for planning asks
for none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.working_days import Semester, WorkCalendar
from dj_cadence.domain.organizations.facts import BRANCHES, STAGES, Facts, OrgKind
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, start_event
from dj_cadence.store.site import site as sites

STARTS_ON = date(2026, 1, 1)
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
CITIES = 16
BRANCHES_IN_A_DISTRICT = 250
"""With 160 districts: 40,000 branches of about 15,000 schools."""
_THEME_DAYS = (
    "5日",
    "10日",
    "15日",
    "20日",
    "25日",
    "第一个星期五",
    "第二个星期三",
    "最后一个工作日",
)
_STAGE_WEIGHTS = (30, 34, 14, 8, 6, 3, 1, 3, 1)
_YEARS = {OrgKind.PARTY_COMMITTEE: 5, OrgKind.GENERAL_BRANCH: 3, OrgKind.BRANCH: 3}


@dataclass
class Node:
    """One organization with those below it, in their order."""

    name: str
    facts: Facts
    below: list["Node"] = field(default_factory=list)
    position: int = 0
    end: int = 0


def province(branches: int, seed: int = 1) -> Node:
    """The whole tree, with about so many branches."""
    random = Random(seed)
    districts = max(1, round(branches / BRANCHES_IN_A_DISTRICT))
    top = _office("省委教育工委")
    top.below = [_office(f"第{n}市委教育工委") for n in range(min(CITIES, districts))]
    for n in range(districts):
        city = top.below[n % len(top.below)]
        city.below.append(_district(random, f"第{n}区教育工委", f"第{n % len(top.below)}市"))
    _seat(top, 1)
    return top


def _office(name: str) -> Node:
    return Node(name, Facts(OrgKind.SUPERVISOR, branches_below=True))


def _district(random: Random, name: str, city: str) -> Node:
    district = _office(name)
    usual_day, missing = random.choice(_THEME_DAYS), BRANCHES_IN_A_DISTRICT
    while missing > 0:
        school = _school(random, city, usual_day, f"{name}第{len(district.below)}学校")
        missing -= sum(node.facts.kind in BRANCHES for node in walk(school))
        district.below.append(school)
    return district


def _school(random: Random, city: str, usual_day: str, name: str) -> Node:
    """Three in four have a single branch, one in five a 总支, one in twenty a 党委."""
    (stage,) = random.choices(STAGES, _STAGE_WEIGHTS)
    shared = Facts(
        OrgKind.BRANCH,
        stage=stage,
        city=city,
        boarding=random.random() < (0.6 if stage in ("高中", "中职") else 0.1),
        ownership="民办" if random.random() < 0.15 else "公办",
    )
    days = ("", usual_day, random.choice(_THEME_DAYS))
    (kind,) = random.choices(list(_YEARS), (5, 20, 75))
    top = _with_branches(random, kind, shared, days, name)
    top.facts = replace(top.facts, top_of_school=True)
    return top


def _with_branches(
    random: Random, kind: OrgKind, shared: Facts, days: tuple[str, ...], name: str
) -> Node:
    if kind is OrgKind.BRANCH:
        return Node(name, _branch(random, shared, days))
    size, inner = random.randint(3, 6), OrgKind.BRANCH
    if kind is OrgKind.PARTY_COMMITTEE and random.random() < 0.5:
        inner = OrgKind.GENERAL_BRANCH
    elif kind is OrgKind.PARTY_COMMITTEE:
        size = random.randint(12, 28)
    node = Node(name, replace(shared, kind=kind, branches_below=True))
    node.below = [
        _with_branches(random, inner, shared, days, f"{name}第{n}支部") for n in range(size)
    ]
    return node


def _branch(random: Random, shared: Facts, days: tuple[str, ...]) -> Facts:
    committee = random.random() < 0.45
    return replace(
        shared,
        theme_day=random.choices(days, (50, 35, 15))[0],
        has_committee=committee,
        groups=random.choices((0, 2, 3, 4), (55, 25, 15, 5))[0] if committee else 0,
    )


def _seat(node: Node, position: int) -> int:
    """Number the tree in preorder; returns the last position."""
    node.position = node.end = position
    for child in node.below:
        node.end = _seat(child, node.end + 1)
    return node.end


def walk(node: Node) -> Iterator[Node]:
    """The organization and all below it, in preorder."""
    yield node
    for child in node.below:
        yield from walk(child)


def store(database: Database, top: Node, seed: int = 1) -> None:
    """Write the site and the tree; ids are positions in preorder."""
    random, nodes = Random(seed), list(walk(top))
    above = {child.position: node.position for node in nodes for child in node.below}
    with database.write() as session:
        sites.create(session, "benchmark", STARTS_ON)
        profiles = orgs.ensure_profiles(session, (node.facts for node in nodes))
        rows = [_org_row(node, above.get(node.position), profiles) for node in nodes]
        session.execute(insert(org), rows)
        session.execute(insert(start_event), list(_elections(random, nodes)))
        _pass_by_the_given_ids(session)


def _org_row(node: Node, above: int | None, profiles: dict[Facts, int]) -> dict[str, Any]:
    return {
        "id": node.position,
        "code": f"{node.position:06}",
        "name": node.name,
        "kind": node.facts.kind.value,
        "supervisor_id": above,
        "approver_id": above,
        "position": node.position,
        "subtree_end": node.end,
        "profile_id": profiles[node.facts],
        "roster": {"code": f"{node.position:06}", "name": node.name},
    }


def _elections(random: Random, nodes: list[Node]) -> Iterator[dict[str, Any]]:
    """The last election of each, on some day of the years that its term lasts."""
    for node in nodes:
        if years := _YEARS.get(node.facts.kind):
            yield {
                "org_id": node.position,
                "kind": "election",
                "day": TODAY - timedelta(days=random.randrange(1, 365 * years)),
                "current": True,
                "source": "roster",
                "recorded_at": NOW,
                "recorded_by": "benchmark",
            }


def _pass_by_the_given_ids(session: Session) -> None:
    """PostgreSQL counts only the ids that it gave itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('org', 'id'), (SELECT max(id) FROM org))"
        )


def with_semesters_of_cities(calendar: WorkCalendar) -> WorkCalendar:
    """The calendar, with semesters of its own for every second city."""
    own = [
        Semester(s.label, s.first + timedelta(days=n % 5), s.last, s.provisional, s.source, city)
        for n in range(0, CITIES, 2)
        for s in calendar.semesters
        if not s.city and not s.stage
        for city in [f"第{n}市"]
    ]
    return replace(calendar, semesters=(*calendar.semesters, *own))
