"""Rows of the sheet 组织, one by one and as a tree."""

from dataclasses import replace
from datetime import date

import pytest

from dj_cadence.domain.organizations.facts import Change, Facts, OrgKind
from dj_cadence.domain.roster.cells import parse_date
from dj_cadence.domain.roster.columns import ORG_COLUMNS
from dj_cadence.domain.roster.facts import OrgStart, facts_of, with_changes
from dj_cadence.domain.roster.org_rows import RosterOrg, oddities, read_orgs
from dj_cadence.domain.roster.rows import Origin, TableRow, column_letters
from dj_cadence.domain.roster.tree import (
    TreePosition,
    lay_out,
    merged_order,
    siblings,
    tree_problems,
)
from dj_cadence.problems import Problem

ORIGIN = Origin("r.xlsx 组织", {c.key: n for n, c in enumerate(ORG_COLUMNS, 1)}, lettered=True)
TODAY = date(2026, 3, 5)
AT_ONCE = OrgStart(None, TODAY)
KINDS = (
    "上级党组织、党委、党总支、党支部、联合党支部、党小组、"
    "工会、妇委会、教代会、团委、教工团支部、学生团支部、少先队、学生会"
)


def row(
    code: str, kind: str = "党支部", supervisor: str = "", number: int = 2, **more: str
) -> TableRow:
    cells = {c.key: "" for c in ORG_COLUMNS}
    cells |= {"code": code, "name": f"{code}名", "kind": kind, "supervisor": supervisor, **more}
    return TableRow(ORIGIN, number, cells)


def read(*rows: TableRow) -> dict[str, RosterOrg]:
    orgs, problems = read_orgs(rows, {})
    assert problems == []
    return orgs


def problems_of(*rows: TableRow) -> list[tuple[str, str]]:
    return [(p.place, p.message) for p in read_orgs(rows, {})[1]]


def tree_faults(*rows: TableRow) -> list[Problem]:
    return tree_problems(read(*rows), {r.cells["code"]: r for r in rows}, ())


def tree_positions(*rows: TableRow) -> dict[str, TreePosition]:
    orgs = read(*rows)
    return lay_out(orgs, siblings(orgs))


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")]
)
def test_columns_are_named_as_in_a_workbook(number: int, letters: str) -> None:
    assert column_letters(number) == letters


@pytest.mark.parametrize(
    "text", ["2023-05-10", "2023/5/10", "2023.5.10", "2023年5月10日", "20230510", "2023-5-10"]
)
def test_dates_as_people_write_them(text: str) -> None:
    assert parse_date(text) == date(2023, 5, 10)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "45056", "2023-05/10", "五月", "0202-05-10", "2023-5"]
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_a_row_becomes_an_organization_and_its_cells_give_it_again() -> None:
    written = row(
        "B1",
        full_members="7",
        groups="2",
        boarding="否",
        theme_day="第一个星期五",
        last_election="2023/5/10",
        founded="20100901",
    )
    org = read(written)["B1"]
    assert org.cells() == {
        "code": "B1",
        "name": "B1名",
        "kind": "党支部",
        "full_members": "7",
        "has_committee": "是",
        "groups": "2",
        "boarding": "否",
        "theme_day": "第一个星期五",
        "last_election": "2023-05-10",
        "founded": "2010-09-01",
    }
    assert read(TableRow(ORIGIN, 2, org.cells())) == {"B1": org}


def test_every_fault_of_a_row_is_named_with_its_cell() -> None:
    bad = row(
        "B1",
        "党支不",
        full_members="七",
        has_committee="可能",
        last_election="去年",
        theme_day="每周五",
        term_years="30",
    )
    assert problems_of(bad) == [
        ("r.xlsx 组织!C2", f"不认识的类别“党支不”，是否想写“党支部”？可填：{KINDS}。"),
        ("r.xlsx 组织!G2", "正式党员数“七”不是整数，请只写数字，如 12。"),
        ("r.xlsx 组织!I2", "不认识的设支委会“可能”。请填“是”或“否”。"),
        ("r.xlsx 组织!O2", "上次换届日期“去年”不是日期，请写成 2023-05-10。"),
        ("r.xlsx 组织!P2", "任期年数“30”不在1到10之间，请改正。"),
        ("r.xlsx 组织!Q2", "看不懂主题党日“每周五”，可写：5日、第一个星期五、最后一个工作日。"),
    ]


def test_empty_required_cells_are_faults() -> None:
    assert problems_of(row("", "", name="")) == [
        ("r.xlsx 组织!A2", "缺少组织代码，请填写。"),
        ("r.xlsx 组织!B2", "缺少组织名称，请填写。"),
        ("r.xlsx 组织!C2", "缺少类别，请填写。"),
    ]


def test_a_code_written_twice_is_a_fault() -> None:
    assert problems_of(row("B1"), row("B1", number=3)) == [
        ("r.xlsx 组织!A3", "组织代码“B1”重复，已见于 r.xlsx 组织!A2。")
    ]


def test_dissolved_before_founded_is_a_fault() -> None:
    assert problems_of(row("B1", founded="2020-01-01", dissolved="2019-01-01")) == [
        ("r.xlsx 组织!T2", "撤销日期早于成立日期，请改正。")
    ]


def test_a_mass_organization_with_an_election_must_say_its_term() -> None:
    assert problems_of(row("T1", "团委", last_election="2024-01-01")) == [
        ("r.xlsx 组织!P2", "团委写了上次换届日期，请同时写任期年数。")
    ]
    assert problems_of(row("T1", "团委", last_election="2024-01-01", term_years="3")) == []


@pytest.mark.parametrize("text", ["支部", "党支部", "branch"])
def test_a_kind_has_other_names(text: str) -> None:
    assert read(row("B1", text))["B1"].kind is OrgKind.BRANCH


@pytest.mark.parametrize(("members", "expected"), [("6", False), ("7", True), ("", False)])
def test_the_committee_follows_from_seven_full_members(members: str, expected: bool) -> None:
    assert read(row("B1", full_members=members))["B1"].has_committee is expected


def test_an_empty_cell_clears_but_for_the_committee_and_the_election() -> None:
    stored = {
        "code": "B1",
        "name": "旧名",
        "kind": "党支部",
        "has_committee": "否",
        "last_election": "2023-05-10",
        "city": "示例市",
    }
    orgs, problems = read_orgs([row("B1", full_members="9")], {"B1": stored})
    org = orgs["B1"]
    assert problems == []
    assert (org.has_committee, org.last_election, org.city) == (False, date(2023, 5, 10), "")


def test_a_column_that_is_not_in_the_sheet_changes_nothing() -> None:
    stored = {"code": "B1", "name": "旧名", "kind": "党支部", "city": "示例市", "groups": "2"}
    narrow = Origin("组织.csv", {"code": 1, "name": 2, "kind": 3, "groups": 4}, lettered=False)
    cells = {"code": "B1", "name": "新名", "kind": "党支部", "groups": ""}
    org = read_orgs([TableRow(narrow, 2, cells)], {"B1": stored})[0]["B1"]
    assert (org.name, org.city, org.groups) == ("新名", "示例市", None)
    assert narrow.place(2, "groups") == "组织.csv:2:4"
    assert narrow.place(2, "city") == "组织.csv:2"


def test_oddities_of_an_organization_are_pointed_out() -> None:
    org = read(row("B1", full_members="9", has_committee="否", stage="大学"))["B1"]
    assert [key for key, _ in oddities(org, TODAY)] == ["stage", "has_committee", "last_election"]
    small = read(row("B1", full_members="5", has_committee="是", last_election="2026-03-06"))["B1"]
    assert list(oddities(small, TODAY)) == [
        ("has_committee", "正式党员5人，不足7人，设支委会却为“是”，请核对。"),
        ("last_election", "上次换届日期2026-03-06还没有到，请核对。"),
    ]
    fine = read(row("B1", full_members="7", last_election="2026-03-05", stage="小学"))["B1"]
    assert list(oddities(fine, TODAY)) == []


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        ("党支部", "2", ["正式党员2人，不足3人的单位应与其他单位设联合党支部，请核对。"]),
        ("党支部", "0", ["正式党员0人，不足3人的单位应与其他单位设联合党支部，请核对。"]),
        ("党支部", "3", []),
        ("党支部", "50", []),
        ("党支部", "51", ["正式党员51人，党支部一般不超过50人，请核对是否分设支部。"]),
        ("联合党支部", "2", []),
        ("联合党支部", "64", ["正式党员64人，党支部一般不超过50人，请核对是否分设支部。"]),
        ("党总支", "2", []),
        ("党总支", "80", []),
        ("党支部", "", []),
    ],
)
def test_a_branch_too_small_or_too_large_is_odd(kind: str, members: str, said: list[str]) -> None:
    cells = {"kind": kind, "full_members": members, "last_election": "2026-03-05"}
    org = read(row("B1", **cells))["B1"]

    assert [text for _, text in oddities(org, TODAY)] == said


def test_a_city_may_be_written_with_or_without_its_last_character() -> None:
    orgs = read(row("B1", city="青岛市"), row("B2", city="青鸟", number=3), row("B3", city="苏州"))
    cities = [
        [text for key, text in oddities(o, TODAY, {"苏州"}) if key == "city"] for o in orgs.values()
    ]
    assert cities == [[], ["没有见过的城市“青鸟”，是否想写“青岛”？"], []]
    tree_position = TreePosition(1, 1, "", top_of_school=True, branches_below=False, group_rows=0)
    assert facts_of(orgs["B1"], tree_position, None, TODAY, beginning=AT_ONCE).city == "青岛"
    assert orgs["B1"].cells()["city"] == "青岛市"


# --- the tree ------------------------------------------------------------------------------


def test_an_unknown_superior_names_the_nearest() -> None:
    found = tree_faults(row("C100", "党委"), row("B1", supervisor="C10O", approver="ZZZ", number=3))
    assert found == [
        Problem("r.xlsx 组织!D3", "没有代码为“C10O”的组织，是否想写“C100”？"),
        Problem("r.xlsx 组织!E3", "没有代码为“ZZZ”的组织，请先在组织表里加上。"),
    ]


def test_a_cycle_is_named_once() -> None:
    found = tree_faults(
        row("A", "党委", "B"), row("B", "党委", "A", number=3), row("D", supervisor="A", number=4)
    )
    assert found == [Problem("r.xlsx 组织!D2", "上下级绕成了圈：A → B → A，请改正其中一个上级。")]


def test_a_branch_cannot_be_below_a_party_group() -> None:
    rows = row("B1"), row("G1", "党小组", "B1", number=3), row("B2", supervisor="G1", number=4)
    assert tree_faults(*rows) == [
        Problem(
            "r.xlsx 组织!D4",
            "党支部“B2名”不能设在党小组“G1名”下面，上级可以是：上级党组织、党委、党总支。",
        )
    ]


def test_a_superior_whose_kind_changes_must_still_suit_what_is_below() -> None:
    orgs = read(row("Z", "党总支"), row("B", supervisor="Z"))
    changed = row("Z", "党支部", number=9)
    orgs = orgs | read(changed)
    assert [p.place for p in tree_problems(orgs, {"Z": changed}, ())] == ["r.xlsx 组织!C9"]


def test_a_party_group_needs_its_branch() -> None:
    assert [p.message for p in tree_faults(row("G1", "党小组"))] == [
        "党小组要写上级组织代码，即所在党支部的代码。"
    ]


def test_positions_are_a_preorder_in_the_order_of_the_roster() -> None:
    found = tree_positions(
        row("B2", supervisor="C"),
        row("S", "上级机关"),
        row("C", "党委", "S"),
        row("Z", "党总支", "C"),
        row("B1", supervisor="Z"),
        row("X", "党委"),
    )
    assert [(code, s.position, s.end) for code, s in found.items()] == [
        ("S", 1, 5),
        ("C", 2, 5),
        ("B2", 3, 3),
        ("Z", 4, 5),
        ("B1", 5, 5),
        ("X", 6, 6),
    ]


def test_the_approver_is_the_nearest_committee_above() -> None:
    found = tree_positions(
        row("S", "上级机关"),
        row("C", "党委", "S"),
        row("Z", "党总支", "C"),
        row("B", supervisor="Z"),
        row("D", supervisor="Z", approver="S"),
    )
    assert {code: tree_position.approver for code, tree_position in found.items()} == {
        "S": "",
        "C": "S",
        "Z": "C",
        "B": "C",
        "D": "S",
    }


def test_the_top_organization_of_each_school_is_found() -> None:
    found = tree_positions(
        row("S", "上级机关"),
        row("T", "党委", "S", school="镇党委"),
        row("Z", "党总支", "T", school="甲校"),
        row("B1", supervisor="Z", school="甲校"),
        row("B2", supervisor="S"),
        row("U", "工会", "S"),
        row("C", "党委", "S"),
        row("B3", supervisor="C"),
    )
    assert [code for code, tree_position in found.items() if tree_position.top_of_school] == [
        "T",
        "Z",
        "B2",
        "C",
    ]


def test_organizations_with_branches_anywhere_below_are_found() -> None:
    found = tree_positions(row("S", "上级机关"), row("Z", "党总支", "S"), row("B", supervisor="Z"))
    assert [code for code, tree_position in found.items() if tree_position.branches_below] == [
        "S",
        "Z",
    ]


def test_rows_of_party_groups_win_over_their_number() -> None:
    rows = (
        row("B", groups="5"),
        row("G1", "党小组", "B"),
        row("G2", "党小组", "B"),
        row("D", groups="3"),
    )
    orgs, laid = read(*rows), tree_positions(*rows)
    found = {c: facts_of(orgs[c], laid[c], None, TODAY, beginning=AT_ONCE) for c in laid}
    groups = {code: facts.groups for code, facts in found.items()}
    assert groups == {"B": 2, "G1": 0, "G2": 0, "D": 3}


@pytest.mark.parametrize(
    ("known", "given", "merged"),
    [
        ("abc", "abc", "abc"),
        ("abc", "cab", "cab"),
        ("abc", "b", "abc"),
        ("abc", "bx", "abxc"),
        ("abc", "xb", "axbc"),
        ("abc", "x", "abcx"),
        ("abcd", "db", "adcb"),
        ("", "xy", "xy"),
    ],
)
def test_siblings_keep_their_order_and_new_ones_stand_where_written(
    known: str, given: str, merged: str
) -> None:
    assert merged_order(known, given) == list(merged)


def test_a_change_of_committee_is_remembered() -> None:
    before = Facts(OrgKind.BRANCH, has_committee=True, groups=2)
    after = with_changes(replace(before, has_committee=False), before, TODAY)
    assert after.changes == (Change("has_committee", True, TODAY),)
    assert after.at(date(2026, 3, 1)).has_committee is True
    assert after.at(date(2026, 4, 1)).has_committee is False
    again = with_changes(replace(after, groups=3, changes=()), after, date(2026, 4, 2))
    assert again.changes == (*after.changes, Change("groups", 2, date(2026, 4, 2)))


def test_a_change_taken_back_on_the_same_day_is_none() -> None:
    before = Facts(OrgKind.BRANCH, groups=2)
    slip = with_changes(replace(before, groups=3), before, TODAY)
    other_slip = with_changes(replace(before, groups=4), slip, TODAY)
    assert other_slip.changes == (Change("groups", 2, TODAY),)
    assert with_changes(before, other_slip, TODAY).changes == ()


def test_a_change_of_kind_is_remembered_as_text() -> None:
    before = Facts(OrgKind.BRANCH)
    after = with_changes(Facts(OrgKind.GENERAL_BRANCH), before, TODAY)
    assert after.changes == (Change("kind", "branch", TODAY),)
    assert Facts.from_json(after.as_json()) == after
