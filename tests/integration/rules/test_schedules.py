"""The shipped rules: what a person can check against the facts, line by line."""

import re
from datetime import date
from pathlib import Path

import pytest

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import (
    BRANCHES,
    PARTY_ORGANIZATIONS,
    STAGES,
    Facts,
    OrgKind,
)
from dj_cadence.domain.reminders.plan import From, ReminderStep
from dj_cadence.domain.rules.basis import EVIDENCE, Certainty
from dj_cadence.domain.rules.duty import DayOfYear, Duty, Every, Recurrence, Term, TermNotice, Tier
from dj_cadence.loading.rules.catalogue import shipped_schedules
from tests.world.shipped import shipped

LOADED = shipped()
DUTIES = LOADED.catalogue.duties
LISTED = {
    "party_org_meeting",
    "small_branch_meeting",
    "mass_org_measures",
    "heart_talk_leadership",
    "party_work_plan",
    "party_work_summary",
    "secretary_review_branch",
    "collective_study",
    "new_thought_education",
    "moral_ed_plan",
    "integrity_education",
    "staff_congress_session",
    "staff_congress_term",
    "student_congress",
    "safety_deploy",
    "safety_deploy_autumn",
    "demo_lesson",
}
"""On without a period that anybody gives: an item of its owner's list."""
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
        Every(Unit.YEAR, opens=DayOfYear(-1, 9, 1), due=DayOfYear(-1, 11, 30)),
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


def test_the_most_frequent_duties_have_these_dates() -> None:
    assert {key: outline(DUTIES[key]) for key in EXPECTED} == EXPECTED


def outline(duty: Duty) -> tuple[Tier, str, Certainty, Recurrence, str, str]:
    (row,) = duty.rows
    return duty.tier, row, duty.certainty, duty.recurrence, duty.office, duty.remind


def test_these_are_on_and_their_periods_bind() -> None:
    assert set(LOADED.catalogue.binding()) == {
        *(set(EXPECTED) - {"party_lecture_branch"}),
        "secretary_party_lecture",
        "democratic_life_meeting",
        "heart_talk_branch",
        "union_term",
        "league_branch_student_term",
        "league_branch_staff_term",
    }


def test_these_are_on_and_no_superior_sees_them_as_late() -> None:
    on = {duty.key for duty in LOADED.catalogue.enabled()}
    told_by_others = {
        "party_lecture_branch",
        "secretary_party_lecture_branch",
        "center_group_study",
        "league_congress",
        "young_pioneers_congress",
        "ideology_review",
        "ideology_report",
        "clean_gov_review",
    }

    assert on - set(LOADED.catalogue.binding()) == told_by_others | LISTED


def test_what_nobody_gives_a_period_for_is_listed_and_hardly_spoken_of() -> None:
    without = {duty.key for duty in LOADED.catalogue.enabled() if duty.tier is Tier.C}

    assert without == LISTED
    assert {DUTIES[key].remind for key in LISTED} == {"listed"}


def test_terms_and_legal_clocks_have_no_days_of_grace() -> None:
    grace = {key: duty.recording_grace for key, duty in DUTIES.items()}

    assert grace == {key: 5 if isinstance(DUTIES[key].recurrence, Every) else 0 for key in grace}


def test_one_activity_may_count_for_these_duties() -> None:
    assert {key: duty.counts_for for key, duty in DUTIES.items() if duty.counts_for} == {
        "theme_party_day": (
            "branch_general_meeting",
            "party_lecture_branch",
            "party_group_meeting",
            "small_branch_meeting",
            "collective_study",
            "volunteer_service",
            "political_birthday",
        ),
        "org_life_meeting": ("democratic_appraisal", "branch_general_meeting"),
        "democratic_appraisal": ("branch_general_meeting",),
        "eight_rules_check_teachers": ("eight_rules_check_autumn",),
        "committee_term": ("branch_general_meeting",),
    }


OF_EVERY_BRANCH = {
    "committee_term",
    "theme_party_day",
    "branch_general_meeting",
    "party_lecture_branch",
    "org_life_meeting",
    "democratic_appraisal",
    "secretary_party_lecture_branch",
    "secretary_review_branch",
    "heart_talk_branch",
    "demo_lesson",
}
OF_THE_TOP = {
    "heart_talk_leadership",
    "new_thought_education",
    "young_teacher_member_plan",
    "party_work_budget",
    "ideology_review",
    "ideology_report",
    "clean_gov_review",
    "mass_org_measures",
    "party_work_plan",
    "party_work_summary",
    "moral_ed_plan",
    "integrity_education",
    "safety_deploy",
    "safety_deploy_autumn",
}
OF_THE_UPPER_TOP = {"hear_branch_report", "party_org_meeting"}
OF_A_TOP_COMMITTEE = {"center_group_study", "democratic_life_meeting", "secretary_party_lecture"}
LEADING = {"committee_term", "election_reminder"}
OF_A_GENERAL_BRANCH = {"secretary_party_lecture_branch"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            Facts(OrgKind.BRANCH, top_of_school=True, has_committee=True, groups=2),
            OF_EVERY_BRANCH
            | OF_THE_TOP
            | {"branch_committee_meeting", "party_group_meeting", "collective_study"},
        ),
        (
            Facts(OrgKind.BRANCH, top_of_school=True),
            OF_EVERY_BRANCH | OF_THE_TOP | {"small_branch_meeting", "collective_study"},
        ),
        (Facts(OrgKind.JOINT_BRANCH), OF_EVERY_BRANCH),
        (
            Facts(OrgKind.PARTY_COMMITTEE, top_of_school=True, branches_below=True),
            LEADING | OF_THE_TOP | OF_THE_UPPER_TOP | OF_A_TOP_COMMITTEE,
        ),
        (
            Facts(OrgKind.GENERAL_BRANCH, top_of_school=True, branches_below=True),
            LEADING | OF_A_GENERAL_BRANCH | OF_THE_TOP | OF_THE_UPPER_TOP | {"collective_study"},
        ),
        (Facts(OrgKind.GENERAL_BRANCH, branches_below=True), LEADING | OF_A_GENERAL_BRANCH),
        (Facts(OrgKind.SUPERVISOR, branches_below=True), {"election_reminder"}),
        (Facts(OrgKind.PARTY_GROUP), set()),
        (Facts(OrgKind.UNION), {"union_term"}),
        (Facts(OrgKind.STAFF_CONGRESS), {"staff_congress_session", "staff_congress_term"}),
        (Facts(OrgKind.WOMENS_COMMITTEE), set()),
        (Facts(OrgKind.LEAGUE_COMMITTEE, stage="中职"), {"league_congress"}),
        (Facts(OrgKind.LEAGUE_COMMITTEE, stage="小学"), set()),
        (Facts(OrgKind.LEAGUE_BRANCH_STAFF), {"league_branch_staff_term"}),
        (Facts(OrgKind.LEAGUE_BRANCH_STUDENT), {"league_branch_student_term"}),
        (Facts(OrgKind.YOUNG_PIONEERS, stage="小学"), {"young_pioneers_congress"}),
        (Facts(OrgKind.YOUNG_PIONEERS, stage="高中"), set()),
        (Facts(OrgKind.STUDENT_UNION, stage="高中"), {"student_congress"}),
        (Facts(OrgKind.STUDENT_UNION, stage="小学"), set()),
    ],
)
def test_each_kind_of_organization_owes_these_duties(facts: Facts, expected: set[str]) -> None:
    owed = {duty.key for duty in LOADED.catalogue.enabled() if duty.owed_by.admits(facts)}

    assert owed == expected


def test_drills_are_monthly_in_schools_and_quarterly_in_kindergartens() -> None:
    found = {
        stage: [
            key
            for key in ("safety_drill", "safety_drill_kindergarten")
            if DUTIES[key].owed_by.admits(Facts(OrgKind.BRANCH, top_of_school=True, stage=stage))
        ]
        for stage in ("", *STAGES)
    }

    assert found == {
        "": [],
        "幼儿园": ["safety_drill_kindergarten"],
        **{stage: ["safety_drill"] for stage in STAGES[1:]},
    }


def test_the_amended_rules_on_new_members_hold_from_their_day() -> None:
    amended = {key: duty.effective_from for key, duty in DUTIES.items() if duty.effective_from}

    assert amended == dict.fromkeys(
        (
            "member_development_case",
            "activist_half_year_review",
            "member_admission_approval",
            "member_confirmation_approval",
        ),
        date(2026, 5, 18),
    )


def test_each_pack_says_how_it_is_switched_on() -> None:
    for path in sorted((shipped_schedules() / "duties").glob("pack-*.yaml")):
        text = path.read_text(encoding="utf-8")
        keys = [key for key, duty in DUTIES.items() if Path(duty.source).name == path.name]

        assert keys == re.findall(r"^#     ([a-z_]+): \{enabled: true\}$", text, re.MULTILINE)
        assert not any(DUTIES[key].enabled for key in keys)


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


def test_every_uncertain_basis_has_a_note() -> None:
    uncertain = [
        basis
        for duty in DUTIES.values()
        for basis in duty.basis
        if basis.certainty not in (Certainty.STANDARD, Certainty.VERIFIED)
    ]

    assert [basis for basis in uncertain if not basis.note] == []
    assert "只对党支部" in DUTIES["election_reminder"].basis[1].note
    assert DUTIES["election_reminder"].basis[1].article == "21"


def test_every_duty_of_the_standard_says_so_first_and_all_say_what_to_do() -> None:
    for duty in DUTIES.values():
        if duty.tier is not Tier.D:
            assert duty.basis[0].certainty is Certainty.STANDARD, duty.key
            assert duty.basis[0].supports[0] == "duty", duty.key
        assert len(duty.title) <= (18 if duty.key == "new_thought_education" else 16), duty.key
        assert duty.instructions.endswith("。"), duty.key
        assert len(duty.instructions) <= (90 if duty.key == "moral_ed_themes" else 60), duty.key
        assert set(duty.evidence) <= set(EVIDENCE), duty.key


LATE = ReminderStep("late", From.DUE, working_days=1, repeat_weeks=1)
TWICE = (
    ReminderStep("month_before", From.TARGET, days=-30),
    ReminderStep("week_before", From.TARGET, days=-7),
    LATE,
)


@pytest.mark.parametrize(
    ("key", "steps"),
    [
        (
            "monthly",
            (
                ReminderStep("list", From.DUE_MONTH),
                ReminderStep("nudge", From.PLANNED, working_days=-3),
                LATE,
            ),
        ),
        (
            "quarterly",
            (
                ReminderStep("list", From.DUE_MONTH),
                ReminderStep("nudge", From.TARGET, working_days=-5),
                LATE,
            ),
        ),
        ("semester", TWICE),
        ("yearly", TWICE),
        (
            "term",
            (
                ReminderStep("five_months", From.DUE, months=-5),
                ReminderStep("three_months", From.DUE, months=-3),
                ReminderStep("two_months", From.DUE, months=-2),
                ReminderStep("one_month", From.DUE, months=-1),
                ReminderStep("late", From.DUE, days=1, repeat_months=1),
            ),
        ),
        (
            "term_notice",
            (
                ReminderStep("opens", From.OPENS),
                ReminderStep("week_before", From.DUE, days=-7),
                LATE,
            ),
        ),
        (
            "listed",
            (
                ReminderStep("list", From.DUE_MONTH),
                ReminderStep("late", From.DUE, working_days=1, repeat_weeks=4),
            ),
        ),
        (
            "training",
            (
                ReminderStep("mid_year", From.DUE, months=-6),
                ReminderStep("autumn", From.DUE, months=-3),
                ReminderStep("month_before", From.DUE, days=-30),
                LATE,
            ),
        ),
        (
            "clock",
            (
                ReminderStep("half", From.OPENS, percent=50),
                ReminderStep("most", From.OPENS, percent=80),
                ReminderStep("day_before", From.DUE, days=-1),
                ReminderStep("late", From.DUE, days=1, repeat_weeks=1),
            ),
        ),
    ],
)
def test_the_shipped_reminder_plans_have_these_steps(
    key: str, steps: tuple[ReminderStep, ...]
) -> None:
    assert LOADED.catalogue.plans[key].steps == steps


def test_there_is_no_plan_without_a_duty() -> None:
    flows = {duty.workflow.remind for duty in DUTIES.values() if duty.workflow}
    assert set(LOADED.catalogue.plans) == flows | {duty.remind for duty in DUTIES.values()}
