"""Workflows walked through with the shipped rules, on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.documents.document import ContactPerson, Document
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import ADMINISTRATOR
from dj_cadence.services.documents.letters import DocumentWriter, offered
from dj_cadence.services.explain import explain
from dj_cadence.services.planning import apply as plan
from dj_cadence.services.tasks import cases, record
from dj_cadence.services.tasks.succession import hand_over
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import task_list
from tests.world.engine import (
    B2,
    SHANGHAI,
    START,
    acts,
    advance_to,
    apply,
    at,
    everything,
    holds,
    load,
    notices,
    roll,
    tasks,
)
from tests.world.workflows import LIFE, NOTICES, TERMS, act, only, steps, the_step

ADMISSION = only("member_development_case")


@pytest.fixture
def winter(district: Database) -> Database:
    """Thursday 2026-10-08: the window of the 组织生活会 has opened."""
    apply(district, LIFE, until=date(2027, 6, 30))
    advance_to(district, LIFE, date(2026, 10, 8))
    return district


def test_before_the_day_is_set_there_is_nothing_but_to_set_it(winter: Database) -> None:
    assert steps(winter) == [
        ("schedule", date(2026, 10, 1), date(2026, 12, 1), "open"),
        ("", date(2026, 10, 1), date(2027, 3, 31), "open"),
    ]


def test_setting_the_day_finishes_the_first_step_and_dates_the_later_ones(winter: Database) -> None:
    schedule = the_step(winter, "schedule")
    day = date(2026, 11, 12)

    act(winter, LIFE, "planned", schedule.id, day, on=date(2026, 12, 18))

    assert steps(winter) == [
        ("schedule", date(2026, 10, 1), date(2026, 12, 1), "done"),
        ("report", date(2026, 12, 18), date(2027, 1, 2), "planned"),
        ("rectify", date(2027, 1, 17), date(2027, 3, 18), "planned"),
        ("", date(2026, 10, 1), date(2027, 3, 31), "open"),
    ]
    assert the_step(winter, "").planned == date(2026, 12, 18)
    assert acts(winter, schedule.id) == [("done", "李书记", "所在流程的主要环节已定日期或已办结")]


def test_another_day_moves_the_same_tasks(winter: Database) -> None:
    own, day = the_step(winter, ""), date(2026, 11, 12)
    act(winter, LIFE, "planned", own.id, day, on=date(2026, 12, 18))
    before = the_step(winter, "report")

    act(winter, LIFE, "planned", own.id, day, on=date(2026, 12, 25))

    after = the_step(winter, "report")
    assert (after.id, after.due) == (before.id, date(2027, 1, 9))
    assert after.sequence == before.sequence + 1
    assert acts(winter, after.id) == [("move", "dj-cadence", "前一环节的日期或流程有变化")]


def test_the_day_it_was_held_counts_not_the_day_it_was_planned_for(winter: Database) -> None:
    own = the_step(winter, "")
    act(winter, LIFE, "planned", own.id, date(2026, 11, 12), on=date(2026, 12, 18))

    act(winter, LIFE, "done", own.id, date(2026, 12, 22), on=date(2026, 12, 21))

    assert [(step, due) for step, _, due, state in steps(winter) if state != "done"] == [
        ("report", date(2027, 1, 5)),
        ("rectify", date(2027, 3, 21)),
    ]


def test_held_without_ever_having_been_planned_settles_the_step_in_front(winter: Database) -> None:
    act(winter, LIFE, "done", the_step(winter, "").id, date(2026, 11, 20), on=date(2026, 11, 19))

    assert [(s, state) for s, _, _, state in steps(winter)] == [
        ("schedule", "done"),
        ("report", "planned"),
        ("rectify", "planned"),
        ("", "done"),
    ]


def test_taking_back_the_meeting_takes_back_what_hung_on_it(winter: Database) -> None:
    own, day = the_step(winter, ""), date(2026, 11, 20)
    act(winter, LIFE, "done", own.id, day, on=day)
    report = the_step(winter, "report")

    with winter.write() as session:
        undo(session, LIFE, own.id, Actor("李书记", at(day, 18), day), reason="记错了")
    roll(winter, LIFE, day)
    assert [(s, state) for s, _, _, state in steps(winter)] == [
        ("schedule", "open"),
        ("report", "withdrawn"),
        ("rectify", "withdrawn"),
        ("", "open"),
    ]

    act(winter, LIFE, "done", own.id, date(2026, 12, 3), on=date(2026, 12, 2))
    again = the_step(winter, "report")
    assert (again.id, again.due, again.state) == (report.id, date(2026, 12, 17), "planned")


def test_only_the_current_step_reminds(winter: Database) -> None:
    schedule, own = the_step(winter, "schedule"), the_step(winter, "")
    for day in (date(2026, 11, 24), date(2026, 12, 2), date(2027, 3, 1)):
        advance_to(winter, LIFE, day)
    assert [reminder_step for reminder_step, *_ in notices(winter, schedule.id)][:2] == [
        "week_before",
        "list",
    ]
    assert notices(winter, own.id) == []  # its month_before lay at 03-01

    act(winter, LIFE, "planned", own.id, date(2027, 3, 1), on=date(2027, 3, 24))
    advance_to(winter, LIFE, date(2027, 3, 2))
    assert notices(winter, own.id) == []  # who has just set the day knows it
    advance_to(winter, LIFE, date(2027, 3, 17))
    assert [(reminder_step, day) for reminder_step, _, day, _ in notices(winter, own.id)] == [
        ("week_before", date(2027, 3, 17))
    ]


def test_a_meeting_that_is_late_reminds_though_nobody_set_its_day(winter: Database) -> None:
    schedule, own = the_step(winter, "schedule"), the_step(winter, "")
    advance_to(winter, LIFE, date(2027, 3, 31))
    said = len(notices(winter, schedule.id))

    advance_to(winter, LIFE, date(2027, 4, 2))

    assert [reminder_step for reminder_step, *_ in notices(winter, own.id)] == ["late"]
    assert len(notices(winter, schedule.id)) == said


def test_a_step_that_was_skipped_is_not_asked_for_again(winter: Database) -> None:
    own, day = the_step(winter, ""), date(2026, 12, 2)
    act(winter, LIFE, "done", own.id, day, on=day)

    act(winter, LIFE, "missed", the_step(winter, "report").id, day, reason="上级不要求报送")

    assert the_step(winter, "report").state == "missed"
    roll(winter, LIFE, date(2026, 12, 3))
    assert [(s, state) for s, _, _, state in steps(winter)][1:3] == [
        ("report", "missed"),
        ("rectify", "planned"),
    ]


def test_waiving_a_meeting_waives_its_steps(winter: Database) -> None:
    act(winter, LIFE, "waive", the_step(winter, "").id, date(2026, 11, 2), reason="支部拟撤并")

    assert [(s, state) for s, _, _, state in steps(winter)] == [
        ("schedule", "withdrawn"),
        ("", "waived"),
    ]


def test_the_step_that_waits_for_a_day_is_not_done_without_one(winter: Database) -> None:
    with winter.write() as session, pytest.raises(Refused, match="定日期"):
        record.done(
            session,
            LIFE,
            the_step(winter, "schedule").id,
            Actor("x", at(date(2026, 11, 2)), date(2026, 11, 2)),
            on=date(2026, 11, 2),
        )


def test_planning_again_changes_nothing_and_equals_a_plan_from_nothing(winter: Database) -> None:
    own, day = the_step(winter, ""), date(2026, 12, 2)
    act(winter, LIFE, "planned", own.id, day, on=date(2026, 12, 18))
    before = everything(winter)

    assert not roll(winter, LIFE, day)
    found = plan.preview(winter, LIFE, DateRange(START, plan.horizon(day)), anew=True)

    assert found.counts == {}
    assert everything(winter) == before


def test_an_edited_workflow_moves_its_steps_and_a_removed_one_goes(winter: Database) -> None:
    own, day = the_step(winter, ""), date(2026, 12, 2)
    act(winter, LIFE, "planned", own.id, day, on=date(2026, 12, 18))
    duty = LIFE.duties["org_life_meeting"]
    assert duty.workflow
    shorter = replace(duty.workflow, steps=duty.workflow.steps[:-1])
    edited = replace(LIFE, duties={duty.key: replace(duty, workflow=shorter)}, hash="edited")

    apply(winter, edited, today=day, until=date(2027, 6, 30), allow_withdrawals=9)

    assert [(s, state) for s, _, _, state in steps(winter)][2] == ("rectify", "withdrawn")
    without = replace(LIFE, duties={duty.key: replace(duty, workflow=None)}, hash="without")
    apply(winter, without, today=day, until=date(2027, 6, 30), allow_withdrawals=9)
    assert [(s, state) for s, _, _, state in steps(winter)] == [
        ("schedule", "done"),
        ("report", "withdrawn"),
        ("rectify", "withdrawn"),
        ("", "open"),
    ]


# --- 换届 -------------------------------------------------------------------------------------


@pytest.fixture
def election(district: Database) -> Database:
    """2026-03-02: the term of B1 ends on 2026-08-31."""
    apply(district, TERMS, until=date(2027, 4, 30))
    advance_to(district, TERMS, date(2026, 3, 2))
    return district


def test_an_election_is_prepared_held_and_reported(election: Database) -> None:
    assert steps(election) == [
        ("decide", date(2026, 2, 28), date(2026, 5, 31), "open"),
        ("request", date(2026, 5, 31), date(2026, 6, 30), "planned"),
        ("", date(2026, 2, 28), date(2026, 8, 31), "open"),
    ]
    own = the_step(election, "")
    act(
        election,
        TERMS,
        "done",
        the_step(election, "decide").id,
        date(2026, 5, 12),
        on=date(2026, 5, 11),
    )
    act(election, TERMS, "planned", own.id, date(2026, 6, 8), on=date(2026, 8, 20))
    assert the_step(election, "candidates").due == date(2026, 8, 10)

    act(election, TERMS, "done", own.id, date(2026, 8, 21), on=date(2026, 8, 20))

    assert steps(election, label="term-2023-08-31") == [
        ("decide", date(2026, 2, 28), date(2026, 5, 31), "done"),
        ("request", date(2026, 5, 31), date(2026, 6, 30), "done"),
        ("candidates", date(2026, 7, 6), date(2026, 8, 10), "done"),
        ("", date(2026, 2, 28), date(2026, 8, 31), "done"),
        ("report", date(2026, 8, 20), date(2026, 9, 19), "planned"),
    ]
    assert [s for s, *_ in steps(election, label="term-2026-08-20")] == ["decide", "request", ""]


def test_each_step_of_an_election_has_its_letters(election: Database) -> None:
    def letters(day: date) -> tuple[list[str], list[str]]:
        """What B1 writes on that day, and what is answered."""
        with election.read() as session:
            rows = task_list.tasks(session, TERMS, today=day, org_code="B1")
        sides = ((True, False), (False, True))
        return tuple([k.value for k in offered(rows, day, own=o, replies=r)] for o, r in sides)  # type: ignore[return-value]

    own, decide = the_step(election, ""), the_step(election, "decide")
    assert letters(date(2026, 3, 2)) == (["request"], [])
    act(election, TERMS, "done", decide.id, date(2026, 5, 12), on=date(2026, 5, 11))
    assert letters(date(2026, 5, 12)) == ([], [])
    assert letters(date(2026, 6, 1)) == (["request"], ["reply"])
    request = the_step(election, "request").id
    act(election, TERMS, "done", request, date(2026, 6, 2), on=date(2026, 6, 2))
    act(election, TERMS, "planned", own.id, date(2026, 6, 8), on=date(2026, 8, 20))
    assert letters(date(2026, 7, 6)) == (["candidates"], ["candidates-reply"])

    act(election, TERMS, "done", own.id, date(2026, 8, 21), on=date(2026, 8, 20))

    assert letters(date(2026, 8, 21)) == (["result"], ["result-reply"])
    found = {
        kind: _letter(election, kind, date(2026, 8, 21))
        for kind in (DocumentKind.RESULT, DocumentKind.REQUEST)
    }
    assert found[DocumentKind.RESULT].elected_on == date(2026, 8, 20)
    assert found[DocumentKind.RESULT].superior_name == "青禾小学党委"
    report = the_step(election, "report").id
    act(election, TERMS, "done", report, date(2026, 8, 25), on=date(2026, 8, 25))
    assert letters(date(2026, 8, 25)) == ([], [])


def _letter(database: Database, kind: DocumentKind, day: date) -> Document:
    with database.read() as session:
        found = orgs.find_org(session, "B1")
        return DocumentWriter(session, TERMS, found, ADMINISTRATOR, day).write(kind)


def test_a_letter_names_the_senders_clerk_and_the_sites_contact_for_the_top(
    election: Database,
) -> None:
    load(election, offices=[holds("B1", "党务工作者", "周干事", "", phone="13800000001")])
    office = ContactPerson("工委党建办", "0531-1")

    def contact(kind: DocumentKind, code: str = "B1") -> ContactPerson:
        with election.read() as session:
            found = orgs.find_org(session, code)
            day = date(2026, 3, 2)
            writer = DocumentWriter(
                session, TERMS, found, ADMINISTRATOR, day, "工委党建办（0531-1）"
            )
            return writer.write(kind).contact

    assert contact(DocumentKind.REQUEST) == ContactPerson("周干事", "13800000001")
    assert contact(DocumentKind.REQUEST, "B2") == ContactPerson()  # to be filled in by B2
    assert contact(DocumentKind.REPLY) == ContactPerson()  # S has no clerk
    assert contact(DocumentKind.REPLY, "T") == office  # E is the top, before its own clerk


def test_a_granted_postponement_moves_the_preparation_too(election: Database) -> None:
    own, day = the_step(election, ""), date(2026, 3, 9)

    act(election, TERMS, "postpone", own.id, day, until=date(2027, 2, 28), reason="批复延期")

    assert [(s, due) for s, _, due, _ in steps(election)] == [
        ("decide", date(2026, 11, 28)),
        ("request", date(2026, 12, 28)),
        ("", date(2027, 2, 28)),
    ]


def test_an_election_may_be_brought_forward_by_the_superior(election: Database) -> None:
    own = the_step(election, "", org="B2")  # elected 2025-03-01, until 2028-03-01
    with pytest.raises(Refused, match="不超过一年"):
        act(
            election,
            TERMS,
            "postpone",
            own.id,
            date(2026, 3, 9),
            until=date(2026, 9, 30),
            reason="调整",
        )

    until = date(2027, 6, 30)
    act(election, TERMS, "postpone", own.id, date(2026, 3, 9), until=until, reason="学校合并")

    moved = the_step(election, "", org="B2")
    assert (moved.opens, moved.due) == (date(2026, 12, 30), until)
    assert not roll(election, TERMS, date(2026, 3, 10))
    held = date(2027, 5, 20)
    act(election, TERMS, "planned", moved.id, date(2026, 3, 11), on=held)
    assert the_step(election, "", org="B2").planned == held


@pytest.mark.parametrize(
    ("until", "opens", "due"),
    [
        (date(2027, 6, 30), date(2026, 11, 30), date(2026, 12, 30)),  # brought forward
        (date(2028, 8, 31), date(2028, 1, 31), date(2028, 2, 29)),  # postponed
        (date(2027, 3, 31), date(2026, 8, 31), date(2026, 9, 30)),
        (date(2026, 8, 15), date(2026, 1, 15), date(2026, 3, 9)),  # its day has passed: at once
    ],
)
def test_the_superiors_notice_moves_with_the_end_of_the_term(
    district: Database, until: date, opens: date, due: date
) -> None:
    apply(district, NOTICES, until=date(2028, 12, 31))
    own = next(r for r in tasks(district, "committee_term", "B2") if r.step == "")
    day = date(2026, 3, 9)

    how = {"until": until, "reason": "批复", "confirmed": True}
    act(district, NOTICES, "postpone", own.id, day, **how)

    (moved,) = [r for r in tasks(district, "election_reminder") if r.subject_id == own.org_id]
    assert (moved.opens, moved.due, moved.has_acts) == (opens, due, False)
    assert acts(district, moved.id)[-1][0] == "move"
    window = DateRange(START, plan.horizon(day))
    assert plan.preview(district, NOTICES, window, anew=True).counts == {}


# --- 发展党员 ---------------------------------------------------------------------------------


def test_an_admission_counts_each_deadline_from_the_step_before(district: Database) -> None:
    apply(district, ADMISSION)
    day = date(2026, 6, 1)
    with district.write() as session:
        cases.open_case(
            session,
            ADMISSION,
            "member_development_case",
            "B1",
            Actor("x", at(day), day),
            on=day,
            ref="2026-03",
        )
    roll(district, ADMISSION, day)
    held = {
        "": date(2026, 6, 20),
        "activist": date(2026, 9, 30),
        "candidate": date(2027, 10, 8),
        "training": date(2027, 11, 12),
        "pre_review": date(2027, 11, 30),
        "admission": date(2027, 12, 20),
        "approval": date(2028, 2, 29),
    }
    for step, on in held.items():
        act(district, ADMISSION, "done", the_step(district, step).id, on, on=on)

    assert {s: (opens, due) for s, opens, due, _ in steps(district)} == {
        "": (day, date(2026, 7, 1)),
        "activist": (date(2026, 6, 20), date(2026, 12, 20)),
        "candidate": (date(2027, 9, 30), date(2028, 9, 30)),
        "training": (date(2027, 10, 8), date(2028, 4, 8)),
        "pre_review": (date(2027, 11, 12), date(2028, 2, 12)),
        "admission": (date(2027, 11, 30), date(2027, 12, 30)),
        "approval": (date(2027, 12, 20), date(2028, 3, 20)),
        "oath": (date(2028, 2, 29), date(2028, 3, 29)),
        "application": (date(2028, 11, 20), date(2028, 12, 20)),
        "confirmation": (date(2028, 12, 20), date(2029, 1, 20)),
    }


def test_what_a_rule_forbids_to_do_early_is_refused(district: Database) -> None:
    apply(district, ADMISSION)
    day = date(2026, 6, 1)
    actor = Actor("x", at(day), day)
    with district.write() as session:
        cases.open_case(session, ADMISSION, "member_development_case", "B1", actor, on=day, ref="")
    roll(district, ADMISSION, day)
    act(district, ADMISSION, "done", the_step(district, "").id, day, on=day)
    act(district, ADMISSION, "done", the_step(district, "activist").id, day, on=day)

    candidate, early = the_step(district, "candidate"), date(2027, 5, 31)
    assert candidate.opens == date(2027, 6, 1)
    with pytest.raises(Refused, match="早于这项任务的开始日"):
        act(district, ADMISSION, "done", candidate.id, early, on=early)


def test_an_explanation_names_the_steps_and_what_belongs_to_them(winter: Database) -> None:
    act(winter, LIFE, "planned", the_step(winter, "").id, date(2026, 11, 2), on=date(2026, 12, 18))
    report = the_step(winter, "report")

    with winter.read() as session:
        lines = explain(session, LIFE, report.id, today=date(2026, 11, 3), zone=SHANGHAI)

    assert lines[0] == f"任务 {report.id}：第一党支部 · 组织生活会·报送情况 · 2026年"
    start = lines.index("  流程：")
    schedule, own, rectify = (the_step(winter, s).id for s in ("schedule", "", "rectify"))
    assert lines[start + 1 : start + 8] == [
        f"    定会期：已完成，2026年11月2日（周一）（任务 {schedule}）",
        f"    开会：待办，截止2027年3月31日（周三）（任务 {own}）",
        f"    报送情况：未开始，截止2027年1月2日（周六）（任务 {report.id}）",
        f"    整改落实：未开始，截止2027年3月18日（周四）（任务 {rectify}）",
        "  本环节要点（不提醒）：",
        "    · 问题和措施清单在支部公布",
        "    · 会议情况报上级党组织",
    ]


def test_steps_after_a_meeting_go_with_the_branch_that_was_merged_and_are_not_asked_twice(
    district: Database,
) -> None:
    apply(district, LIFE, until=date(2027, 6, 30))
    held = date(2026, 11, 20)
    act(district, LIFE, "done", the_step(district, "", "B2").id, held, on=held)
    assert the_step(district, "report", "B2").due == date(2026, 12, 5)

    day = date(2026, 11, 25)
    load(district, [{**B2, "dissolved": day.isoformat(), "successor": "B1"}], today=day)
    roll(district, LIFE, day)
    hand_over(district, LIFE, today=day, now=at(day, 0))
    roll(district, LIFE, day)

    window = DateRange(START, plan.horizon(day))
    assert plan.preview(district, LIFE, window, anew=True).counts == {}
    reports = [r for r in tasks(district) if r.step == "report" and r.state == "planned"]
    assert [(r.code, r.due) for r in reports] == [("B1", date(2026, 12, 5))]
