from datetime import date

from dj_cadence.domain.organizations.facts import (
    BRANCHES,
    KIND_BY_LABEL,
    PARTY_ORGANIZATIONS,
    Change,
    Facts,
    OrgKind,
)

FACTS = Facts(
    OrgKind.BRANCH,
    has_committee=True,
    groups=3,
    city="青岛",
    founded=date(2020, 9, 1),
    changes=(
        Change("groups", 1, date(2026, 3, 10)),
        Change("groups", 2, date(2026, 5, 20)),
        Change("kind", "joint_branch", date(2026, 4, 2)),
    ),
)


def test_each_kind_has_one_chinese_name() -> None:
    assert {kind.label: kind for kind in OrgKind} == KIND_BY_LABEL
    assert len(KIND_BY_LABEL) == len(OrgKind)


def test_a_party_group_has_no_term_of_its_own() -> None:
    assert BRANCHES < PARTY_ORGANIZATIONS
    assert OrgKind.PARTY_GROUP not in PARTY_ORGANIZATIONS


def test_the_facts_of_a_period_are_those_of_its_first_day() -> None:
    assert FACTS.at(date(2026, 3, 1)).groups == 1
    assert FACTS.at(date(2026, 3, 1)).kind is OrgKind.JOINT_BRANCH
    assert FACTS.at(date(2026, 4, 1)).groups == 2
    assert FACTS.at(date(2026, 5, 1)).kind is OrgKind.BRANCH
    assert FACTS.at(date(2026, 5, 20)).groups == 3
    assert FACTS.at(date(2026, 3, 1)).changes == ()


def test_an_organization_that_never_changed_is_itself() -> None:
    facts = Facts(OrgKind.BRANCH, groups=2)

    assert facts.at(date(2026, 1, 1)) is facts


def test_only_the_facts_a_rule_tests_are_kept() -> None:
    assert FACTS.only(frozenset({"groups"})) == Facts(
        OrgKind.BRANCH, groups=3, changes=FACTS.changes[:2]
    )


def test_facts_survive_being_stored() -> None:
    assert Facts.from_json(FACTS.as_json()) == FACTS
    assert Facts(OrgKind.UNION).as_json() == {"kind": OrgKind.UNION}
    assert FACTS.as_json()["founded"] == "2020-09-01"
