"""A rule in a person's words."""

from datetime import date

import pytest

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.duty import (
    Clock,
    DayOfYear,
    Duty,
    Every,
    OwedBy,
    Recurrence,
    Term,
    TermNotice,
    Tier,
    Vacation,
)
from dj_cadence.domain.rules.duty_in_words import dates_text, owed_by_text, recurrence_text

BOTH = frozenset({OrgKind.JOINT_BRANCH, OrgKind.BRANCH})


def a_duty(recurrence: Recurrence, since: date | None = None) -> Duty:
    return Duty("x", "某事", Tier.B, (), OwedBy(BOTH), recurrence, "书记", "m", (), True, 5, (), (),
                False, since)  # fmt: skip


@pytest.mark.parametrize(
    ("owed_by", "said"),
    [
        (OwedBy(BOTH), "党支部、联合党支部"),
        (OwedBy(BOTH, has_committee=True), "党支部、联合党支部；设支委会"),
        (OwedBy(BOTH, has_committee=False), "党支部、联合党支部；不属于“设支委会”"),
        (
            OwedBy(frozenset({OrgKind.PARTY_COMMITTEE}), top_of_school=True, branches_below=True),
            "党委；学校最上级党组织；下设党支部",
        ),
        (OwedBy(BOTH, stages=frozenset({"幼儿园"})), "党支部、联合党支部；学段幼儿园"),
    ],
)
def test_who_owes_it(owed_by: OwedBy, said: str) -> None:
    assert owed_by_text(owed_by) == said


@pytest.mark.parametrize(
    ("recurrence", "often", "between"),
    [
        (Every(Unit.MONTH, own_day="theme_day"), "每月1次", "计划日用本组织的固定日"),
        (Every(Unit.MONTH, times="groups"), "每月每组1次", ""),
        (Every(Unit.YEAR, times=32, counted_in="学时"), "每年32学时", ""),
        (Every(Unit.HALF_YEAR, due_day="20日"), "每半年1次", "最迟20日"),
        (Every(Unit.MONTH, vacation=Vacation.WAIVE), "每月1次", "假期月份不要求"),
        (
            Every(Unit.YEAR, opens=DayOfYear(-1, 10, 1), due=DayOfYear(1, 3, 31)),
            "每年1次",
            "上年10月1日至次年3月31日办理",
        ),
        (
            Every(
                Unit.YEAR, opens=DayOfYear(0, 9, 1), due=DayOfYear(0, 9, 4), before=("中秋", "国庆")
            ),
            "每年1次",
            "9月1日至中秋、国庆放假前办理",
        ),
        (
            Term({OrgKind.BRANCH: 3, OrgKind.PARTY_COMMITTEE: 5}),
            "按任期",
            "党委5年、党支部3年；届满前6个月起办理；延期或提前须上级批准，一般不超过一年",
        ),
        (TermNotice("term"), "届满前6个月", "届满前7个月起办理"),
        (Clock("petition", days=60, extend_at_most=30), "事项发生后60日", "可延期一次，最多30日"),
        (Clock("petition", working_days=5), "事项发生后5个工作日", ""),
    ],
)
def test_a_recurrence_is_described_with_how_often_and_when(
    recurrence: Recurrence, often: str, between: str
) -> None:
    assert (recurrence_text(recurrence), dates_text(a_duty(recurrence))) == (often, between)


def test_since_when_a_rule_holds() -> None:
    duty = a_duty(Clock("applicant", months=1), since=date(2026, 5, 18))

    assert dates_text(duty) == "自2026年5月18日（周一）起施行"
