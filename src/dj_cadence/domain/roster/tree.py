"""The tree that roster rows form: whether it can stand, and what follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dj_cadence.domain.organizations.facts import APPROVERS, BRANCHES, PARTY_ORGANIZATIONS, OrgKind
from dj_cadence.domain.roster.cells import Codes
from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.rows import TableRow
from dj_cadence.normal_form import word_key
from dj_cadence.problems import Problem

_S, _C, _G = OrgKind.SUPERVISOR, OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH
_ABOVE: Mapping[OrgKind, frozenset[OrgKind]] = {
    _S: frozenset({_S, _C}),
    _C: frozenset({_S, _C}),
    _G: frozenset({_S, _C}),
    OrgKind.BRANCH: frozenset({_S, _C, _G}),
    OrgKind.JOINT_BRANCH: frozenset({_S, _C, _G}),
    OrgKind.PARTY_GROUP: BRANCHES,
}
_ABOVE_OTHERS = frozenset(OrgKind) - {OrgKind.PARTY_GROUP}
"""A mass organization may be below anything but a 党小组."""


@dataclass(frozen=True, slots=True)
class TreePosition:
    """An organization's place in the tree."""

    position: int
    """Preorder, from 1."""
    end: int
    """The last position of its subtree."""
    approver: str
    """As written, else the nearest 党委 or 上级党组织 above."""
    top_of_school: bool
    branches_below: bool
    group_rows: int


def tree_problems(
    orgs: Mapping[str, RosterOrg], rows: Mapping[str, TableRow], written: Iterable[str]
) -> list[Problem]:
    """Unknown or impossible superiors, and cycles.

    `orgs` is the whole tree, `rows` those just read; `written` are codes that stand in the
    file in a faulty row, so that nothing is said twice.
    """
    codes = Codes({*orgs, *written})
    problems: list[Problem] = []
    for code, row in rows.items():
        org = orgs[code]
        problems += (
            Problem(row.place(key), text)
            for key in ("supervisor", "approver", "successor")
            if (text := codes.unknown(getattr(org, key)))
        )
    for code, org in orgs.items():
        if code in rows:
            problems += _kind_problem(org, orgs.get(org.supervisor), rows[code].place("supervisor"))
        elif org.supervisor in rows:
            above = org.supervisor
            problems += _kind_problem(org, orgs[above], rows[above].place("kind"))
    return [*problems, *_cycles(orgs, rows), *_lost_successors(orgs, rows)]


def _lost_successors(
    orgs: Mapping[str, RosterOrg], rows: Mapping[str, TableRow]
) -> Iterable[Problem]:
    """Who takes over must still be there."""
    for code, row in rows.items():
        org, after = orgs[code], orgs.get(orgs[code].successor)
        if after and org.dissolved and after.dissolved and after.dissolved <= org.dissolved:
            text = f"承接组织“{after.name}”{after.dissolved}已撤销，请改填别的组织。"
            yield Problem(row.place("successor"), text)


def _kind_problem(org: RosterOrg, above: RosterOrg | None, place: str) -> Iterable[Problem]:
    allowed = _ABOVE.get(org.kind, _ABOVE_OTHERS)
    if above and above.kind not in allowed:
        labels = "、".join(kind.label for kind in OrgKind if kind in allowed)
        yield Problem(
            place,
            f"{org.kind.label}“{org.name}”不能设在{above.kind.label}“{above.name}”下面，"
            f"上级可以是：{labels}。",
        )
    if not org.supervisor and org.kind is OrgKind.PARTY_GROUP:
        yield Problem(place, "党小组要写上级组织代码，即所在党支部的代码。")


def _cycles(orgs: Mapping[str, RosterOrg], rows: Mapping[str, TableRow]) -> Iterable[Problem]:
    """One problem for each cycle, at the first of its rows."""
    finished: set[str] = set()
    for start in orgs:
        path: dict[str, None] = {}
        code = start
        while code in orgs and code not in finished and code not in path:
            path[code] = None
            code = orgs[code].supervisor
        if code in path:
            steps = list(path)
            cycle = steps[steps.index(code) :]
            row = rows[next(code for code in rows if code in cycle)]
            text = " → ".join([*cycle, cycle[0]])
            yield Problem(row.place("supervisor"), f"上下级绕成了圈：{text}，请改正其中一个上级。")
        finished.update(path)


def extra_roots(orgs: Mapping[str, RosterOrg]) -> dict[str, str]:
    """What to say of each organization without a superior but the first, by its code.

    A site may have several; more often a superior was forgotten.
    """
    roots = [code for code, org in orgs.items() if not org.supervisor and not org.dissolved]
    return {
        code: f"“{orgs[code].name}”没有上级组织代码，成了最上一级，而最上一级已有"
        f"“{orgs[roots[0]].name}”；漏写了上级的，请补上。"
        for code in roots[1:]
    }


def siblings(orgs: Mapping[str, RosterOrg]) -> dict[str, list[str]]:
    """The codes directly below each code, in the given order; roots are below ``""``."""
    below: dict[str, list[str]] = {}
    for code, org in orgs.items():
        below.setdefault(org.supervisor, []).append(code)
    return below


def merged_order(stored: Sequence[str], given: Sequence[str]) -> list[str]:
    """Siblings in order: `given` among themselves as given, the other known ones where they were.

    A new one comes right after the one that precedes it in `given`; at the end, where
    nothing does.
    """
    again = set(stored) & set(given)
    blocks: list[list[str]] = [[]]
    for code in given:
        if code in again and not again.isdisjoint(blocks[-1]):
            blocks.append([])
        blocks[-1].append(code)
    following = iter(blocks)
    merged: list[str] = []
    for code in stored:
        merged += next(following) if code in again else [code]
    return merged + [code for block in following for code in block]


def lay_out(
    orgs: Mapping[str, RosterOrg], below: Mapping[str, Sequence[str]]
) -> dict[str, TreePosition]:
    """Where every organization stands, in preorder. The tree must be free of problems."""
    order: list[str] = []
    waiting = list(reversed(below.get("", ())))
    while waiting:
        order.append(waiting.pop())
        waiting += reversed(below.get(order[-1], ()))
    position = {code: number for number, code in enumerate(order, 1)}
    end = dict(position)
    branches: set[str] = set()
    for code in reversed(order):
        above = orgs[code].supervisor
        if above:
            end[above] = max(end[above], end[code])
            if orgs[code].kind in BRANCHES or code in branches:
                branches.add(above)
    nearest: dict[str, str] = {}
    for code in order:
        above = orgs[code].supervisor
        is_approver = above and orgs[above].kind in APPROVERS
        nearest[code] = above if is_approver else nearest.get(above, "")
    tops = _tops(orgs, order)
    return {
        code: TreePosition(
            position[code],
            end[code],
            orgs[code].approver or nearest[code],
            code in tops,
            code in branches,
            sum(orgs[child].kind is OrgKind.PARTY_GROUP for child in below.get(code, ())),
        )
        for code in order
    }


def _tops(orgs: Mapping[str, RosterOrg], order: Sequence[str]) -> set[str]:
    """The top of each school: the uppermost Party organization that names it.

    Where no school is named it is the first Party organization on the way down.
    """
    named: dict[str, str] = {}
    tops: set[str] = set()
    inside, depth = {"": False}, {"": 0}
    for code in order:
        org = orgs[code]
        depth[code] = depth[org.supervisor] + 1
        is_party = org.kind in PARTY_ORGANIZATIONS
        if is_party and org.school:
            school = word_key(org.school)
            highest = named.setdefault(school, code)
            if depth[code] < depth[highest]:
                named[school] = code
        elif is_party and not inside[org.supervisor]:
            tops.add(code)
        inside[code] = is_party or inside[org.supervisor]
    return tops | set(named.values())
