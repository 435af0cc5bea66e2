"""Rows of the sheet 任职, and who is whom."""

from datetime import date
from typing import Any

import pytest

from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.roster.appointment_rows import (
    RosterAppointment,
    office_warnings,
    read_appointments,
)
from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS
from dj_cadence.domain.roster.org_rows import read_org
from dj_cadence.domain.roster.people import RosterPerson, StoredPerson, identify, number_of
from dj_cadence.domain.roster.rows import Origin, TableRow
from dj_cadence.problems import Problem

ORIGIN = Origin(
    "任职.csv", {c.key: n for n, c in enumerate(APPOINTMENT_COLUMNS, 1)}, lettered=False
)
BRANCH, _ = read_org(
    TableRow(ORIGIN, 1, {"code": "B1", "name": "甲支部", "kind": "党支部", "founded": "2012-09-01"})
)
assert BRANCH
assert BRANCH.kind is OrgKind.BRANCH
ORGS = {"B1": BRANCH, "B2": BRANCH}


def row(
    name: str, office: str = "书记", org: str = "B1", *, number: int = 2, **more: Any
) -> TableRow:
    cells = {c.key: "" for c in APPOINTMENT_COLUMNS}
    return TableRow(ORIGIN, number, {**cells, "org": org, "office": office, "name": name, **more})


def read(*rows: TableRow) -> list[RosterAppointment]:
    appointments, problems = read_appointments(rows, ORGS, ())
    assert problems == []
    return appointments


def faults(*rows: TableRow) -> list[tuple[str, str]]:
    return [(p.place, p.message) for p in read_appointments(rows, ORGS, ())[1]]


def known(key: str, name: str, *addresses: tuple[str, str], orgs: str = "B1") -> StoredPerson:
    return StoredPerson(7, key, name, frozenset(addresses), frozenset([orgs]))


def lines(people: list[RosterPerson]) -> list[list[int]]:
    """The lines of the rows of each person."""
    return [[r.row.number for r in person.rows] for person in people]


def test_two_offices_in_one_cell_are_two_appointments() -> None:
    found = read(
        row("甲", "支部书记、校长", nature="代理", since="2024年1月1日", until="2026/1/31")
    )
    assert [(a.office, a.acting, a.since, a.until) for a in found] == [
        ("书记", True, date(2024, 1, 1), date(2026, 1, 31)),
        ("校长", True, date(2024, 1, 1), date(2026, 1, 31)),
    ]


def test_without_dates_an_appointment_has_no_ends() -> None:
    (found,) = read(row("甲"))
    assert (found.since, found.until, found.acting) == (FIRST_DAY, LAST_DAY, False)


def test_addresses_are_normalised() -> None:
    (found,) = read(
        row(
            "甲",
            email="Shu.Ji@Example.org",
            phone="138-0000 0000",
            addresses="wecom=zs；dingtalk＝d1",
        )
    )
    assert found.addresses == {
        "email": "shu.ji@example.org",
        "phone": "13800000000",
        "wecom": "zs",
        "dingtalk": "d1",
    }


def test_every_fault_of_a_row_is_named_with_its_place() -> None:
    bad = row(
        "甲",
        "书计",
        "B9",
        nature="暂时",
        email="甲",
        phone="打办公室",
        addresses="wecom:zs",
        since="2024-01-02",
        until="2024-01-01",
    )
    assert faults(bad) == [
        ("任职.csv:2:2", "不认识的职务“书计”，是否想写“书记”？"),
        ("任职.csv:2:1", "没有代码为“B9”的组织，是否想写“B2”？"),
        ("任职.csv:2:10", "离任日期早于任职日期，请改正。"),
        ("任职.csv:2:3", "不认识的性质“暂时”。可填“主持工作”，正式任职留空。"),
        ("任职.csv:2:8", "其他渠道“wecom:zs”写法不对，应如 wecom=zhangsan。"),
        ("任职.csv:2:6", "邮箱“甲”写法不对，应如 name@example.org。"),
        ("任职.csv:2:7", "手机“打办公室”写法不对，请只写一个号码。"),
    ]


def test_an_appointment_before_the_founding_is_pointed_out() -> None:
    assert office_warnings(read(row("甲", since="2011-01-01"), row("乙", number=3)), ORGS) == [
        Problem("任职.csv:2:9", "甲的任职日期早于甲支部的成立日期，请核对。", warning=True)
    ]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"person": "1"}, {"person": "1"}, True),
        ({"person": "1"}, {"person": "2"}, False),
        ({"person": "1", "email": "a@x.cn"}, {"person": "2", "email": "a@x.cn"}, False),
        ({"person": "1", "email": "a@x.cn"}, {"email": "a@x.cn"}, True),
        ({"email": "a@x.cn"}, {"email": "A@x.cn"}, True),
        ({"email": "a@x.cn"}, {"email": "b@x.cn"}, False),
        ({"email": "a@x.cn", "phone": "13800000000"}, {"phone": "13800000000"}, True),
        (
            {"email": "a@x.cn", "phone": "13800000000"},
            {"email": "b@x.cn", "phone": "13800000000"},
            False,
        ),
        ({}, {}, True),
        ({}, {"org": "B2"}, False),
        ({}, {"email": "a@x.cn"}, True),
        ({"person": "1"}, {"email": "a@x.cn"}, True),
    ],
)
def test_who_is_the_same_person(first: dict[str, Any], second: dict[str, Any], same: bool) -> None:
    rows = read(row("甲", **first), row("甲", "组织委员", number=3, **second))
    for order in (rows, rows[::-1]):
        people, problems = identify(order, ())
        assert sorted(map(sorted, lines(people))) == ([[2, 3]] if same else [[2], [3]])
        assert problems == []


def test_one_mailbox_for_two_people_must_be_explained() -> None:
    _, problems = identify(read(row("甲", email="a@x.cn"), row("乙", number=3, email="a@x.cn")), ())
    assert [p.place for p in problems] == ["任职.csv:3:2", "任职.csv:3:5"]


def test_one_person_with_two_telephones_must_be_explained() -> None:
    rows = row("甲", phone="13800000001"), row("甲", "委员", number=3, phone="13800000002")
    _, problems = identify(read(*rows), ())
    assert problems == [
        Problem(
            "任职.csv:3:7",
            "按编号、邮箱、手机或姓名与 任职.csv:2:7 是同一人，这一栏却不同："
            "同一人请统一，两个人请各写人员编号。",
        )
    ]


def test_an_office_written_twice_is_a_fault() -> None:
    _, problems = identify(
        read(row("甲"), row("甲", number=3), row("甲", number=4, since="2020-01-01")), ()
    )
    assert problems == [Problem("任职.csv:3:2", "与 任职.csv:2:2 重复，请删去一行。")]


def test_a_known_person_takes_another_mailbox() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "a@x.cn"))
    people, _ = identify(read(row("甲", email="new@x.cn")), [stored])
    (person,) = people
    assert (person.stored, person.key) == (stored, "email:a@x.cn")
    assert person.addresses() == {("email", "new@x.cn")}


def test_a_namesake_when_the_known_one_is_in_the_file_too() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "a@x.cn"))
    rows = row("甲", email="b@x.cn"), row("甲", "组织委员", number=3, email="a@x.cn")
    people, _ = identify(read(*rows), [stored])
    assert [person.stored for person in people] == [None, stored]


def test_a_successor_at_the_same_telephone_is_somebody_else() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "a@x.cn"), ("phone", "88880000"))
    people, _ = identify(read(row("乙", email="b@x.cn", phone="88880000")), [stored])
    assert [person.stored for person in people] == [None]


def test_a_number_given_later_becomes_the_key() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "a@x.cn"))
    ((person,), _) = identify(read(row("甲", person="G7", email="a@x.cn")), [stored])
    assert (person.stored, person.key) == (stored, "G7")
    assert (number_of("G7"), number_of("email:a@x.cn")) == ("G7", "")


def test_somebody_new_gets_the_mailbox_of_somebody_who_has_moved_on() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "other@x.cn"))
    ((person,), _) = identify(read(row("乙", email="a@x.cn")), [stored])
    assert (person.stored, person.key) == (None, "email:a@x.cn'")


def test_a_new_name_at_a_known_mailbox_is_a_new_name() -> None:
    stored = known("email:a@x.cn", "甲", ("email", "a@x.cn"))
    people, problems = identify(read(row("甲甲", email="a@x.cn")), [stored])
    assert people[0].name == "甲甲"
    assert [(p.place, p.warning) for p in problems] == [("任职.csv:2:5", True)]


def test_a_sheet_without_a_column_of_addresses_leaves_them() -> None:
    narrow = Origin("任职.csv", {"org": 1, "office": 2, "name": 3, "email": 4}, lettered=False)
    cells = {"org": "B1", "office": "书记", "name": "甲", "email": ""}
    stored = known("name:B1/甲", "甲", ("email", "a@x.cn"), ("phone", "88880000"), ("wecom", "w"))
    ((person,), _) = identify(read(TableRow(narrow, 2, cells)), [stored])
    assert person.addresses() == {("phone", "88880000"), ("wecom", "w")}
