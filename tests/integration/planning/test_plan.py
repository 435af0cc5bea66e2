"""Plan, look, apply; on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.duty import DayOfYear, Duty, Every, OwedBy, Term
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.store.core.database import Database
from dj_cadence.store.site import site as sites
from tests.world.engine import (
    B1,
    B2,
    BRANCH,
    CALENDAR,
    EVERYTHING,
    GROUPS,
    LECTURE,
    MONTHLY,
    MONTHS,
    NOTICE,
    OFFICES,
    PARTY_DAY,
    PLANS,
    START,
    TERM,
    TERMS,
    WINTER,
    E,
    T,
    acts,
    advance_to,
    apply,
    at,
    catalogue,
    everything,
    found_district,
    load,
    morning,
    notices,
    roll,
    tasks,
    the_task,
)

SPAN = DateRange(START, date(2026, 6, 30))
TODAY = date(2026, 3, 10)
BY_QUARTER: Duty = replace(PARTY_DAY, recurrence=Every(Unit.QUARTER))


def do(database: Database, task_id: int, on: date, rules: object = MONTHS) -> None:
    with database.write() as session:
        done(session, rules, task_id, Actor("李书记", at(on), on), on=on)


def changes(database: Database, rules: object) -> list[tuple[str, str, str, str]]:
    report = planner.preview(database, rules, SPAN, every_change=True)  # type: ignore[arg-type]
    return [(s["change"], s["org"], s["period"], s["cause"]) for s in report.samples]


# --- first plan --------------------------------------------------------------------------------


def test_a_preview_writes_nothing(district: Database) -> None:
    before = everything(district)

    report = planner.preview(district, EVERYTHING, SPAN)

    assert report.counts == {
        ("party_day", "create"): 12,
        ("groups", "create"): 4,
        ("lecture", "create"): 6,  # the quarter that runs at the start, and the next
        ("winter", "create"): 3,  # of 2025, until 2026-03-31
        ("term", "create"): 3,
        ("notice", "create"): 3,
    }
    assert everything(district) == before


def test_applying_writes_what_the_preview_showed(district: Database) -> None:
    shown = planner.preview(district, EVERYTHING, SPAN, every_change=True)

    apply(district, EVERYTHING)

    def shape(org: str, duty: str, period: str, due: date) -> tuple[str, str, str, str]:
        return org, duty, period, due.isoformat()

    assert sorted(shape(r.code, r.duty, r.label, r.due) for r in tasks(district)) == sorted(
        shape(s["org"], s["duty"], s["period"], s["due"]) for s in shown.samples
    )


def test_every_organization_gets_what_it_owes(district: Database) -> None:
    apply(district, EVERYTHING)

    assert [
        (r.code, r.duty, r.label, r.planned and r.planned.isoformat(), r.due.isoformat(), r.target)
        for r in tasks(district)
        if r.due <= date(2026, 4, 1) or r.period == "term"
    ] == [
        ("E", "notice", "term-2024-06-01", None, "2026-12-01", 1),
        ("S", "notice", "term-2023-08-31", None, "2026-03-02", 1),  # at once
        ("S", "notice", "term-2025-03-01", None, "2027-09-01", 1),
        ("B1", "groups", "2026-03", None, "2026-03-31", 2),
        ("B1", "lecture", "2026-Q1", None, "2026-03-31", 1),
        ("B1", "party_day", "2026-03", "2026-03-05", "2026-03-31", 1),
        ("B1", "term", "term-2023-08-31", None, "2026-08-31", 1),
        ("B1", "winter", "2025", None, "2026-03-31", 1),
        ("B2", "lecture", "2026-Q1", None, "2026-03-31", 1),
        ("B2", "party_day", "2026-03", None, "2026-03-31", 1),
        ("B2", "term", "term-2025-03-01", None, "2028-03-01", 1),
        ("B2", "winter", "2025", None, "2026-03-31", 1),
        ("T", "lecture", "2026-Q1", None, "2026-03-31", 1),
        ("T", "party_day", "2026-03", None, "2026-03-31", 1),
        ("T", "term", "term-2024-06-01", None, "2027-06-01", 1),
        ("T", "winter", "2025", None, "2026-03-31", 1),
    ]


def test_applying_again_changes_nothing(district: Database) -> None:
    apply(district, EVERYTHING)
    before = everything(district)

    assert apply(district, EVERYTHING, today=date(2026, 3, 9)).counts == {}
    assert everything(district) == before


def test_rolling_again_is_a_no_op(district: Database) -> None:
    apply(district, EVERYTHING)

    assert roll(district, EVERYTHING, TODAY)
    before = everything(district)

    assert not roll(district, EVERYTHING, TODAY)
    assert not roll(district, EVERYTHING, date(2026, 3, 26))
    assert everything(district) == before
    assert roll(district, EVERYTHING, date(2026, 4, 27))


def test_organizations_that_are_alike_share_their_slots(district: Database) -> None:
    apply(district, MONTHS)

    march = [r.slot_id for r in tasks(district) if r.label == "2026-03"]
    assert len(march) == 3
    assert len(set(march)) == 2  # B1 has a day of its own


# --- a rule changes ----------------------------------------------------------------------------


def test_a_changed_rule_moves_the_same_task_and_says_why(district: Database) -> None:
    apply(district, catalogue(WINTER), until=date(2027, 4, 1))
    before = the_task(district, "winter", "T", "2026")
    window = replace(WINTER.recurrence, due=DayOfYear(1, 2, 28))  # type: ignore[type-var]
    earlier = replace(WINTER, recurrence=window)

    apply(district, catalogue(earlier, version="v2"), today=TODAY, until=date(2027, 4, 1))

    after = the_task(district, "winter", "T", "2026")
    assert (after.id, after.due, after.sequence, after.due_revision) == (
        before.id,
        date(2027, 2, 28),
        1,
        1,
    )
    assert acts(district, after.id) == [("move", "管理员", "规则、提醒方案或工作日历有变化")]


def test_another_period_withdraws_the_old_tasks_and_creates_new_ones(district: Database) -> None:
    apply(district, MONTHS)
    gone = [r.id for r in tasks(district)]

    apply(district, catalogue(BY_QUARTER, version="v2"), today=TODAY)

    assert [(r.code, r.label) for r in tasks(district) if r.state == "planned"] == [
        (code, label) for code in ("B1", "B2", "T") for label in ("2026-Q1", "2026-Q2")
    ]
    assert {r.state for r in tasks(district) if r.id in gone} == {"withdrawn"}
    assert acts(district, gone[0]) == [("withdraw", "管理员", "这一周期不再需要")]


def test_a_duty_switched_off_withdraws_and_switched_on_reopens_the_same_tasks(
    district: Database,
) -> None:
    apply(district, MONTHS)
    before = [(r.id, r.label, r.due) for r in tasks(district)]
    off = catalogue(replace(PARTY_DAY, enabled=False), version="v2")

    apply(district, off, today=TODAY)
    assert {(r.state, r.next_on) for r in tasks(district)} == {("withdrawn", None)}

    apply(district, MONTHS, today=date(2026, 3, 11))
    assert [(r.id, r.label, r.due) for r in tasks(district)] == before
    assert {r.state for r in tasks(district)} == {"planned"}
    assert acts(district, before[0][0]) == [
        ("withdraw", "管理员", "职责已停用"),
        ("reopen", "管理员", "新纳入的组织或新启用的职责"),
    ]


def test_a_duty_that_the_rules_no_longer_have_is_withdrawn(district: Database) -> None:
    apply(district, catalogue(PARTY_DAY, LECTURE))

    apply(district, catalogue(PARTY_DAY, version="v2"), today=TODAY)

    assert {r.state for r in tasks(district, "lecture")} == {"withdrawn"}
    assert {r.state for r in tasks(district, "party_day")} == {"planned"}


def test_settled_tasks_never_change_and_touched_ones_are_kept(district: Database) -> None:
    apply(district, catalogue(PARTY_DAY, GROUPS))
    advance_to(district, EVERYTHING, TODAY)
    settled = the_task(district, "party_day", "T", "2026-03")
    touched = the_task(district, "groups", "B1", "2026-03")
    do(district, settled.id, date(2026, 3, 9), EVERYTHING)
    do(district, touched.id, date(2026, 3, 9), EVERYTHING)  # one of two groups
    before = {r.id: tuple(r) for r in tasks(district)}

    nothing = catalogue(version="v2")
    kept = [one for one in changes(district, nothing) if one[0] == "keep"]
    apply(district, nothing, today=TODAY)

    after = {r.id: tuple(r) for r in tasks(district)}
    assert kept == [("keep", "B1", "2026-03", "不再需要，但已有办理记录，予以保留")]
    assert after[settled.id] == before[settled.id]
    assert after[touched.id] == before[touched.id]
    assert {r.state for r in tasks(district) if r.id not in (settled.id, touched.id)} == {
        "withdrawn"
    }


def test_a_day_set_by_a_person_is_theirs(district: Database) -> None:
    apply(district, MONTHS)
    advance_to(district, MONTHS, TODAY)
    mine = the_task(district, "party_day", "B1", "2026-04")
    with district.write() as session:
        set_planned(
            session, MONTHS, mine.id, Actor("李书记", at(TODAY), TODAY), on=date(2026, 4, 23)
        )

    other_day = {**B1, "theme_day": "10日"}
    load(district, [other_day], today=TODAY)
    roll(district, MONTHS, TODAY)

    assert [(r.label, r.planned) for r in tasks(district, org="B1")[:3]] == [
        ("2026-03", date(2026, 3, 10)),
        ("2026-04", date(2026, 4, 23)),
        ("2026-05", date(2026, 5, 11)),
    ]


def test_more_withdrawals_than_the_limit_are_refused_and_change_nothing(district: Database) -> None:
    apply(district, MONTHS, until=date(2026, 12, 31))  # 3 × 10
    before = everything(district)
    nothing = catalogue(version="v2")

    for allowed in (0, 29):
        with pytest.raises(Refused, match=r"会撤回 30 项任务.*--allow-withdrawals 30"):
            apply(district, nothing, until=date(2026, 12, 31), allow_withdrawals=allowed)
    assert everything(district) == before

    apply(district, nothing, until=date(2026, 12, 31), allow_withdrawals=30)
    assert {r.state for r in tasks(district)} == {"withdrawn"}


def test_up_to_twenty_withdrawals_need_no_word(district: Database) -> None:
    apply(district, catalogue(PARTY_DAY, GROUPS))  # 12 + 4

    assert apply(district, catalogue(version="v2")).total("withdraw") == 16


def test_a_new_holiday_notice_moves_what_depends_on_it(district: Database) -> None:
    apply(district, MONTHS)
    years = dict(CALENDAR.years)
    years[2026] = replace(years[2026], days_off=years[2026].days_off | {date(2026, 6, 30)})

    apply(
        district,
        catalogue(PARTY_DAY, version="v2", calendar=replace(CALENDAR, years=years)),
        today=TODAY,
    )

    assert [r.due for r in tasks(district, org="T")] == [
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 29),
        date(2026, 6, 29),
    ]


def test_another_reminder_plan_holds_for_tasks_that_have_said_nothing(district: Database) -> None:
    apply(district, MONTHS)
    morning(district, MONTHS, date(2026, 3, 2))
    silent = replace(MONTHLY, steps=(MONTHLY.steps[0],))

    rules = catalogue(PARTY_DAY, version="v2", plans={**PLANS, "monthly": silent})
    apply(district, rules, today=date(2026, 3, 3))
    advance_to(district, rules, date(2026, 5, 11))

    march, april = tasks(district, org="T")[:2]
    assert [reminder_step for reminder_step, *_ in notices(district, march.id)] == [
        "list",
        *["late"] * 7,
    ]
    assert [reminder_step for reminder_step, *_ in notices(district, april.id)] == ["list"]


# --- the roster changes ------------------------------------------------------------------------


def test_a_new_branch_gets_its_tasks_at_the_next_roll(district: Database) -> None:
    apply(district, MONTHS)
    new = {"code": "B3", "name": "第三党支部", "kind": "党支部", "supervisor": "S"}
    load(district, [{**new, "founded": "2026-04-10"}], today=TODAY)

    assert changes(district, MONTHS) == [
        ("create", "B3", label, "新纳入的组织或新启用的职责")
        for label in ("2026-04", "2026-05", "2026-06")
    ]
    assert roll(district, MONTHS, TODAY)
    assert [r.label for r in tasks(district, org="B3")][:2] == ["2026-04", "2026-05"]


def test_a_dissolved_branch_owes_nothing_from_then_on(district: Database) -> None:
    apply(district, catalogue(PARTY_DAY, TERM))
    load(district, [{**T, "dissolved": "2026-05-08"}], today=TODAY)
    roll(district, catalogue(PARTY_DAY, TERM), TODAY)

    assert [(r.duty, r.label, r.state) for r in tasks(district, org="T")[:5]] == [
        ("party_day", "2026-03", "planned"),
        ("party_day", "2026-04", "planned"),
        ("party_day", "2026-05", "withdrawn"),
        ("party_day", "2026-06", "withdrawn"),
        ("term", "term-2024-06-01", "withdrawn"),
    ]


def test_a_corrected_election_date_moves_the_same_task(district: Database) -> None:
    apply(district, TERMS)
    term, notice = (the_task(district, duty, org, "term-2025-03-01") for duty, org in (
        ("term", "B2"), ("notice", "S")))  # fmt: skip

    load(district, [{**B2, "last_election": "2025-04-01"}], today=TODAY)
    assert changes(district, TERMS) == [
        ("move", "B2", "term-2025-04-01", "组织情况或换届日期有变化"),
        ("move", "S", "term-2025-04-01", "组织情况或换届日期有变化"),
    ]
    roll(district, TERMS, TODAY)

    moved = the_task(district, "term", "B2", "term-2025-04-01")
    assert (moved.id, moved.due, moved.opens) == (term.id, date(2028, 4, 1), date(2027, 10, 1))
    told = the_task(district, "notice", "S", "term-2025-04-01")
    assert (told.id, told.due) == (notice.id, date(2027, 10, 1))
    assert acts(district, term.id) == [("move", "dj-cadence", "组织情况或换届日期有变化")]


@pytest.mark.parametrize("how", ["record", "roster"])
def test_an_election_settles_the_term_and_begins_the_next(district: Database, how: str) -> None:
    apply(district, TERMS)
    day = date(2026, 5, 20)
    advance_to(district, TERMS, day)
    term = the_task(district, "term", "B1", "term-2023-08-31")
    notice = the_task(district, "notice", "S", "term-2023-08-31")

    if how == "record":
        do(district, term.id, day, TERMS)
    else:
        load(district, [{**B1, "last_election": day.isoformat()}], today=day)
    roll(district, TERMS, day)

    old, new = tasks(district, "term", "B1")
    assert (old.id, old.state, old.completed_on) == (term.id, "done", day)
    assert (new.label, new.opens, new.due, new.state) == (
        "term-2026-05-20",
        date(2028, 11, 20),
        date(2029, 5, 20),
        "planned",
    )
    states = {r.label: (r.id, r.state) for r in tasks(district, "notice", "S")}
    assert states["term-2023-08-31"] == (notice.id, "withdrawn")
    assert states["term-2026-05-20"][1] == "planned"


def test_a_term_that_has_run_out_stays_one_overdue_task(database: Database) -> None:
    found_district(database, (E, {**T, "last_election": "2022-06-01"}), OFFICES[:1])
    apply(database, TERMS)
    advance_to(database, TERMS, date(2027, 1, 4))

    assert [(r.label, r.due, r.state) for r in tasks(database)] == [
        ("term-2022-06-01", date(2025, 6, 1), "overdue")
    ]


def test_a_term_run_out_before_the_start_is_withdrawn_with_its_organization(
    database: Database,
) -> None:
    found_district(database, (E, {**T, "last_election": "2022-06-01"}), OFFICES[:1])
    apply(database, TERMS)

    load(database, [{**T, "last_election": "2022-06-01", "dissolved": "2025-05-01"}], today=TODAY)
    roll(database, TERMS, TODAY)

    assert [r.state for r in tasks(database, "term")] == ["withdrawn"]


def test_a_new_superior_takes_over_the_term_notice(district: Database) -> None:
    apply(district, TERMS)

    load(district, [{**B2, "supervisor": "E"}], today=TODAY)
    roll(district, TERMS, TODAY)

    assert [
        (r.code, r.state) for r in tasks(district, "notice") if r.label == "term-2025-03-01"
    ] == [("E", "planned"), ("S", "withdrawn")]


def test_an_organization_without_an_election_date_owes_no_term(database: Database) -> None:
    found_district(database, (E, {**T, "last_election": ""}), OFFICES[:1])
    apply(database, TERMS)

    assert tasks(database) == []


def test_the_first_election_date_begins_the_term(database: Database) -> None:
    found_district(database, (E, {**T, "last_election": ""}), OFFICES[:1])
    apply(database, TERMS)

    load(database, [T], today=TODAY)
    roll(database, TERMS, TODAY)

    assert [(r.duty, r.label) for r in tasks(database)] == [
        ("notice", "term-2024-06-01"),
        ("term", "term-2024-06-01"),
    ]


def test_a_committee_given_up_ends_the_duty_with_the_next_period(district: Database) -> None:
    meeting = replace(PARTY_DAY, owed_by=OwedBy(BRANCH, has_committee=True))
    apply(district, catalogue(meeting))

    load(district, [{**B1, "has_committee": "否"}], today=TODAY)
    roll(district, catalogue(meeting), TODAY)

    assert [(r.label, r.state) for r in tasks(district)[:4]] == [
        ("2026-03", "planned"),
        ("2026-04", "withdrawn"),
        ("2026-05", "withdrawn"),
        ("2026-06", "withdrawn"),
    ]


def test_two_halves_of_a_window_are_the_whole(sqlite_database: Database) -> None:
    found_district(sqlite_database)
    for since, until in ((START, date(2026, 4, 15)), (date(2026, 4, 16), date(2027, 4, 1))):
        planner.apply(
            sqlite_database,
            EVERYTHING,
            {},
            DateRange(since, until),
            by="管理员",
            today=START,
            now=at(START),
        )

    whole = DateRange(START, date(2027, 4, 1))
    assert planner.preview(sqlite_database, EVERYTHING, whole).counts == {}
    planner.apply(sqlite_database, EVERYTHING, {}, whole, by="管理员", today=START, now=at(START))
    assert {r.sequence for r in tasks(sqlite_database)} == {0}


def test_a_term_of_another_length_moves(district: Database) -> None:
    apply(district, TERMS)
    longer = replace(TERM, recurrence=Term({OrgKind.BRANCH: 5, OrgKind.PARTY_COMMITTEE: 5}))

    apply(district, catalogue(longer, NOTICE, version="v2"), today=TODAY)

    assert [r.due for r in tasks(district, "term")] == [
        date(2028, 8, 31),
        date(2030, 3, 1),
        date(2029, 6, 1),
    ]


def test_planning_before_the_site_is_set_up_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="里面没有站点"):
        planner.preview(database, MONTHS, SPAN)
    with pytest.raises(Refused), database.read() as session:
        sites.load(session)


def test_a_notice_is_due_at_once_when_the_election_becomes_known(district: Database) -> None:
    apply(district, TERMS)
    late = date(2026, 4, 11)  # a Saturday, long after the notice's own day
    load(
        district,
        [{**T, "code": "V", "name": "新来的支部", "last_election": "2023-08-31"}],
        today=late,
    )

    roll(district, TERMS, late)

    (notice,) = [row for row in tasks(district, "notice", "E") if row.label == "term-2023-08-31"]
    assert (notice.opens, notice.due) == (date(2026, 1, 31), date(2026, 4, 13))
