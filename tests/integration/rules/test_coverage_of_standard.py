"""The shipped rules beside the notes on the standard, row by row, for a person to compare.

Columns: key | cells of the standard | tier | on or off | how sure the period may be said to be |
documents whose wording was read, with the articles that may be cited (; between documents).
Marks: STD in the standard, P wording read, 2 told by others, R recalled, D our default.
"""

from dataclasses import dataclass

import pytest

from dj_cadence.domain.rules.basis import Certainty
from dj_cadence.domain.rules.citation import STANDARD
from dj_cadence.domain.rules.duty import Clock, Tier
from tests.world.shipped import shipped

DUTIES = shipped().catalogue.duties

STATED_BY_THE_STANDARD = """
theme_party_day           | 2.4 | A | on  | STD | 中国共产党党员教育管理工作条例 16; 中国共产党支部工作条例（试行） 16
hear_branch_report        | 2.4 | A | on  | STD |
young_teacher_member_plan | 2.3 | A | on  | STD |
party_work_budget         | 6.1 | A | on  | STD |
"""  # noqa: E501 - one duty a line, as in the notes

GIVEN_BY_A_RULE = """
committee_term             | 2.1 | B | on  | P | 关于党的基层组织任期的意见; 中国共产党支部工作条例（试行） 21; 中国共产党基层组织选举工作条例 3
election_reminder          | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 21
branch_general_meeting     | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 11、14
branch_committee_meeting   | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 12、14
party_group_meeting        | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 13、14
party_lecture_branch       | 2.4 | B | on  | 2 |
secretary_party_lecture    | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 16
democratic_life_meeting    | 2.4 | B | on  | P | 县以上党和国家机关党员领导干部民主生活会若干规定
org_life_meeting           | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 17; 中国共产党党员教育管理工作条例 17
democratic_appraisal       | 2.4 | B | on  | P | 中国共产党支部工作条例（试行） 18; 中国共产党党员教育管理工作条例 18
heart_talk_branch          | 2.4 | B | on  | P | 中国共产党党员教育管理工作条例 19; 中国共产党支部工作条例（试行） 19
heart_talk_leadership      | 1.4 | C | on  | D |
center_group_study         | 2.2 | B | on  | 2 | 中国共产党党委（党组）理论学习中心组学习规则 2、4
staff_congress_session     | 5.1 | C | on  | R | 学校教职工代表大会规定
staff_congress_term        | 5.1 | C | on  | R |
union_term                 | 5.1 | B | on  | P | 中华人民共和国工会法 11、16
league_congress            | 5.1 | B | on  | 2 |
league_branch_student_term | 5.1 | B | on  | P | 中国共产主义青年团支部工作条例（试行）
league_branch_staff_term   | 5.1 | B | on  | P | 中国共产主义青年团支部工作条例（试行）
young_pioneers_congress    | 5.1 | B | on  | 2 |
student_congress           | 5.1 | C | on  | D |
ideology_review            | 3.3 | B | on  | 2 |
ideology_report            | 3.3 | B | on  | 2 |
clean_gov_review           | 4.2 | B | on  | 2 | 党委（党组）落实全面从严治党主体责任规定 2
clean_gov_duty_list        | 4.2 | C | off | R |
clean_gov_report           | 4.2 | C | off | R |
petition_acknowledge       | 4.2 | B | off | P | 信访工作条例 23
petition_close             | 4.2 | B | off | P | 信访工作条例 34
weak_branch_check          | 2.4 | C | off | R |
member_development_case    | 2.3 | B | off | P | 中国共产党发展党员工作细则 7
activist_half_year_review  | 2.3 | B | off | P | 中国共产党发展党员工作细则 11
unqualified_member_case    | 2.3 | C | off | D | 中国共产党不合格党员组织处置办法 3、4
safety_drill               | 5.1 | B | off | P | 中小学幼儿园应急疏散演练指南
secrecy_annual             | 5.1 | B | off | P | 中华人民共和国保守国家秘密法实施条例 56、58
"""  # noqa: E501 - one duty a line, as in the notes

WITHOUT_A_PERIOD = """
system_docs_review         | 1.1 1.2     | C | off | D |
party_org_meeting          | 1.2         | C | on  | D | 关于建立中小学校党组织领导的校长负责制的意见（试行）
party_prestudy_gate        | 1.2         | C | off | D |
political_check            | 1.2 2.2     | C | off | D |
major_record               | 1.3         | C | off | D |
cadre_talent_study         | 1.3         | C | off | D |
mass_org_measures          | 1.3 5.1     | C | on  | 2 |
party_work_plan            | 1.4         | C | on  | D |
party_work_summary         | 1.4         | C | on  | D |
leadership_structure_check | 2.1 | C | off | D | 中国共产党支部工作条例（试行） 4
textbook_course_gate       | 2.2         | C | off | D |
forum_approval             | 2.2         | C | off | D |
position_inspection        | 2.2 3.2 3.3 | C | off | 2 |
teacher_ethics_check       | 2.2         | C | off | D |
double_cultivation         | 2.3         | C | off | D |
member_daily_management    | 2.3         | C | off | D |
platform_update            | 2.3 3.2     | C | off | D |
leader_links_branch        | 2.4         | C | off | D |
buwang_chuxin              | 2.4         | C | off | D |
moral_ed_plan              | 3.1         | C | on  | D |
moral_ed_themes            | 3.1         | C | off | D |
civilized_campus           | 3.1         | C | off | D |
online_party_positions     | 3.2         | C | off | D |
campus_culture             | 3.2         | C | off | D |
ideological_staffing       | 3.2         | C | off | D |
sizheng_topic              | 3.2         | C | off | 2 |
leader_contact_people      | 3.3         | C | off | D |
style_campaign             | 4.1         | C | off | D |
eight_rules_check          | 4.1         | C | off | R |
staff_concern_case         | 4.1 3.3     | C | off | D |
integrity_risk_list        | 4.2         | C | off | D |
integrity_education        | 4.2         | C | on  | D |
united_front               | 5.1         | C | off | D |
union_activity             | 5.1         | C | off | D |
mass_org_report            | 5.1         | C | off | D |
mass_org_structure         | 5.1         | C | off | D |
safety_deploy              | 5.1         | C | on  | D |
positions_investment       | 6.1         | C | off | D |
premises_fixed             | 6.1         | C | off | D |
party_worker_training      | 6.1         | C | off | D |
part_time_allowance        | 6.1         | C | off | D |
fusion_plan                | 7.1         | C | off | D |
demo_lesson                | 7.1         | C | on  | D |
volunteer_service          | 7.1         | C | off | D |
tackle_project             | 7.1         | C | off | D |
party_brand                | 7.1         | C | off | D |
"""  # noqa: E501 - one duty a line, as in the notes

NOT_IN_THE_STANDARD = """
member_training_hours    |     | D | off | P | 中国共产党党员教育管理工作条例 20
secretary_training_hours |     | D | off | 2 |
new_secretary_training   |     | D | off | 2 |
new_member_training      |     | D | off | 2 |
party_dues               |     | D | off | P | 中国共产党党员教育管理工作条例 16; 关于中国共产党党费收缴、使用和管理的规定
party_dues_publish       |     | D | off | P | 关于中国共产党党费收缴、使用和管理的规定
secretary_review         | 1.4 | D | off | 2 | 党委（党组）书记抓基层党建工作述职评议考核办法（试行） 3
branch_annual_report     |     | D | off | R | 中国共产党支部工作条例（试行） 11
sanhui_plan              |     | D | off | R |
dual_org_life            |     | D | off | D | 中国共产党党员教育管理工作条例 16
member_statistics        |     | D | off | R |
first_topic              |     | D | off | 2 |
leaders_party_lecture    |     | D | off | D | 中国共产党支部工作条例（试行） 16
branch_star_rating       |     | D | off | 2 |
member_development_plan  |     | D | off | 2 |
visit_members_spring     |     | D | off | 2 |
visit_members_july       |     | D | off | 2 |
july_first               |     | D | off | 2 |
political_birthday       |     | D | off | 2 |
member_information       |     | D | off | 2 |
party_affairs_disclosure |     | D | off | D |
"""  # noqa: E501 - one duty a line, as in the notes

PARTS_OF_THE_ABOVE = """
leadership_change            | 2.1 | C | off | D |
major_record_entry           | 1.3 | C | off | D |
center_group_plan            | 2.2 | C | off | D |
textbook_course_gate_spring  | 2.2 | C | off | D |
center_group_report          | 2.2 | C | off | D |
member_admission_approval    | 2.3 | B | off | P | 中国共产党发展党员工作细则 25
member_confirmation_approval | 2.3 | B | off | P | 中国共产党发展党员工作细则 33
double_cultivation_review    | 2.3 | C | off | D |
leader_links_list            | 2.4 | C | off | D |
secretary_party_lecture_branch | 2.4 | B | on  | D |
weak_branch_case             | 2.4 | C | off | D |
leader_contact_list          | 3.3 | C | off | D |
eight_rules_check_spring     | 4.1 | C | off | R |
eight_rules_check_autumn     | 4.1 | C | off | R |
eight_rules_check_teachers   | 4.1 | C | off | R |
integrity_risk_review        | 4.2 | C | off | D |
petition_objection           | 4.2 | B | off | P | 信访工作条例 23
united_front_study           | 5.1 | C | off | D |
safety_deploy_autumn         | 5.1 | C | on  | D |
safety_drill_kindergarten    | 5.1 | B | off | P | 中小学幼儿园应急疏散演练指南
safety_drill_boarding        | 5.1 | C | off | 2 |
"""

ASKED_FOR_BY_THE_STANDARD_AND_NOT_IN_THE_NOTES = """
small_branch_meeting      | 1.2 | C | on  | D |
secretary_review_branch   | 1.4 | C | on  | 2 | 党委（党组）书记抓基层党建工作述职评议考核办法（试行） 3
political_building        | 2.2 | C | off | D |
collective_study          | 2.2 | C | on  | D | 中国共产党党委（党组）理论学习中心组学习规则 2
new_thought_education     | 3.1 | C | on  | D |
womens_committee_activity | 3.2 | C | off | D |
"""  # noqa: E501 - one duty a line, as in the notes

CELLS = """
1.1 | system_docs_review
1.2 | party_org_meeting party_prestudy_gate political_check system_docs_review small_branch_meeting
1.3 | major_record cadre_talent_study mass_org_measures
1.4 | heart_talk_leadership party_work_plan party_work_summary secretary_review secretary_review_branch
2.1 | committee_term leadership_structure_check
2.2 | center_group_study political_check textbook_course_gate forum_approval position_inspection teacher_ethics_check political_building collective_study
2.3 | young_teacher_member_plan member_development_case activist_half_year_review unqualified_member_case double_cultivation member_daily_management platform_update
2.4 | theme_party_day branch_general_meeting branch_committee_meeting party_group_meeting party_lecture_branch secretary_party_lecture democratic_life_meeting org_life_meeting heart_talk_branch democratic_appraisal election_reminder weak_branch_check hear_branch_report leader_links_branch buwang_chuxin
3.1 | moral_ed_plan moral_ed_themes civilized_campus new_thought_education
3.2 | online_party_positions platform_update campus_culture ideological_staffing sizheng_topic position_inspection womens_committee_activity
3.3 | ideology_review ideology_report leader_contact_people staff_concern_case position_inspection
4.1 | style_campaign eight_rules_check staff_concern_case
4.2 | clean_gov_review clean_gov_duty_list clean_gov_report integrity_risk_list integrity_education petition_acknowledge petition_close
5.1 | united_front union_term union_activity staff_congress_session staff_congress_term league_congress league_branch_student_term league_branch_staff_term young_pioneers_congress student_congress mass_org_measures mass_org_report mass_org_structure safety_deploy safety_drill secrecy_annual
6.1 | party_work_budget positions_investment premises_fixed party_worker_training part_time_allowance
7.1 | fusion_plan demo_lesson volunteer_service tackle_project party_brand
"""  # noqa: E501 - one cell a line, as in the notes

HIGHEST = {
    "STD": Certainty.STANDARD,
    "P": Certainty.VERIFIED,
    "2": Certainty.SECONDARY,
    "R": Certainty.RECALLED,
    "D": Certainty.DEFAULT,
}


@dataclass(frozen=True)
class Noted:
    """What the notes say of one duty."""

    key: str
    cells: tuple[str, ...]
    tier: Tier
    enabled: bool
    mark: str
    documents: frozenset[tuple[str, str]]


STEPS_THAT_A_RULE_DATES = """
member_development candidate             | 13
member_development admission             | 19、20
member_development approval              | 25
member_development confirmation          | 31、32
member_development confirmation_approval | 33
"""
"""Workflow and step, and the articles of 发展党员工作细则 (2026) that were read for its dates."""


def noted(line: str) -> Noted:
    key, cells, tier, switched, mark, documents = map(str.strip, line.split("|"))
    read = [part.strip() for part in documents.split(";") if part.strip()]
    cited = frozenset((name, articles) for name, _, articles in (d.partition(" ") for d in read))
    return Noted(key, tuple(cells.split()), Tier(tier), switched == "on", mark, cited)


def lines(table: str) -> list[str]:
    return table.strip().splitlines()


PARTS = [noted(line) for line in lines(PARTS_OF_THE_ABOVE)]
NOTED = [
    noted(line)
    for table in (
        STATED_BY_THE_STANDARD,
        GIVEN_BY_A_RULE,
        WITHOUT_A_PERIOD,
        NOT_IN_THE_STANDARD,
        ASKED_FOR_BY_THE_STANDARD_AND_NOT_IN_THE_NOTES,
    )
    for line in lines(table)
]


def test_there_is_a_rule_for_every_duty_in_the_notes_and_for_nothing_else() -> None:
    assert sorted(one.key for one in (*NOTED, *PARTS)) == sorted(DUTIES)


@pytest.mark.parametrize("one", [*NOTED, *PARTS], ids=lambda one: one.key)
def test_tier_cells_switch_and_certainty_are_those_of_the_notes(one: Noted) -> None:
    duty = DUTIES[one.key]
    surest = list(Certainty)

    assert (duty.tier, duty.rows, duty.enabled) == (one.tier, one.cells, one.enabled)
    assert surest.index(duty.certainty) >= surest.index(HIGHEST[one.mark])
    assert {
        (basis.document, basis.article)
        for basis in duty.basis
        if basis.document and basis.certainty is not Certainty.STANDARD
    } == one.documents
    assert {b.certainty for b in duty.basis if b.document} <= {
        Certainty.STANDARD,
        Certainty.VERIFIED,
    }


def test_only_the_dates_of_steps_that_a_rule_gives_claim_to_be_sure() -> None:
    flows = {duty.workflow.key: duty.workflow for duty in DUTIES.values() if duty.workflow}
    sure = {
        f"{key} {step.key}": {b.article for b in step.basis if "period" in b.supports}
        for key, flow in flows.items()
        for step in flow.steps
        if not step.is_own and step.certainty in (Certainty.STANDARD, Certainty.VERIFIED)
    }

    assert sorted(flows) == WORKFLOWS.split()
    assert sure == {
        " ".join(line.partition("|")[0].split()): {line.partition("|")[2].strip()}
        for line in lines(STEPS_THAT_A_RULE_DATES)
    }


WORKFLOWS = """
democratic_appraisal democratic_life_meeting election member_development org_life_meeting
petition_close secretary_review staff_congress unqualified_member weak_branch
"""


@pytest.mark.parametrize("line", lines(CELLS), ids=lambda line: line[:3])
def test_every_cell_of_the_standard_is_covered(line: str) -> None:
    cell, keys = map(str.strip, line.split("|"))
    parts = {one.key for one in PARTS}

    assert {key for key, duty in DUTIES.items() if cell in duty.rows} - parts == set(keys.split())


def test_the_standard_has_sixteen_cells() -> None:
    cells = [line.partition(" ")[0] for line in lines(CELLS)]

    assert cells == (
        "1.1 1.2 1.3 1.4 2.1 2.2 2.3 2.4 3.1 3.2 3.3 4.1 4.2 5.1 6.1 7.1".split()  # noqa: SIM905 - as a person writes it
    )


def test_the_standard_itself_gives_four_periods_and_no_more() -> None:
    given = {
        duty.key
        for duty in DUTIES.values()
        for basis in duty.basis
        if basis.certainty is Certainty.STANDARD and set(basis.supports) != {"duty"}
    }

    assert given == {noted(line).key for line in lines(STATED_BY_THE_STANDARD)}
    assert {duty.key for duty in DUTIES.values() if duty.tier is Tier.A} == given


def test_what_is_not_in_the_standard_does_not_say_that_it_is() -> None:
    for duty in DUTIES.values():
        named = [basis.document == STANDARD for basis in duty.basis]
        assert any(named) is (duty.tier is not Tier.D), duty.key


def test_no_clock_runs_before_someone_switched_it_on() -> None:
    clocks = [duty for duty in DUTIES.values() if isinstance(duty.recurrence, Clock)]

    assert len(clocks) == 14
    assert not any(duty.enabled for duty in clocks)
