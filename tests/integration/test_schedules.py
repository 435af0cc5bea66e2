"""The shipped rules: what a person can check against the facts, line by line."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from dj_cadence.domain.duty import (
    EVIDENCE,
    Certainty,
    DayOfYear,
    Duty,
    Every,
    Recurrence,
    Term,
    TermNotice,
    Tier,
)
from dj_cadence.domain.organization import BRANCHES, PARTY_ORGANIZATIONS, Facts, OrgKind
from dj_cadence.domain.period import Unit
from dj_cadence.domain.reminder_plan import From, Rung
from dj_cadence.loading.calendar_rule import HolidayYearRule, SemesterRule
from dj_cadence.loading.catalogue import load_catalogue, shipped_schedules
from dj_cadence.loading.plan_rule import PlanRule
from dj_cadence.loading.rule import DutyFile
from dj_cadence.loading.yaml_file import keys_of

LOADED = load_catalogue([shipped_schedules()])
DUTIES = LOADED.catalogue.duties
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
YEAR_END = Every(Unit.YEAR, opens=DayOfYear(0, 10, 1), due=DayOfYear(1, 3, 31))
EXPECTED: dict[str, tuple[Tier, str, Certainty, Recurrence, str, str]] = {
    "committee_term": (
        Tier.B,
        "2.1",
        Certainty.VERIFIED,
        Term(
            {
                OrgKind.PARTY_COMMITTEE: 5,
                OrgKind.GENERAL_BRANCH: 3,
                OrgKind.BRANCH: 3,
                OrgKind.JOINT_BRANCH: 3,
            },
            opens_months_before=6,
        ),
        "书记",
        "term",
    ),
    "young_teacher_member_plan": (
        Tier.A,
        "2.3",
        Certainty.STANDARD,
        Every(Unit.YEAR, opens=DayOfYear(0, 9, 1), due=DayOfYear(0, 11, 30)),
        "书记",
        "yearly",
    ),
    "theme_party_day": (
        Tier.A,
        "2.4",
        Certainty.STANDARD,
        Every(Unit.MONTH, own_day="theme_day"),
        "书记",
        "monthly",
    ),
    "branch_general_meeting": (
        Tier.B,
        "2.4",
        Certainty.VERIFIED,
        Every(Unit.QUARTER),
        "书记",
        "quarterly",
    ),
    "branch_committee_meeting": (
        Tier.B,
        "2.4",
        Certainty.VERIFIED,
        Every(Unit.MONTH),
        "书记",
        "monthly",
    ),
    "party_group_meeting": (
        Tier.B,
        "2.4",
        Certainty.VERIFIED,
        Every(Unit.MONTH, times="groups"),
        "党小组长",
        "monthly",
    ),
    "party_lecture_branch": (
        Tier.B,
        "2.4",
        Certainty.DEFAULT,
        Every(Unit.QUARTER),
        "书记",
        "quarterly",
    ),
    "org_life_meeting": (Tier.B, "2.4", Certainty.VERIFIED, YEAR_END, "书记", "yearly"),
    "democratic_appraisal": (Tier.B, "2.4", Certainty.VERIFIED, YEAR_END, "书记", "yearly"),
    "hear_branch_report": (
        Tier.A,
        "2.4",
        Certainty.STANDARD,
        Every(Unit.SEMESTER),
        "书记",
        "semester",
    ),
    "election_reminder": (
        Tier.B,
        "2.4",
        Certainty.VERIFIED,
        TermNotice("committee_term", months_before=6, opens_months_before=7),
        "党务工作者",
        "term_notice",
    ),
    "party_work_budget": (
        Tier.A,
        "6.1",
        Certainty.STANDARD,
        Every(Unit.YEAR, opens=DayOfYear(-1, 10, 1), due=DayOfYear(-1, 12, 31)),
        "书记",
        "yearly",
    ),
}


def test_the_shipped_rules_have_no_fault() -> None:
    assert LOADED.problems == ()


def test_the_shipped_duties_are_these() -> None:
    assert {key: outline(duty) for key, duty in DUTIES.items()} == EXPECTED


def outline(duty: Duty) -> tuple[Tier, str, Certainty, Recurrence, str, str]:
    (row,) = duty.rows
    return duty.tier, row, duty.certainty, duty.recurrence, duty.office, duty.remind


def test_every_period_but_that_of_the_lecture_binds() -> None:
    assert set(DUTIES) - set(LOADED.catalogue.binding()) == {"party_lecture_branch"}


def test_terms_and_legal_clocks_have_no_days_of_grace() -> None:
    assert {key: duty.recording_grace for key, duty in DUTIES.items()} == {
        key: 0 if key in ("committee_term", "election_reminder") else 5 for key in DUTIES
    }


def test_what_one_activity_may_count_for() -> None:
    assert {key: duty.counts_for for key, duty in DUTIES.items() if duty.counts_for} == {
        "theme_party_day": (
            "branch_general_meeting",
            "party_lecture_branch",
            "party_group_meeting",
        ),
        "democratic_appraisal": ("branch_general_meeting",),
        "committee_term": ("branch_general_meeting",),
    }


def test_who_owes_what() -> None:
    branch = Facts(OrgKind.BRANCH, top_of_school=True, has_committee=True, groups=2)
    small = Facts(OrgKind.JOINT_BRANCH)
    committee = Facts(OrgKind.PARTY_COMMITTEE, top_of_school=True, branches_below=True)
    inner = Facts(OrgKind.GENERAL_BRANCH, branches_below=True)
    supervisor = Facts(OrgKind.SUPERVISOR, branches_below=True)
    of_every_branch = {
        "committee_term",
        "theme_party_day",
        "branch_general_meeting",
        "party_lecture_branch",
        "org_life_meeting",
        "democratic_appraisal",
    }
    of_the_top = {"young_teacher_member_plan", "party_work_budget"}

    assert owed(small) == of_every_branch
    assert owed(branch) == of_every_branch | of_the_top | {
        "branch_committee_meeting",
        "party_group_meeting",
    }
    assert owed(inner) == {"committee_term", "election_reminder"}
    assert owed(committee) == of_the_top | {
        "committee_term",
        "election_reminder",
        "hear_branch_report",
    }
    assert owed(supervisor) == {"election_reminder"}


def owed(facts: Facts) -> set[str]:
    return {key for key, duty in DUTIES.items() if duty.owed_by.admits(facts)}


def test_kinds_are_those_of_the_tree() -> None:
    assert DUTIES["theme_party_day"].owed_by.kinds == BRANCHES
    assert DUTIES["committee_term"].owed_by.kinds == PARTY_ORGANIZATIONS


def test_no_document_is_cited_whose_wording_was_not_read() -> None:
    cited = [
        (duty.key, basis.certainty)
        for duty in DUTIES.values()
        for basis in duty.basis
        if basis.document or basis.article
    ]

    assert {certainty for _, certainty in cited} == {Certainty.STANDARD, Certainty.VERIFIED}


def test_what_is_not_certain_says_so_in_words() -> None:
    uncertain = [
        basis
        for duty in DUTIES.values()
        for basis in duty.basis
        if basis.certainty not in (Certainty.STANDARD, Certainty.VERIFIED)
    ]

    assert [basis for basis in uncertain if not basis.note] == []
    assert "只对党支部" in DUTIES["election_reminder"].basis[1].note
    assert DUTIES["election_reminder"].basis[1].article == ""


def test_every_duty_is_named_by_the_standard_and_says_what_to_do() -> None:
    for duty in DUTIES.values():
        assert duty.basis[0].certainty is Certainty.STANDARD, duty.key
        assert duty.basis[0].supports[0] == "duty", duty.key
        assert duty.instructions.endswith("。"), duty.key
        assert len(duty.instructions) <= 60, duty.key
        assert set(duty.evidence) <= set(EVIDENCE), duty.key


LATE = Rung("late", From.DUE, working_days=1, repeat_weeks=1)
TWICE = (
    Rung("month_before", From.TARGET, days=-30),
    Rung("week_before", From.TARGET, days=-7),
    LATE,
)


@pytest.mark.parametrize(
    ("key", "rungs"),
    [
        (
            "monthly",
            (Rung("list", From.DUE_MONTH), Rung("nudge", From.PLANNED, working_days=-3), LATE),
        ),
        (
            "quarterly",
            (Rung("list", From.DUE_MONTH), Rung("nudge", From.TARGET, working_days=-5), LATE),
        ),
        ("semester", TWICE),
        ("yearly", TWICE),
        (
            "term",
            (
                Rung("five_months", From.DUE, months=-5),
                Rung("three_months", From.DUE, months=-3),
                Rung("two_months", From.DUE, months=-2),
                Rung("one_month", From.DUE, months=-1),
                Rung("late", From.DUE, days=1, repeat_months=1),
            ),
        ),
        (
            "term_notice",
            (Rung("opens", From.OPENS), Rung("week_before", From.DUE, days=-7), LATE),
        ),
    ],
)
def test_the_shipped_reminder_plans(key: str, rungs: tuple[Rung, ...]) -> None:
    assert LOADED.catalogue.plans[key].rungs == rungs


def test_there_is_no_plan_without_a_duty() -> None:
    assert set(LOADED.catalogue.plans) == {duty.remind for duty in DUTIES.values()}


def test_the_reference_names_every_key_that_may_be_written() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    models = {
        model
        for root in (DutyFile, PlanRule, HolidayYearRule, SemesterRule)
        for model in models_in(root)
    }
    words = {key for model in models for key in keys_of(model)}
    words |= {unit.value for unit in Unit} | {kind.value for kind in OrgKind}
    words |= {certainty.value for certainty in Certainty} | set(EVIDENCE)
    words |= {base.value for base in From} | {"plans", "semesters", "previous", "next"}

    assert sorted(word for word in words if f"`{word}`" not in text) == []


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    elif not isinstance(annotation, type) or isinstance(annotation, UnionType):
        for inner in get_args(annotation):
            yield from models_in(inner)
