"""Offices as they are written in practice."""

import re

import pytest

from dj_cadence.domain.organizations.office_text import NamedOffice, is_in_charge, named_offices
from dj_cadence.domain.organizations.offices import OFFICES, OTHER_OFFICES
from tests.world import ROOT

SCHEDULES = ROOT / "schedules"


def said(written: str, *, in_charge: bool = False) -> list[str]:
    """Each office, `代` before one that is done for somebody who is missing."""
    found = named_offices(written, in_charge=in_charge)
    assert found.unknown == ()
    return [f"{'代' if one.acting else ''}{one.office}" for one in found.offices]


@pytest.mark.parametrize(
    ("written", "offices"),
    [
        ("书记、校长", ["书记", "校长"]),
        ("书记，校长", ["书记", "校长"]),
        ("书记/ 校长 ;工会主席", ["书记", "校长", "工会主席"]),
        ("书记\n校长", ["书记", "校长"]),
        ("书记 园长", ["书记", "校长"]),
        ("书记兼校长", ["书记", "校长"]),
        ("党总支书记 兼 副校长", ["书记", "副校长"]),
        ("组织、宣传委员", ["组织委员", "宣传委员"]),
        ("组织委员兼宣传委员", ["组织委员", "宣传委员"]),
        ("组织兼纪检委员", ["组织委员", "纪检委员"]),
        ("组织宣传委员", ["组织委员", "宣传委员"]),
        ("组宣委员", ["组织委员", "宣传委员"]),
        ("统战、青年、妇女委员", ["统战委员", "青年委员", "妇女委员"]),
        ("副书记、纪检、组织委员", ["副书记", "纪检委员", "组织委员"]),
        ("校长（党支部书记）", ["校长", "书记"]),
        ("宣传委员（兼青年委员）", ["宣传委员", "青年委员"]),
        ("书记、书 记", ["书记"]),
        ("、", []),
        ("", []),
    ],
)
def test_several_offices_in_one_cell_are_told_apart(written: str, offices: list[str]) -> None:
    assert said(written) == offices


@pytest.mark.parametrize(
    ("written", "offices"),
    [
        ("副书记（主持工作）", ["代书记", "副书记"]),
        ("党总支副书记(临时主持工作)", ["代书记", "副书记"]),
        ("副书记〔主持党务工作〕、副校长", ["代书记", "副书记", "副校长"]),
        ("主持工作的副书记", ["代书记", "副书记"]),
        ("副书记 主持全面工作", ["代书记", "副书记"]),
        ("副园长（主持工作）", ["代校长", "副校长"]),
        ("工会副主席（主持）", ["代工会主席", "工会副主席"]),
        ("书记（代理）", ["代书记"]),
        ("代书记", ["代书记"]),
        ("代理校长", ["代校长"]),
        ("党支部临时负责人", ["代书记"]),
        ("书记（兼）", ["书记"]),
        ("支部书记（兼）", ["书记"]),
        ("兼职组织委员", ["组织委员"]),
        ("副书记（挂职）", ["副书记"]),
    ],
)
def test_who_stands_in_for_whom(written: str, offices: list[str]) -> None:
    assert said(written) == offices


def test_the_column_beside_it_may_say_it() -> None:
    assert said("副书记", in_charge=True) == ["代书记", "副书记"]
    assert said("书记", in_charge=True) == ["代书记"]
    assert [is_in_charge(word) for word in ("主持工作（临时负责）", "主持 工作", "代理", "")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("written", "office"),
    [
        ("第二党支部书记", "书记"),
        ("教工党支部书记", "书记"),
        ("中共云溪小学党支部书记", "书记"),
        ("校党委组织委员", "组织委员"),
        ("离退休党支部宣传委员", "宣传委员"),
        ("云溪中学校长", "校长"),
        ("教工团支部书记", "团支部书记"),
        ("党支部第一书记", "第一书记"),
        ("党建专干", "党务工作者"),
        ("党务干事", "党务工作者"),
        ("党委委员", "委员"),
        ("纪检监察委员", "纪检委员"),
    ],
)
def test_the_name_of_the_organization_before_it_does_not_count(written: str, office: str) -> None:
    assert said(written) == [office]


@pytest.mark.parametrize(
    ("written", "unknown"),
    [
        ("原书记", "原书记"),
        ("书记（已退休）", "书记(已退休)"),
        ("原云溪小学党支部书记", "原云溪小学党支部书记"),
        ("书记兼班主任", "班主任"),
        ("党支部校长", "党支部校长"),
        ("书计", "书计"),
        ("书记、教研员", "教研员"),
        ("第1111111111111111111111111111x", "第1111111111111111111111111111x"),
        ("记" * 200, "记" * 200),
    ],
)
def test_what_nobody_knows_is_named_by_itself(written: str, unknown: str) -> None:
    assert named_offices(written).unknown == (unknown,)


def test_one_in_two_ways_is_the_regular_one() -> None:
    assert named_offices("书记、代书记").offices == (NamedOffice("书记"),)


def test_no_shipped_rule_needs_an_office_that_is_only_kept() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SCHEDULES.rglob("*.yaml")]
    written = {office for text in texts for office in re.findall(r"\boffice: *([^\s,}]+)", text)}
    assert "书记" in written
    assert written <= OFFICES.keys()
    assert not OFFICES.keys() & OTHER_OFFICES.keys()
