"""What the shipped rules say where a wrong word would make people act wrongly."""

import re
from datetime import date

import pytest

from dj_cadence.domain.organizations.facts import KIND_BY_LABEL, Facts, OrgKind
from dj_cadence.domain.planning.cohort import cohort_of
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.planning.step_slots import Reference, steps_from
from dj_cadence.domain.roster.org_rows import KINDS
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.duty import DayOfYear, Every, Tier
from dj_cadence.domain.rules.workflow import Step, Workflow
from dj_cadence.loading.rules.catalogue import shipped_schedules
from tests.world.shipped import shipped

SHIPPED = shipped().catalogue
DUTIES = SHIPPED.duties
BRANCH_RULES = "中国共产党支部工作条例（试行）"
TOP = Facts(OrgKind.BRANCH, top_of_school=True, stage="小学")


def flow(duty: str) -> Workflow:
    found = DUTIES[duty].workflow
    assert found is not None
    return found


def step(duty: str, key: str) -> Step:
    return next(one for one in flow(duty).steps if one.key == key)


def slots(key: str) -> list[Slot]:
    duty = DUTIES[key]
    cohort = cohort_of(duty, TOP, date(2020, 1, 1))
    assert cohort is not None
    return slots_of(duty, cohort, SHIPPED, date(2024, 1, 1), date(2027, 12, 31))


# --- meetings and votes ------------------------------------------------------------------------


def test_the_election_step_says_who_must_attend_and_who_votes() -> None:
    assert step("committee_term", "election").checklist[0] == (
        "到会有选举权的党员不少于应到会人数的五分之四（据转述，未见原文）；"
        "预备党员和留党察看期间的党员没有表决权、选举权和被选举权"
    )


def test_when_a_meeting_of_the_members_may_decide() -> None:
    assert DUTIES["branch_general_meeting"].instructions.endswith(
        "表决须有半数以上有表决权的党员到会，赞成超过应到会有表决权党员的半数为通过。"
    )
    assert (
        "到会人数达到应到会人数的三分之二以上"
        in (step("democratic_life_meeting", "meeting").checklist[-1])
    )
    assert "预备党员参加，不评定等次" in step("democratic_appraisal", "meeting").checklist


def test_candidates_are_nominated_as_the_rules_say_with_and_without_a_committee() -> None:
    assert step("committee_term", "candidates").checklist[1:] == (
        (
            "党员和党小组提名，差额不少于百分之二十（据转述）；"
            "不设支委会的支部，只酝酿书记、副书记候选人"
        ),
        "选举前约30日报上级审查，收到批复",
        "通知选举人，准备选票，提出监票人建议名单（由大会通过），指定计票人",
    )
    assert (
        "注重从学科带头人和教学科研管理骨干中选拔"
        in (step("committee_term", "decide").checklist[2])
    )


# --- what is sure, and by what -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "document", "article", "supports"),
    [
        ("theme_party_day", BRANCH_RULES, "16", ("duty", "period")),
        ("heart_talk_branch", BRANCH_RULES, "19", ("duty", "period")),
        ("secretary_party_lecture", BRANCH_RULES, "16", ("duty", "period")),
        ("election_reminder", BRANCH_RULES, "21", ("duty", "period", "notice")),
        ("committee_term", BRANCH_RULES, "21", ("period", "due")),
        # The rules on elections say nothing of the length of a term.
        ("committee_term", "中国共产党基层组织选举工作条例", "3", ("due",)),
        (
            "democratic_life_meeting",
            "县以上党和国家机关党员领导干部民主生活会若干规定",
            "",
            ("duty", "period"),
        ),
        ("party_dues", "关于中国共产党党费收缴、使用和管理的规定", "", ("duty", "period")),
        ("party_dues_publish", "关于中国共产党党费收缴、使用和管理的规定", "", ("duty", "period")),
        ("unqualified_member_case", "中国共产党不合格党员组织处置办法", "3、4", ("duty",)),
        (
            "secretary_review",
            "党委（党组）书记抓基层党建工作述职评议考核办法（试行）",
            "3",
            ("duty",),
        ),
        ("petition_acknowledge", "信访工作条例", "23", ("duty", "period", "due")),
    ],
)
def test_what_was_read_supports_what_it_says(
    key: str, document: str, article: str, supports: tuple[str, ...]
) -> None:
    (basis,) = [
        one for one in DUTIES[key].basis if (one.document, one.article) == (document, article)
    ]

    assert (basis.certainty, basis.supports) == (Certainty.VERIFIED, supports)


@pytest.mark.parametrize(
    ("key", "certainty"),
    [
        ("heart_talk_branch", Certainty.VERIFIED),
        ("secretary_party_lecture", Certainty.VERIFIED),
        ("secretary_party_lecture_branch", Certainty.DEFAULT),
        ("democratic_life_meeting", Certainty.VERIFIED),
        ("party_dues", Certainty.VERIFIED),
        ("secretary_review", Certainty.SECONDARY),
        ("secretary_review_branch", Certainty.SECONDARY),
        ("league_congress", Certainty.SECONDARY),
        ("staff_congress_session", Certainty.RECALLED),
        ("staff_congress_term", Certainty.RECALLED),
        ("center_group_study", Certainty.SECONDARY),
        ("clean_gov_report", Certainty.RECALLED),
        ("unqualified_member_case", Certainty.DEFAULT),
        ("weak_branch_case", Certainty.DEFAULT),
    ],
)
def test_no_period_is_surer_than_what_was_read(key: str, certainty: Certainty) -> None:
    assert DUTIES[key].certainty is certainty


def test_what_two_copies_say_differently_is_said_so() -> None:
    def notes(bases: tuple[Basis, ...]) -> str:
        return "；".join(basis.note for basis in bases)

    case = "member_development_case"
    assert "是同意还是备案，两份转载不一致" in notes(step(case, "candidate").basis)
    assert "一份转载作“预备期满后”提出" in notes(step(case, "application").basis)
    assert "研究不等于确定" in notes(step(case, "activist").basis)
    assert "成熟一个、发展一个" in step(case, "activist").instructions
    assert "三年至五年（未核实）" in notes(DUTIES["league_congress"].basis)


# --- clocks ------------------------------------------------------------------------------------


def test_a_petitioner_is_answered_as_the_regulation_says() -> None:
    assert DUTIES["petition_acknowledge"].instructions == (
        "登记来信来访；属于本单位职权范围的，15日内书面告知信访人接收情况和处理途径、程序；"
        "能当场告知的当场告知。"
    )
    assert DUTIES["petition_objection"].instructions == (
        "对不属于本单位职权范围的转送、交办事项，5个工作日内提出异议。"
    )


def test_a_forum_has_one_clock() -> None:
    said = DUTIES["forum_approval"].instructions

    assert said == "收到报告会、研讨会、讲座或论坛的申请后3个工作日内审批；未经审批不得举办。"


def dated(duty: str, counted_from: str, day: date) -> dict[str, tuple[str, str]]:
    reference = Reference(counted_from, day, "case-1", is_planned=False)
    found = steps_from(flow(duty), reference, SHIPPED.calendar)
    return {slot.step: (str(slot.opens), str(slot.due)) for slot in found}


def test_unqualified_members_are_handled_by_the_rules_of_2024() -> None:
    duty = "unqualified_member_case"

    assert "报基层党委事前备案" in DUTIES[duty].instructions
    assert [one.title for one in flow(duty).steps] == [
        "提出启动意见并备案",
        "调查核实",
        "党员大会讨论",
        "基层党委审批",
        "限期改正期满评定",
    ]
    assert dated(duty, "approval", date(2026, 8, 31)) == {
        "correction": ("2027-02-28", "2027-08-31")
    }
    assert dated(duty, "approval", date(2026, 3, 2)) == {"correction": ("2026-09-02", "2027-03-02")}
    assert "5年内不得重新入党" in step(duty, "approval").instructions
    assert step(duty, "correction").certainty is Certainty.SECONDARY


def test_a_branch_under_rectification_has_a_plan_an_end_and_an_acceptance() -> None:
    duty = "weak_branch_case"

    assert [one.title for one in flow(duty).steps] == ["制定整顿方案", "整改", "验收"]
    assert dated(duty, "plan", date(2026, 4, 15)) == {"rectify": ("2026-05-15", "2026-09-15")}
    assert dated(duty, "rectify", date(2026, 9, 1)) == {"acceptance": ("2026-09-01", "2026-10-01")}
    assert (DUTIES[duty].confidential, DUTIES[duty].enabled) == (True, False)


# --- what is named -----------------------------------------------------------------------------

THEMES = (
    "理想信念",
    "社会主义核心价值观",
    "中华优秀传统文化",
    "生态文明",
    "心理健康",
    "爱国主义（集体主义、社会主义）",
    "品德修养（行为习惯、法治）",
    "社会实践",
    "英模学习",
)


def test_the_nine_themes_stand_in_the_order_of_the_standard() -> None:
    themes = DUTIES["moral_ed_themes"]

    assert themes.instructions == f"围绕{'、'.join(THEMES)}九个主题各开展一次活动。"
    assert isinstance(themes.recurrence, Every)
    assert themes.recurrence.times == len(THEMES)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("new_thought_education", "习近平新时代中国特色社会主义思想教育"),
        ("new_thought_education", "社会主义核心价值观进教材、进课堂、进头脑"),
        ("political_building", "“四个意识”"),
        ("political_building", "“四个自信”"),
        ("political_building", "“两个维护”"),
        ("political_building", "政治纪律、政治规矩"),
        ("party_work_plan", "把政治建设摆在首位"),
        ("party_work_plan", "统筹党组织活动与业务工作"),
        ("party_work_plan", "书记主持"),
        ("political_check", "人才培养使用、交流引进"),
        ("teacher_ethics_check", "人才引进、职称评审、教师聘用、考核和评优"),
        ("party_prestudy_gate", "党组织会议研究决定，或按规定由党组织先研究、再提交党政联席会议"),
        ("mass_org_measures", "工会、共青团、少先队、妇委会"),
        ("mass_org_report", "学生会（学生社团）"),
        ("leadership_structure_check", "党组织和支委会设置"),
        ("leadership_structure_check", "书记人选"),
        ("heart_talk_branch", "委员之间、委员和党员之间、党员之间"),
        ("young_teacher_member_plan", "下一年度"),
        ("clean_gov_duty_list", "责任追究"),
        ("eight_rules_check", "省委实施办法"),
        ("party_brand", "一校一品"),
        ("leader_links_list", "明确班子成员联系党支部分工"),
        ("leader_contact_list", "明确班子成员联系师生分工"),
        ("sizheng_topic", "专题研究思政课建设，书记、校长各讲一次思政课"),
        ("system_docs_review", "该立的立、该改的改、该废的废"),
        ("major_record", "发现缺漏的，查明原因、规范整改"),
        ("ideological_staffing", "不到位的及时配齐"),
        ("mass_org_structure", "不到位的及时健全"),
        ("theme_party_day", "活动后登记日期"),
        ("party_dues_publish", "党费收缴、使用情况"),
        ("staff_congress_session", "教职工大会"),
        ("moral_ed_plan", "课程、文化、活动、实践、管理、协同"),
    ],
)
def test_a_duty_names_what_the_standard_or_the_rule_names(key: str, words: str) -> None:
    assert words in DUTIES[key].instructions


def test_titles_are_those_that_officials_write() -> None:
    assert {key: DUTIES[key].title for key in TITLES} == TITLES


TITLES = {
    "weak_branch_check": "软弱涣散党支部排查整顿",
    "unqualified_member_case": "不合格党员组织处置",
    "party_dues_publish": "党费收缴、使用情况公布",
    "clean_gov_report": "落实全面从严治党主体责任情况报告",
    "new_thought_education": "习近平新时代中国特色社会主义思想教育",
}

IMPROPER = re.compile(r"补上|的补、|补登记|补交|补材料|豁免|督办|行政会议|以部署为准")


def test_no_text_of_the_rules_uses_a_word_that_an_official_would_not() -> None:
    found = [
        (path.name, match.group())
        for path in sorted(shipped_schedules().rglob("*.yaml"))
        for match in IMPROPER.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


# --- windows -----------------------------------------------------------------------------------


def test_what_is_reported_was_studied_before() -> None:
    studied = {slot.period: slot.due for slot in slots("ideology_review")}
    reported = {slot.period: slot.due for slot in slots("ideology_report")}

    assert studied.keys() == reported.keys()
    assert {period for period in studied if studied[period] >= reported[period]} == set()
    assert (studied["2026-H1"], reported["2026-H1"]) == (date(2026, 6, 20), date(2026, 6, 30))


def test_windows_that_practice_gives() -> None:
    def window(key: str) -> tuple[DayOfYear | None, DayOfYear | None]:
        recurrence = DUTIES[key].recurrence
        assert isinstance(recurrence, Every)
        return recurrence.opens, recurrence.due

    assert window("secretary_review") == (DayOfYear(0, 11, 1), DayOfYear(1, 1, 31))
    assert window("secretary_review_branch") == (DayOfYear(0, 11, 1), DayOfYear(1, 3, 31))
    assert window("clean_gov_report") == (DayOfYear(0, 12, 1), DayOfYear(1, 1, 31))
    assert window("textbook_course_gate") == (DayOfYear(0, 3, 1), DayOfYear(0, 5, 15))
    assert window("textbook_course_gate_spring") == (DayOfYear(0, 9, 15), DayOfYear(0, 11, 15))
    assert window("young_teacher_member_plan") == (DayOfYear(-1, 9, 1), DayOfYear(-1, 11, 30))


def test_the_second_semester_of_2026_ends_before_the_day_on_which_the_vacation_begins() -> None:
    (semester,) = [s for s in SHIPPED.calendar.semesters if s.label == "2025-2026-S2"]

    assert (semester.last, semester.provisional) == (date(2026, 7, 5), True)


# --- who owes, and what is shipped switched off ------------------------------------------------


def test_a_school_of_one_small_branch_has_a_rhythm_of_study_and_of_decisions() -> None:
    owed = {duty.key for duty in SHIPPED.enabled() if duty.owed_by.admits(TOP)}

    assert {"collective_study", "small_branch_meeting"} <= owed
    assert len(slots("small_branch_meeting")) < 48  # none in the vacation
    assert [slot.period for slot in slots("collective_study")][:4] == [
        f"2024-Q{n}" for n in range(1, 5)
    ]


def test_duties_from_practice_alone_are_shipped_switched_off() -> None:
    practice = {key for key, duty in DUTIES.items() if duty.source.endswith("pack-practice.yaml")}

    assert practice == {
        "first_topic",
        "leaders_party_lecture",
        "branch_star_rating",
        "member_development_plan",
        "visit_members_spring",
        "visit_members_july",
        "july_first",
        "political_birthday",
        "member_information",
        "party_affairs_disclosure",
    }
    assert {DUTIES[key].tier for key in practice} == {Tier.D}
    assert not any(DUTIES[key].enabled for key in practice)


def test_a_womens_committee_is_a_kind_of_organization() -> None:
    written = ("妇委会", "妇女委员会", "妇女工作委员会", "妇联", "womens_committee")

    assert {KINDS[name] for name in written} == {KIND_BY_LABEL["妇委会"]}
    assert DUTIES["womens_committee_activity"].office == "妇委会主任"
