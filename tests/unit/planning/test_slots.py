"""Every date rule, with literal dates. 2026 has its holiday notice, 2027 has not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.dates.working_days import Semester, WorkCalendar
from dj_cadence.domain.organizations.facts import Change, Facts, OrgKind
from dj_cadence.domain.planning.cohort import cohort_of, notice_cohort, term_cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import (
    DayOfYear,
    Duty,
    Every,
    OwedBy,
    PartialPeriod,
    Recurrence,
    Term,
    TermNotice,
    Tier,
)
from dj_cadence.domain.rules.override import Override, OverrideKey
from tests.world.published import CALENDAR, Y2026

SITE_START = date(2020, 1, 1)
WINTER = Every(Unit.YEAR, opens=DayOfYear(0, 10, 1), due=DayOfYear(1, 3, 31))
BUDGET = Every(Unit.YEAR, opens=DayOfYear(-1, 10, 1), due=DayOfYear(-1, 12, 31))
TERM = Term({OrgKind.BRANCH: 3, OrgKind.PARTY_COMMITTEE: 5})


def duty(recurrence: Recurrence, key: str = "x", **conditions: Any) -> Duty:
    kinds = frozenset({OrgKind.BRANCH, OrgKind.PARTY_COMMITTEE})
    return Duty(
        key, "某事", Tier.A, ("2.4",), OwedBy(kinds, **conditions), recurrence, "书记", "plan", ()
    )


def branch(**values: Any) -> Facts:
    return Facts(OrgKind.BRANCH, **values)


def slots(
    recurrence: Recurrence,
    since: date,
    until: date,
    *,
    facts: Facts | None = None,
    conditions: Mapping[str, Any] | None = None,
    calendar: WorkCalendar = CALENDAR,
    site_start: date = SITE_START,
    overrides: tuple[Override, ...] = (),
) -> list[Slot]:
    one = duty(recurrence, **(conditions or {}))
    cohort = cohort_of(one, facts or branch(), site_start)
    if cohort is None:
        return []
    cohort = replace(cohort, overrides=overrides)
    return slots_of(one, cohort, Catalogue({"x": one}, {}, calendar, ""), since, until)


def of_month(month: int, year: int = 2026, **how: Any) -> list[Slot]:
    """The monthly slots that begin in a month."""
    first = date(year, month, 1)
    found = slots(how.pop("recurrence", Every(Unit.MONTH)), first, first, **how)
    return [slot for slot in found if slot.opens >= first]


def term_slots(
    start_event: date, facts: Facts | None = None, start: date = SITE_START
) -> list[Slot]:
    one = duty(TERM, "term")
    cohort = term_cohort(one, facts or branch(), start_event, start)
    assert cohort
    return slots_of(
        one, cohort, Catalogue({"term": one}, {}, CALENDAR, ""), date(2099, 1, 1), date(2099, 1, 1)
    )


def notice_slots(
    start_event: date, facts: Facts | None = None, start: date = SITE_START
) -> list[Slot]:
    term, notice = duty(TERM, "term"), duty(TermNotice("term"), "notice")
    superior = Facts(OrgKind.PARTY_COMMITTEE)
    cohort = notice_cohort(
        notice, superior, term, facts or branch(), start_event, start_event, start
    )
    assert cohort
    catalogue = Catalogue({"term": term, "notice": notice}, {}, CALENDAR, "")
    return slots_of(notice, cohort, catalogue, date(2099, 1, 1), date(2099, 1, 1))


# --- due: the period's last working day -----------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "within", "label", "opens", "due"),
    [
        (Unit.MONTH, date(2026, 1, 15), "2026-01", date(2026, 1, 1), date(2026, 1, 30)),
        (Unit.MONTH, date(2026, 2, 15), "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (Unit.MONTH, date(2026, 5, 15), "2026-05", date(2026, 5, 1), date(2026, 5, 29)),
        (Unit.QUARTER, date(2026, 5, 15), "2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
        (Unit.QUARTER, date(2026, 10, 1), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        (Unit.HALF_YEAR, date(2026, 5, 15), "2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        (Unit.YEAR, date(2026, 5, 15), "2026", date(2026, 1, 1), date(2026, 12, 31)),
        (Unit.SEMESTER, date(2025, 12, 1), "2025-2026-S1", date(2025, 9, 1), date(2026, 1, 30)),
        (Unit.SEMESTER, date(2026, 5, 15), "2025-2026-S2", date(2026, 3, 5), date(2026, 7, 6)),
        (Unit.SCHOOL_YEAR, date(2026, 5, 15), "2025-2026", date(2025, 9, 1), date(2026, 8, 31)),
    ],
)
def test_a_period_is_due_on_its_last_working_day(
    unit: Unit, within: date, label: str, opens: date, due: date
) -> None:
    found = slots(Every(unit), within, within)

    assert [(slot.label, slot.opens, slot.planned, slot.due) for slot in found] == [
        (label, opens, None, due)
    ]


def test_windows_may_leave_the_year_or_precede_it_and_are_not_moved_off_days_of_rest() -> None:
    sunday = Every(Unit.YEAR, opens=DayOfYear(0, 1, 1), due=DayOfYear(0, 5, 31))

    assert [
        (slot.label, slot.opens, slot.due)
        for every in (WINTER, BUDGET, sunday)
        for slot in slots(every, date(2026, 12, 1), date(2026, 12, 1))
        + slots(every, date(2026, 5, 1), date(2026, 5, 1))
    ] == [
        ("2026", date(2026, 10, 1), date(2027, 3, 31)),
        ("2027", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 5, 31)),
    ]


def test_a_window_that_ends_on_the_29th_of_february_is_cut_to_the_month() -> None:
    leap = Every(Unit.YEAR, opens=DayOfYear(0, 10, 1), due=DayOfYear(1, 2, 29))

    found = slots(leap, date(2026, 10, 1), date(2027, 10, 1))

    assert [slot.due for slot in found] == [date(2027, 2, 28), date(2028, 2, 29)]


def test_every_period_is_taken_that_meets_the_window() -> None:
    found = slots(Every(Unit.MONTH), date(2026, 1, 30), date(2026, 3, 1))

    assert [slot.label for slot in found] == ["2026-01", "2026-02", "2026-03"]


def test_a_period_past_its_due_day_does_not_meet_the_window() -> None:
    found = slots(Every(Unit.MONTH), date(2026, 1, 31), date(2026, 1, 31))

    assert found == []


# --- planned: the organization's day ---------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "month", "planned"),
    [
        ("5日", 3, date(2026, 3, 5)),
        ("5日", 4, date(2026, 4, 7)),  # 清明: forward to the next working day
        ("1日", 10, date(2026, 10, 8)),  # 国庆
        ("30日", 5, date(2026, 5, 29)),  # a Saturday, and nothing after it: backward
        ("31日", 1, date(2026, 1, 30)),
        ("31日", 2, date(2026, 2, 28)),  # a date the month lacks is its last; a make-up day
        ("14日", 2, date(2026, 2, 14)),  # a Saturday that is worked
        ("4日", 1, date(2026, 1, 4)),  # a Sunday that is worked
        ("第一个星期五", 5, date(2026, 5, 6)),
        ("最后一个工作日", 8, date(2026, 8, 31)),
    ],
)
def test_the_planned_day_is_the_organizations_own_day(rule: str, month: int, planned: date) -> None:
    monthly = Every(Unit.MONTH, day="20日", own_day="theme_day")

    found = of_month(month, recurrence=monthly, facts=branch(theme_day=rule))

    assert [slot.planned for slot in found] == [planned]


def test_without_a_day_of_its_own_the_sites_day_holds() -> None:
    monthly = Every(Unit.MONTH, day="20日", own_day="theme_day")

    assert [slot.planned for slot in of_month(3, recurrence=monthly)] == [date(2026, 3, 20)]


def test_a_planned_day_before_the_founding_becomes_the_last_working_day() -> None:
    monthly = Every(Unit.MONTH, own_day="theme_day")

    found = of_month(5, recurrence=monthly, facts=branch(theme_day="6日", founded=date(2026, 5, 9)))

    assert [(slot.planned, slot.due) for slot in found] == [(date(2026, 5, 29), date(2026, 5, 29))]


# --- existence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("founded", "month", "owed"),
    [
        (date(2026, 3, 16), 3, True),  # 16 of 31 days
        (date(2026, 3, 17), 3, False),
        (date(2026, 2, 15), 2, True),  # 14 of 28 days
        (date(2026, 2, 16), 2, False),
    ],
)
def test_a_month_is_owed_by_who_existed_for_half_of_it(
    founded: date, month: int, owed: bool
) -> None:
    assert len(of_month(month, facts=branch(founded=founded))) == owed


@pytest.mark.parametrize(
    ("dissolved", "owed"),
    [(date(2026, 3, 17), True), (date(2026, 3, 16), False)],  # the first day gone
)
def test_the_month_of_the_dissolution_counts_likewise(dissolved: date, owed: bool) -> None:
    assert len(of_month(3, facts=branch(dissolved=dissolved))) == owed
    assert of_month(4, facts=branch(dissolved=dissolved)) == []


@pytest.mark.parametrize(
    ("founded", "owed"), [(date(2026, 9, 30), True), (date(2026, 10, 1), False)]
)
def test_a_yearly_duty_is_owed_by_who_was_founded_before_october(founded: date, owed: bool) -> None:
    found = slots(WINTER, date(2026, 12, 1), date(2026, 12, 1), facts=branch(founded=founded))

    assert len(found) == owed


@pytest.mark.parametrize(
    ("how", "month", "year"),
    [
        (PartialPeriod.ANY, (True, True, False), (True, True, False)),
        (PartialPeriod.HALF, (True, False, False), (True, False, False)),
        (PartialPeriod.FULL, (False, False, False), (False, False, False)),
    ],
)
def test_a_rule_says_how_much_of_a_period_is_enough(
    how: PartialPeriod, month: tuple[bool, ...], year: tuple[bool, ...]
) -> None:
    """Founded before the half, after it, and after the end."""
    monthly, yearly = Every(Unit.MONTH, partial_period=how), replace(WINTER, partial_period=how)

    for day, owed in zip(
        (date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 1)), month, strict=True
    ):
        assert len(of_month(3, recurrence=monthly, facts=branch(founded=day))) == owed
    for day, owed in zip(
        (date(2026, 6, 1), date(2026, 12, 31), date(2027, 1, 1)), year, strict=True
    ):
        found = slots(yearly, date(2026, 12, 1), date(2026, 12, 1), facts=branch(founded=day))
        assert len(found) == owed


@pytest.mark.parametrize(
    ("starts_on", "first"), [(date(2026, 3, 1), "2026-03"), (date(2026, 3, 2), "2026-04")]
)
def test_periods_that_began_before_the_start_owe_nothing(starts_on: date, first: str) -> None:
    for how in ({"facts": branch(starts_on=starts_on)}, {"site_start": starts_on}):
        found = slots(Every(Unit.MONTH), date(2026, 1, 1), date(2026, 12, 31), **how)  # type: ignore[arg-type]

        assert found[0].label == first


def test_a_month_that_runs_at_the_start_is_not_owed_what_is_longer_is_and_is_asked_about() -> None:
    """Each with the days from which it is no longer owed."""
    half, school = Every(Unit.HALF_YEAR), Every(Unit.SCHOOL_YEAR)
    for every, label, last in (
        (Every(Unit.QUARTER), "2026-Q1", date(2026, 3, 31)),
        (half, "2026-H1", date(2026, 6, 30)),
        (Every(Unit.SEMESTER), "2025-2026-S2", date(2026, 7, 6)),
        (school, "2025-2026", date(2026, 8, 31)),
        (Every(Unit.YEAR), "2026", date(2026, 12, 31)),
        (WINTER, "2025", date(2026, 3, 31)),
    ):
        for start, owed in ((date(2026, 3, 16), True), (last, True), (last + DAY, False)):
            found = slots(every, start, start, facts=branch(starts_on=start))
            running = [(s.label, s.asked_on) for s in found if s.opens < start]
            assert running == ([(label, start)] if owed else []), (every, start)


@pytest.mark.parametrize(
    ("known_on", "asked_on"), [(date(2026, 2, 1), None), (date(2026, 2, 2), date(2026, 2, 2))]
)
def test_what_began_before_somebody_could_be_told_is_asked_about(
    known_on: date, asked_on: date | None
) -> None:
    facts = branch(starts_on=date(2026, 1, 1), known_on=known_on)

    january, february = slots(Every(Unit.MONTH), date(2026, 1, 5), date(2026, 2, 27), facts=facts)

    assert (january.asked_on, february.asked_on) == (known_on, asked_on)
    assert (january.opens, january.due) == (date(2026, 1, 1), date(2026, 1, 30))


def test_a_superior_cannot_let_off_the_year_by_a_day_before_the_start() -> None:
    start = date(2026, 11, 28)
    due = Override("2026", OverrideKey.DUE, "2026-11-20")
    facts = branch(starts_on=start)

    (slot,) = slots(WINTER, date(2026, 11, 1), start, facts=facts, overrides=(due,))

    assert (slot.label, slot.due, slot.asked_on) == ("2026", date(2026, 11, 20), start)


@pytest.mark.parametrize(
    ("elected", "asked_on"),
    [
        (date(2023, 2, 1), date(2026, 4, 1)),
        (date(2023, 4, 22), date(2026, 4, 1)),
        (date(2023, 4, 23), None),  # there is time enough to answer before it ends
    ],
)
def test_a_term_that_is_over_at_the_start_is_asked_about(
    elected: date, asked_on: date | None
) -> None:
    (slot,) = term_slots(elected, branch(starts_on=date(2026, 4, 1)))

    assert slot.asked_on == asked_on


def test_what_is_asked_about_says_until_when_it_is_not_late() -> None:
    (slot,) = term_slots(date(2023, 3, 31), branch(starts_on=date(2026, 4, 1)))

    assert slot.derivation[-1] == (
        "2026年4月1日（周三）起用或录入时已经开始、已经结束：先问一次是否已经办过，"
        "到2026年4月23日（周四）为止不算逾期"
    )


# --- attributes that change -------------------------------------------------------------------


@pytest.mark.parametrize(("has_now", "owed"), [(True, ["2026-04"]), (False, ["2026-03"])])
def test_a_committee_set_up_or_given_up_counts_from_the_next_period(
    has_now: bool, owed: list[str]
) -> None:
    changed = (Change("has_committee", not has_now, date(2026, 3, 10)),)
    facts = branch(has_committee=has_now, changes=changed)

    found = slots(
        Every(Unit.MONTH),
        date(2026, 3, 1),
        date(2026, 4, 30),
        facts=facts,
        conditions={"has_committee": True},
    )

    assert [slot.label for slot in found] == owed


def test_a_target_follows_the_groups_from_the_next_period_on() -> None:
    facts = branch(groups=3, changes=(Change("groups", 2, date(2026, 3, 10)),))

    found = slots(
        Every(Unit.MONTH, times="groups"),
        date(2026, 3, 1),
        date(2026, 4, 30),
        facts=facts,
        conditions={"has_groups": True},
    )

    assert [(slot.label, slot.target, slot.unit) for slot in found] == [
        ("2026-03", 2, "组"),
        ("2026-04", 3, "组"),
    ]


def test_a_branch_that_became_a_committee_owes_a_branchs_duties_up_to_the_next_period() -> None:
    changed = (Change("kind", "branch", date(2026, 3, 10)),)
    one = Duty(
        "x", "某事", Tier.A, (), OwedBy(frozenset({OrgKind.BRANCH})), Every(Unit.MONTH), "", "", ()
    )
    cohort = cohort_of(one, Facts(OrgKind.PARTY_COMMITTEE, changes=changed), SITE_START)
    assert cohort

    found = slots_of(
        one, cohort, Catalogue({"x": one}, {}, CALENDAR, ""), date(2026, 3, 1), date(2026, 6, 1)
    )

    assert [slot.label for slot in found] == ["2026-03"]


# --- what is not known yet ---------------------------------------------------------------------


def test_dates_that_rest_on_an_unpublished_notice_are_provisional() -> None:
    found = slots(Every(Unit.MONTH), date(2026, 12, 1), date(2027, 1, 29))

    assert [(slot.label, slot.due, slot.provisional) for slot in found] == [
        ("2026-12", date(2026, 12, 31), False),
        ("2027-01", date(2027, 1, 29), True),
    ]
    assert "尚未公布" in found[1].derivation[-1]
    assert not any("尚未公布" in line for line in found[0].derivation)


def test_a_day_that_the_rule_names_outright_is_not_provisional() -> None:
    assert [s.provisional for s in slots(WINTER, date(2027, 1, 1), date(2027, 3, 31))] == [False]


def test_a_semester_that_is_not_published_makes_its_slot_provisional() -> None:
    found = slots(Every(Unit.SEMESTER), date(2025, 9, 1), date(2026, 7, 31))

    assert [slot.provisional for slot in found] == [False, True]


def test_a_year_without_any_table_has_weekends_only_and_is_provisional() -> None:
    (slot,) = of_month(10, year=2031, recurrence=Every(Unit.MONTH, day="1日"))

    assert (slot.planned, slot.due, slot.provisional) == (
        date(2031, 10, 1),
        date(2031, 10, 31),
        True,
    )


def test_a_schools_own_semester_goes_before_the_general_one() -> None:
    own = Semester(
        "2025-2026-S2", date(2026, 2, 25), date(2026, 7, 1), provisional=False, source="", city="青"
    )
    calendar = WorkCalendar({2026: Y2026}, (*CALENDAR.semesters, own))

    found = slots(
        Every(Unit.SEMESTER),
        date(2026, 6, 1),
        date(2026, 6, 1),
        facts=branch(city="青"),
        calendar=calendar,
    )

    assert [(slot.opens, slot.due) for slot in found] == [(date(2026, 2, 25), date(2026, 7, 1))]


def test_the_derivation_tells_how_each_date_came_about() -> None:
    monthly = Every(Unit.MONTH, own_day="theme_day")

    (slot,) = of_month(4, recurrence=monthly, facts=branch(theme_day="5日"))

    assert slot.derivation == (
        "周期：2026年4月，2026年4月1日（周三）至2026年4月30日（周四）",
        "截止日：周期内最后一个工作日，2026年4月30日（周四）",
        "计划日：本组织固定日为“5日”，即2026年4月5日（周日）",
        "2026年4月5日（周日）不是工作日，在周期内顺延到2026年4月7日（周二）",
    )


@pytest.mark.parametrize(
    ("day", "year", "month", "said"),
    [
        (
            "31日",
            2026,
            1,
            (
                "计划日：本组织固定日为“31日”，即2026年1月31日（周六）",
                "2026年1月31日（周六）不是工作日，在周期内提前到2026年1月30日（周五）",
            ),
        ),
        (
            "31日",
            2026,
            2,
            (
                "计划日：本组织固定日为“31日”，2月没有这一天，取最后的2026年2月28日（周六），当天调休上班",
            ),
        ),
        (
            "第五个星期五",
            2026,
            3,
            ("计划日：本组织固定日为“第五个星期五”，3月没有这一天，取最后的2026年3月27日（周五）",),
        ),
    ],
)
def test_a_day_that_the_month_lacks_is_told_from_one_that_is_a_day_of_rest(
    day: str, year: int, month: int, said: tuple[str, ...]
) -> None:
    (slot,) = of_month(
        month, year, recurrence=Every(Unit.MONTH, own_day="theme_day"), facts=branch(theme_day=day)
    )

    assert slot.derivation[2:] == said


# --- terms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start_event", "opens", "expiry"),
    [
        (date(2023, 5, 10), date(2025, 11, 10), date(2026, 5, 10)),  # a Sunday: not moved
        (date(2024, 2, 29), date(2026, 8, 28), date(2027, 2, 28)),  # from the expiry, cut
        (date(2025, 2, 28), date(2027, 8, 28), date(2028, 2, 28)),  # a leap year's is no 29th
        (date(2023, 8, 31), date(2026, 2, 28), date(2026, 8, 31)),
        (date(2025, 8, 31), date(2028, 2, 29), date(2028, 8, 31)),
        (date(2023, 8, 30), date(2026, 2, 28), date(2026, 8, 30)),
        (date(2024, 3, 31), date(2026, 9, 30), date(2027, 3, 31)),
        (date(2024, 3, 30), date(2026, 9, 30), date(2027, 3, 30)),
        (date(2023, 10, 1), date(2026, 4, 1), date(2026, 10, 1)),  # a holiday: not moved
    ],
)
def test_a_term_opens_six_months_before_its_expiry(
    start_event: date, opens: date, expiry: date
) -> None:
    (slot,) = term_slots(start_event)

    assert (slot.period, slot.label) == ("term", f"term-{start_event}")
    assert (slot.opens, slot.planned, slot.due, slot.provisional) == (opens, None, expiry, False)


def test_the_length_of_a_term_is_by_kind_or_the_organizations_own() -> None:
    start_event = date(2024, 6, 1)

    assert [slot.due for slot in term_slots(start_event, Facts(OrgKind.PARTY_COMMITTEE))] == [
        date(2029, 6, 1)
    ]
    assert [slot.due for slot in term_slots(start_event, branch(term_years=2))] == [
        date(2026, 6, 1)
    ]


def test_an_organization_dissolved_before_the_end_of_its_term_elects_no_more() -> None:
    assert term_slots(date(2023, 5, 10), branch(dissolved=date(2026, 5, 10))) == []
    assert len(term_slots(date(2023, 5, 10), branch(dissolved=date(2026, 5, 11)))) == 1


def test_the_superiors_notice_is_due_six_months_before_and_opens_seven() -> None:
    (slot,) = notice_slots(date(2023, 8, 31))

    assert (slot.period, slot.label) == ("term", "term-2023-08-31")
    assert (slot.opens, slot.due) == (date(2026, 1, 31), date(2026, 2, 28))


@pytest.mark.parametrize("whose", ["organization", "site"])
def test_where_that_day_has_passed_the_notice_is_due_at_once(whose: str) -> None:
    start = date(2026, 4, 1)  # the day to tell was 2026-02-28
    facts = branch(starts_on=start) if whose == "organization" else branch()

    (slot,) = notice_slots(date(2023, 8, 31), facts, start if whose == "site" else SITE_START)

    assert (slot.opens, slot.due) == (date(2026, 1, 31), start)
    reason = "这一天早于起用或录入换届日期之日，改为2026年4月1日（周三）"
    assert slot.derivation[-2].endswith(reason)
    assert slot.asked_on == start


def test_nobody_gives_notice_of_a_term_that_ran_out_before_the_start() -> None:
    assert notice_slots(date(2022, 8, 31), start=date(2026, 4, 1)) == []


# --- properties -------------------------------------------------------------------------------

everyday = st.dates(date(2025, 1, 1), date(2027, 12, 31))
recurrences = st.sampled_from(
    [
        *(Every(unit, day="31日") for unit in Unit),
        Every(Unit.MONTH, day="第一个星期五"),
        WINTER,
        BUDGET,
    ]
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(recurrences, st.tuples(everyday, everyday, everyday).map(sorted))
def test_planning_a_window_in_two_halves_is_planning_it_whole(
    recurrence: Every, cut: list[date]
) -> None:
    since, middle, until = cut

    halves = slots(recurrence, since, middle) + slots(recurrence, middle + DAY, until)
    whole = slots(recurrence, since, until)

    assert sorted({slot.period: slot for slot in halves}) == [slot.period for slot in whole]
    assert {slot.period: slot for slot in halves} == {slot.period: slot for slot in whole}


@settings(derandomize=True, max_examples=60, deadline=None)
@given(recurrences, everyday, st.one_of(st.none(), everyday))
def test_planned_and_due_never_leave_the_period(
    recurrence: Every, day: date, founded: date | None
) -> None:
    for slot in slots(recurrence, day, day, facts=branch(founded=founded)):
        assert slot.opens <= slot.due
        assert slot.planned is None or slot.opens <= slot.planned <= slot.due
        assert slot.planned is None or CALENDAR.is_working_day(slot.planned)
