"""Organizations that merge, split, rise, move or end; secretaries who are away: no duty lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.rules.duty import Clock, Every
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.explain import explain
from dj_cadence.services.planning.apply import horizon, preview
from dj_cadence.services.roster.import_roster import ImportReport, import_roster
from dj_cadence.services.rules.announce import Announcement, announce
from dj_cadence.services.tasks import record
from dj_cadence.services.tasks.cases import case, open_case
from dj_cadence.services.tasks.succession import hand_over
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import message
from tests.world.engine import (
    B1,
    B2,
    EVERYTHING,
    PARTY_DAY,
    SHANGHAI,
    START,
    WINTER,
    Cells,
    S,
    T,
    a_duty,
    acts,
    advance_to,
    apply,
    at,
    catalogue,
    everything,
    holds,
    load,
    morning,
    roll,
    sheets,
    tasks,
    the_task,
)

LETTER = a_duty("letter", "信访办理", Clock("petition", days=60), remind="yearly")
REPLY = a_duty("reply", "信访答复", Clock("petition", days=15), remind="yearly")
RULES = catalogue(*EVERYTHING.duties.values(), LETTER, REPLY)
DAY = date(2026, 5, 20)
"""From which the second branch is no more; it had more than half of May."""
GONE: Cells = {**B2, "dissolved": DAY.isoformat(), "successor": "B1"}


@pytest.fixture
def district(district: Database) -> Database:
    apply(district, RULES)
    live(district, date(2026, 5, 6))
    return district


def live(database: Database, today: date) -> None:
    """What a pass of the engine does to tasks on that day."""
    roll(database, RULES, today)
    if hand_over(database, RULES, today=today, now=at(today, 0)):
        roll(database, RULES, today)
    advance_to(database, RULES, today)


def owed(database: Database, *codes: str, until: date = date(2026, 6, 30)) -> list[str]:
    """Everything not settled that is due by then: `B1 party_day 2026-05`."""
    open_ones = ("planned", "open", "unrecorded", "overdue", "returned", "submitted")
    names = _names(database)
    return [
        f"{row.code} {row.duty}{_about(names, row)} {row.label}"
        for row in tasks(database)
        if row.code in codes and row.state in open_ones and row.due <= until
    ]


def _names(database: Database) -> Mapping[int, str]:
    with database.read() as session:
        return {row.id: row.code for row in orgs.in_range(session, orgs.span(session, "E"))}


def _about(names: Mapping[int, str], row: object) -> str:
    subject_id = int(getattr(row, "subject_id"))  # noqa: B009  the rows are of many kinds
    return f"({names[subject_id]})" if subject_id > 0 else "(case)" if subject_id < 0 else ""


def done(database: Database, duty: str, org: str, label: str, on: date) -> None:
    with database.write() as session:
        mine = the_task(database, duty, org, label).id
        record.done(session, RULES, mine, Actor("x", at(on, 17), on), on=on)


def settle_spring(database: Database) -> None:
    """All that is due before May is recorded."""
    for row in tasks(database):
        early = row.due < date(2026, 5, 1) and row.state != "withdrawn"
        if early and row.period != "term":
            with database.write() as session:
                for _ in range(row.target):
                    record.done(
                        session,
                        RULES,
                        row.id,
                        Actor("x", at(DAY), date(2026, 5, 6)),
                        on=max(row.opens, date(2026, 3, 2)),
                        amount=row.target,
                    )


def merged(database: Database, cells: Cells = GONE, today: date = DAY) -> ImportReport:
    report = load(database, [cells], today=today)
    live(database, today)
    return report


class TestMerger:
    """B2 is dissolved on 2026-05-20 and its work goes to B1."""

    def test_every_duty_is_owed_before_and_after_the_reorganization(
        self, district: Database
    ) -> None:
        settle_spring(district)
        assert owed(district, "B1", "B2") == [
            "B1 groups 2026-05",
            "B1 groups 2026-06",
            "B1 lecture 2026-Q2",
            "B1 party_day 2026-05",
            "B1 party_day 2026-06",
            "B2 lecture 2026-Q2",
            "B2 party_day 2026-05",
            "B2 party_day 2026-06",
        ]

        merged(district)

        assert owed(district, "B1", "B2") == [
            "B1 groups 2026-05",
            "B1 groups 2026-06",
            "B1 lecture 2026-Q2",  # B2 had more than half of the quarter: it is owed too
            "B1 lecture(B2) 2026-Q2",
            "B1 party_day 2026-05",
            "B1 party_day(B2) 2026-05",
            "B1 party_day 2026-06",
        ]
        assert [r.code for r in tasks(district) if r.code == "B2" and r.state == "planned"] == []

    def test_what_is_taken_on_is_the_same_task_with_its_history(self, district: Database) -> None:
        before = the_task(district, "party_day", "B2", "2026-05")

        merged(district)

        (after,) = [row for row in tasks(district, "party_day", "B1") if row.id == before.id]
        assert (after.due, after.state, after.planned) == (before.due, "open", before.planned)
        why = "第二党支部撤销，由第一党支部承接"
        assert acts(district, before.id) == [("handover", "dj-cadence", why)]
        with district.read() as session:
            told = explain(session, RULES, before.id, today=DAY, zone=SHANGHAI)
        assert f"  2026-05-20 dj-cadence：由承接的组织接着办，{why}。" in told

    def test_a_done_task_stays_at_its_organization(self, district: Database) -> None:
        done(district, "party_day", "B2", "2026-03", date(2026, 3, 12))
        before = the_task(district, "party_day", "B2", "2026-03")

        merged(district)

        assert the_task(district, "party_day", "B2", "2026-03") == before

    def test_repeating_the_import_and_the_pass_changes_nothing(self, district: Database) -> None:
        merged(district)
        before = everything(district, "plan_run")

        assert load(district, [GONE], today=DAY).changes_nothing
        live(district, DAY)

        assert everything(district, "plan_run") == before

    def test_neither_an_audit_nor_an_edited_rule_asks_for_any_of_it_again(
        self, district: Database
    ) -> None:
        merged(district)
        before = [(row.id, row.code, row.state, row.due) for row in tasks(district)]
        window = DateRange(START, horizon(DAY))

        assert preview(district, RULES, window, anew=True).counts == {}
        later = replace(PARTY_DAY, recurrence=Every(Unit.MONTH, due_day="25日"))
        others = [duty for duty in RULES.duties.values() if duty.key != PARTY_DAY.key]
        apply(district, catalogue(later, *others, version="v2"), until=window.until)

        after = [(row.id, row.code, row.state, row.due) for row in tasks(district)]
        assert [row[:3] for row in after] == [row[:3] for row in before]
        assert [row for row in after if row[1] == "B2"] == [r for r in before if r[1] == "B2"]

    def test_what_is_reopened_after_the_merger_goes_where_the_rest_went(
        self, district: Database
    ) -> None:
        done(district, "party_day", "B2", "2026-03", date(2026, 3, 12))
        merged(district)
        mine = the_task(district, "party_day", "B2", "2026-03").id
        with district.write() as session:
            undo(session, EVERYTHING, mine, Actor("x", at(DAY, 17), DAY), reason="登错")

        live(district, date(2026, 5, 21))

        assert "B1 party_day(B2) 2026-03" in owed(district, "B1")
        assert owed(district, "B2") == []

    def test_a_day_to_come_changes_nothing_before_it_comes(self, district: Database) -> None:
        load(district, [GONE], today=date(2026, 5, 6))
        live(district, date(2026, 5, 19))
        assert "B2 party_day 2026-05" in owed(district, "B2")

        live(district, DAY)

        assert owed(district, "B2") == []
        assert "B1 party_day(B2) 2026-05" in owed(district, "B1")

    def test_an_open_case_goes_as_a_whole_and_keeps_its_number(self, district: Database) -> None:
        opened = date(2026, 4, 20)
        with district.write() as session:
            number = open_case(
                session, RULES, "letter", "B2", Actor("x", at(opened), opened), on=opened, ref="7"
            )
        live(district, date(2026, 5, 6))
        done(district, "reply", "B2", f"case-{number}", date(2026, 4, 30))

        merged(district)

        found = {row.duty: (row.code, row.state) for row in tasks(district) if row.subject_id < 0}
        assert found == {"reply": ("B1", "done"), "letter": ("B1", "open")}
        with district.read() as session:
            assert case(session, number).code == "B1"

    def test_a_term_that_ran_out_is_the_successors_where_it_has_none(
        self, district: Database
    ) -> None:
        new = {"code": "B9", "name": "联合新支部", "kind": "党支部", "supervisor": "S"}
        gone = {**B1, "dissolved": "2026-09-10", "successor": "B9"}
        load(district, [new, gone], today=date(2026, 9, 1))
        live(district, date(2026, 9, 1))  # B1's term ended on 2026-08-31
        assert "B1 term term-2023-08-31" in owed(district, "B1", until=date(2026, 8, 31))

        live(district, date(2026, 9, 10))

        assert "B9 term term-2023-08-31" in owed(district, "B9", until=date(2026, 8, 31))
        assert the_task(district, "term", "B1", "term-2023-08-31").state == "waived"

    def test_a_successor_with_a_term_of_its_own_goes_on_under_it(self, district: Database) -> None:
        merged(district)

        labels = {row.label for row in tasks(district, "term", "B1")}
        assert labels == {"term-2023-08-31"}
        assert the_task(district, "term", "B2", "term-2025-03-01").state == "withdrawn"

    def test_touched_and_no_longer_required_is_closed_with_the_reason(
        self, district: Database
    ) -> None:
        june = the_task(district, "party_day", "B2", "2026-06").id
        with district.write() as session:
            record.set_planned(session, RULES, june, Actor("x", at(DAY), DAY), on=date(2026, 6, 11))

        merged(district)

        assert the_task(district, "party_day", "B2", "2026-06").state == "waived"
        assert acts(district, june)[-1] == ("waive", "dj-cadence", "第二党支部撤销，本期不再要求")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({**B2, "successor": "B1"}, "填写了承接组织代码，请同时填写撤销日期。"),
        ({**GONE, "successor": "B2"}, "承接组织不能是它自己，请改正。"),
        ({**GONE, "successor": "B7"}, "没有代码为“B7”的组织"),
    ],
)
def test_a_successor_that_cannot_be_is_a_fault(district: Database, cells: Cells, said: str) -> None:
    with district.write() as session:
        report = import_roster(session, sheets([cells]), now=at(DAY), today=DAY, by="x")

    assert any(said in p.message and not p.warning for p in report.problems)
    assert not report.applied


def test_ending_without_a_successor_is_said_to_leave_things_open(district: Database) -> None:
    report = merged(district, {**B2, "dissolved": DAY.isoformat()})

    assert any("没有填写承接组织代码" in p.message for p in report.problems if p.warning)
    assert "B2 party_day 2026-05" in owed(district, "B2")


def test_a_split_leaves_what_is_open_and_begins_the_new_branch(district: Database) -> None:
    before = owed(district, "B1")
    third = {
        **B2,
        "code": "B3",
        "name": "第三党支部",
        "founded": "2026-05-12",
        "last_election": "2026-05-12",
    }

    load(district, [third], today=date(2026, 5, 12))
    live(district, date(2026, 5, 12))

    assert owed(district, "B1") == before
    assert owed(district, "B3") == [
        "B3 lecture 2026-Q2",
        "B3 party_day 2026-05",
        "B3 party_day 2026-06",
    ]
    assert [row.due for row in tasks(district, "term", "B3")] == [date(2029, 5, 12)]


def test_a_branch_that_becomes_a_committee_keeps_its_term_until_it_elects(
    district: Database,
) -> None:
    committee = {**T, "kind": "党委", "name": "明湖中学党委"}
    below = [
        {**B2, "code": code, "name": name, "supervisor": "T", "founded": "2026-05-11",
         "last_election": "2026-05-11"}
        for code, name in (("T1", "明湖第一党支部"), ("T2", "明湖第二党支部"))
    ]  # fmt: skip

    load(district, [committee, *below], today=date(2026, 5, 11))
    live(district, date(2026, 5, 11))

    assert "T party_day 2026-05" in owed(district, "T")  # it was a branch when May began
    assert "T party_day 2026-06" not in owed(district, "T")
    assert owed(district, "T1", "T2") == [
        *("T1 lecture 2026-Q2", "T1 party_day 2026-05", "T1 party_day 2026-06"),
        *("T2 lecture 2026-Q2", "T2 party_day 2026-05", "T2 party_day 2026-06"),
    ]
    assert the_task(district, "term", "T", "term-2024-06-01").due == date(2027, 6, 1)

    load(district, [{**committee, "last_election": "2026-05-15"}], today=date(2026, 5, 18))
    live(district, date(2026, 5, 18))

    assert the_task(district, "term", "T", "term-2026-05-15").due == date(2031, 5, 15)


def test_a_kind_written_wrongly_is_corrected_for_the_running_term_too(district: Database) -> None:
    load(district, [{**T, "kind": "党委"}], today=date(2026, 5, 6))
    live(district, date(2026, 5, 6))
    assert the_task(district, "term", "T", "term-2024-06-01").due == date(2027, 6, 1)

    load(district, [T], today=date(2026, 5, 7), correct=True)
    load(district, [{**T, "kind": "党委"}], today=date(2026, 5, 7), correct=True)
    live(district, date(2026, 5, 7))

    assert the_task(district, "term", "T", "term-2024-06-01").due == date(2029, 6, 1)


def test_a_branch_under_another_superior_keeps_its_tasks_and_changes_who_reminds_it(
    district: Database,
) -> None:
    with district.write() as session:
        announce(
            session,
            RULES,
            "winter",
            "S",
            Actor("x", at(DAY), DAY),
            Announcement(due=date(2027, 2, 26)),
        )
    live(district, DAY)
    before = [row.id for row in tasks(district, org="B2") if row.state != "withdrawn"]
    assert the_task(district, "winter", "B2", "2026").due == date(2027, 2, 26)

    load(district, [{**B2, "supervisor": "E"}], today=DAY)
    live(district, DAY)

    assert [row.id for row in tasks(district, org="B2") if row.state != "withdrawn"] == before
    assert the_task(district, "winter", "B2", "2026").due == date(2027, 3, 31)
    reminders = {r.code: r.state for r in tasks(district, "notice") if r.label == "term-2025-03-01"}
    assert reminders == {"E": "planned", "S": "withdrawn"}


def test_what_a_dissolved_superior_announced_goes_with_its_branches(district: Database) -> None:
    with district.write() as session:
        announce(
            session,
            RULES,
            "winter",
            "S",
            Actor("x", at(DAY), DAY),
            Announcement(due=date(2027, 2, 26)),
        )
    live(district, DAY)

    new = {"code": "S2", "name": "新青禾党委", "kind": "党委", "supervisor": "E"}
    gone = {**S, "dissolved": DAY.isoformat(), "successor": "S2"}
    moved = [{**B1, "supervisor": "S2"}, {**B2, "supervisor": "S2"}]
    load(district, [new, gone, *moved], today=DAY)
    live(district, DAY)

    due = {code: the_task(district, "winter", code, "2026").due for code in ("B1", "B2", "T")}
    assert due == {"B1": date(2027, 2, 26), "B2": date(2027, 2, 26), "T": date(2027, 3, 31)}
    about = {(r.code, r.label): r.state for r in tasks(district, "notice") if r.subject_id}
    assert about["S2", "term-2023-08-31"] != "withdrawn"
    assert about["S", "term-2023-08-31"] == "withdrawn"


def test_while_the_secretary_is_away_whoever_acts_hears_and_then_the_secretary_again(
    district: Database,
) -> None:
    acting = holds(
        "T", "书记", "周委员", "zhou@example.cn", nature="代理", since="2026-05-20",
        until="2026-06-20",
    )  # fmt: skip
    load(district, offices=[acting], today=DAY)
    rules = catalogue(PARTY_DAY, WINTER)

    def told(day: date) -> set[str]:
        morning(district, rules, day)
        with district.read() as session:
            rows = session.execute(select(message.c.address).where(message.c.day == day))
            return set(rows.scalars()) & {"wu@example.cn", "zhou@example.cn"}

    assert told(date(2026, 5, 18)) == {"wu@example.cn"}  # March and April are overdue
    assert told(date(2026, 5, 25)) == {"zhou@example.cn"}
    assert told(date(2026, 6, 22)) == {"wu@example.cn"}
    assert "T party_day 2026-05" in owed(district, "T")
