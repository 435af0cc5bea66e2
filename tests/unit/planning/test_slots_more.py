"""The other words of a rule, with literal dates: due_day, vacation, effective, clock, stage."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.dates.working_days import Semester, WorkCalendar
from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.planning.cohort import case_cohort, cohort_of, term_cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.reminders.plan import From, ReminderPlan, ReminderStep, reminders
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import (
    Clock,
    Duty,
    Every,
    OwedBy,
    Recurrence,
    Term,
    Tier,
    Vacation,
)
from dj_cadence.domain.tasks.task import TaskDates
from tests.world.published import CALENDAR

START = date(2020, 1, 1)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SEMESTERS = tuple(
    Semester(label, first, last, provisional=True, source="示例")
    for label, first, last in (
        ("2025-2026-S1", date(2025, 9, 1), date(2026, 1, 31)),
        ("2025-2026-S2", date(2026, 3, 5), date(2026, 7, 6)),
        ("2026-2027-S1", date(2026, 9, 1), date(2027, 1, 24)),
        ("2026-2027-S2", date(2027, 2, 22), date(2027, 7, 4)),
    )
)
"""Those that are shipped."""
BRANCH = Facts(OrgKind.BRANCH)
SCHOOL = WorkCalendar(CALENDAR.years, SEMESTERS)


def duty(recurrence: Recurrence, owed_by: OwedBy | None = None) -> Duty:
    owed_by = owed_by or OwedBy(frozenset({OrgKind.BRANCH}))
    return Duty("x", "某事", Tier.C, ("2.4",), owed_by, recurrence, "书记", "plan", ())


def slots(
    one: Duty,
    since: date = YEAR[0],
    until: date = YEAR[1],
    *,
    facts: Facts = BRANCH,
    calendar: WorkCalendar = SCHOOL,
) -> list[Slot]:
    cohort = cohort_of(one, facts, START)
    return (
        slots_of(one, cohort, Catalogue({"x": one}, {}, calendar, ""), since, until)
        if cohort
        else []
    )


def months(found: list[Slot]) -> list[int]:
    return [slot.opens.month for slot in found]


# --- due_day -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "due_day", "due"),
    [
        (Unit.HALF_YEAR, "20日", [date(2026, 6, 20), date(2026, 12, 20)]),
        (Unit.HALF_YEAR, "31日", [date(2026, 6, 30), date(2026, 12, 31)]),
        (Unit.HALF_YEAR, "最后一个星期五", [date(2026, 6, 26), date(2026, 12, 25)]),
        (Unit.QUARTER, "15日", [date(2026, m, 15) for m in (3, 6, 9, 12)]),
        (Unit.YEAR, "1日", [date(2026, 12, 1)]),
    ],
)
def test_a_due_day_lies_in_the_last_month_of_its_period(
    unit: Unit, due_day: str, due: list[date]
) -> None:
    found = slots(duty(Every(unit, due_day=due_day)))

    assert [slot.due for slot in found] == due
    assert [slot.opens for slot in found] == [
        date(2026, month, 1) for month in range(1, 13, 12 // len(due))
    ]


def test_a_due_day_stays_on_a_day_of_rest_and_is_certain() -> None:
    first, _ = slots(duty(Every(Unit.HALF_YEAR, due_day="20日")))

    assert not SCHOOL.is_working_day(first.due)
    assert not first.provisional
    assert first.derivation == (
        "周期：2026年上半年，2026年1月1日（周四）起",
        "截止日：规则定为“20日”，2026年6月20日（周六）",
    )


def test_a_due_day_that_counts_working_days_hangs_on_the_holiday_notice() -> None:
    last = duty(Every(Unit.HALF_YEAR, due_day="最后一个工作日"))

    found = slots(last, date(2026, 7, 1), date(2027, 6, 30))

    assert [(slot.due, slot.provisional) for slot in found] == [
        (date(2026, 12, 31), False),
        (date(2027, 6, 30), True),
    ]


def test_hours_are_counted_as_hours() -> None:
    (found,) = slots(duty(Every(Unit.YEAR, times=32, counted_in="学时")))

    assert (found.target, found.unit) == (32, "学时")


# --- vacation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vacation", "owed"),
    [
        (Vacation.KEEP, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        (Vacation.SHIFT, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        (Vacation.WAIVE, [1, 3, 4, 5, 6, 9, 10, 11, 12]),
    ],
)
def test_only_waive_exempts_february_july_and_august(vacation: Vacation, owed: list[int]) -> None:
    assert months(slots(duty(Every(Unit.MONTH, vacation=vacation)))) == owed


def test_months_beyond_the_known_semesters_stay_owed() -> None:
    waived = duty(Every(Unit.MONTH, vacation=Vacation.WAIVE))

    assert months(slots(waived, date(2027, 1, 1), date(2027, 9, 30))) == [1, 3, 4, 5, 6, 7, 8, 9]
    assert len(slots(waived, calendar=WorkCalendar(CALENDAR.years))) == 12


@pytest.mark.parametrize(
    ("day", "month", "planned"),
    [
        ("15日", date(2026, 1, 1), date(2026, 1, 15)),  # in the semester already
        ("28日", date(2027, 1, 1), date(2027, 1, 22)),  # back to its last working day
        ("5日", date(2026, 2, 1), date(2026, 2, 5)),  # no day of school in this month
        ("10日", date(2027, 2, 1), date(2027, 2, 22)),  # on to the first day of school
        ("15日", date(2026, 7, 1), date(2026, 7, 6)),
        ("5日", date(2026, 7, 1), date(2026, 7, 6)),  # a Sunday: Monday is the last day
        ("5日", date(2026, 8, 1), date(2026, 8, 5)),
    ],
)
def test_shift_moves_the_planned_day_to_a_day_of_school_in_the_month(
    day: str, month: date, planned: date
) -> None:
    shifted = duty(Every(Unit.MONTH, day=day, vacation=Vacation.SHIFT))

    (found,) = [slot for slot in slots(shifted, month, month) if slot.opens == month]

    assert found.planned == planned


def test_a_shift_says_why() -> None:
    shifted = duty(Every(Unit.MONTH, day="15日", vacation=Vacation.SHIFT))

    (found,) = slots(shifted, date(2026, 7, 1), date(2026, 7, 1))

    assert found.derivation[2:] == (
        "计划日：站点统一的固定日为“15日”，即2026年7月15日（周三）",
        "2026年7月15日（周三）在假期中，移到2026年7月6日（周一）",
    )


# --- effective ---------------------------------------------------------------------------------


def test_months_that_begin_outside_its_days_are_not_owed() -> None:
    one = replace(
        duty(Every(Unit.MONTH)), effective_from=date(2026, 5, 18), effective_until=date(2026, 9, 1)
    )

    assert months(slots(one)) == [6, 7, 8, 9]


@pytest.mark.parametrize(
    ("begins", "held"),
    [(date(2026, 5, 17), 0), (date(2026, 5, 18), 1), (date(2030, 1, 1), 1), (date(2030, 1, 2), 0)],
)
@pytest.mark.parametrize(
    "recurrence", [Term({OrgKind.BRANCH: 3}), Clock("petition", days=15)], ids=["term", "case"]
)
def test_terms_and_cases_follow_the_rule_of_the_day_they_begin(
    recurrence: Recurrence, begins: date, held: int
) -> None:
    one = replace(
        duty(recurrence), effective_from=date(2026, 5, 18), effective_until=date(2030, 1, 1)
    )
    cohort = (
        case_cohort(one, BRANCH, begins, 7, START)
        if isinstance(recurrence, Clock)
        else term_cohort(one, BRANCH, begins, START)
    )
    assert cohort

    assert len(slots_of(one, cohort, Catalogue({"x": one}, {}, SCHOOL, ""), *YEAR)) == held


def test_other_days_of_effect_make_another_cohort() -> None:
    one = duty(Every(Unit.MONTH))
    amended = replace(one, effective_from=date(2026, 5, 18))
    plan = ReminderPlan("plan", "提醒", ())

    digests = {
        Catalogue({"x": d}, {"plan": plan}, SCHOOL, "").dates_digest(d) for d in (one, amended)
    }

    assert len(digests) == 2


# --- clock -------------------------------------------------------------------------------------


def case(clock: Clock, opened: date) -> Slot:
    one = duty(clock)
    cohort = case_cohort(one, BRANCH, opened, 7, START)
    assert cohort
    (found,) = slots_of(one, cohort, Catalogue({"x": one}, {}, SCHOOL, ""), *YEAR)
    return found


@pytest.mark.parametrize(
    ("clock", "opened", "due"),
    [
        (Clock("e", days=15), date(2026, 3, 2), date(2026, 3, 17)),
        (Clock("e", days=60), date(2025, 12, 31), date(2026, 3, 1)),  # a Sunday: not moved
        (Clock("e", working_days=5), date(2026, 9, 28), date(2026, 10, 10)),  # a make-up Saturday
        (Clock("e", working_days=1), date(2026, 9, 30), date(2026, 10, 8)),
        (Clock("e", working_days=3), date(2026, 10, 1), date(2026, 10, 10)),
        (Clock("e", months=1), date(2026, 1, 31), date(2026, 2, 28)),
        (Clock("e", months=1), date(2028, 1, 31), date(2028, 2, 29)),
        (Clock("e", months=3), date(2026, 11, 30), date(2027, 2, 28)),
        (Clock("e", months=12), date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_a_clock_runs_from_the_day_of_its_event(clock: Clock, opened: date, due: date) -> None:
    found = case(clock, opened)

    assert (found.label, found.opens, found.planned, found.due) == ("case-7", opened, None, due)


def test_only_working_days_of_a_year_without_notice_are_provisional() -> None:
    assert case(Clock("e", working_days=5), date(2026, 12, 29)).provisional
    assert not case(Clock("e", working_days=5), date(2026, 12, 1)).provisional
    assert not case(Clock("e", days=15), date(2026, 12, 29)).provisional


def test_percent_is_of_the_way_from_the_event_to_the_deadline() -> None:
    plan = ReminderPlan(
        "clock",
        "有期限的事项",
        (
            ReminderStep("half", From.OPENS, percent=50),
            ReminderStep("most", From.OPENS, percent=80),
            ReminderStep("day_before", From.DUE, days=-1),
            ReminderStep("late", From.DUE, days=1, repeat_weeks=1),
        ),
    )
    dates = TaskDates(date(2026, 3, 2), None, date(2026, 3, 17))

    found = reminders(plan, dates, CALENDAR, date.min, date(2026, 3, 31))

    assert [(one.reminder_step, one.day) for one in found] == [
        ("half", date(2026, 3, 9)),
        ("most", date(2026, 3, 13)),  # the 14th is a Saturday
        ("day_before", date(2026, 3, 16)),
        ("late", date(2026, 3, 18)),
        ("late", date(2026, 3, 23)),
        ("late", date(2026, 3, 30)),
    ]


# --- stage, ownership, boarding ----------------------------------------------------------------


PRIMARY, PUBLIC = {"stages": frozenset({"小学"})}, {"ownership": frozenset({"公办"})}


@pytest.mark.parametrize(
    ("condition", "facts", "owed"),
    [
        (PRIMARY, {"stage": "小学"}, 12),
        (PRIMARY, {"stage": "高中"}, 0),
        (PRIMARY, {}, 0),
        (PUBLIC, {"ownership": "公办"}, 12),
        (PUBLIC, {"ownership": "民办"}, 0),
        ({"boarding": True}, {"boarding": True}, 12),
        ({"boarding": True}, {}, 0),
        ({"boarding": False}, {}, 12),
    ],
)
def test_who_owes_it_by_what_the_school_is(
    condition: dict[str, Any], facts: dict[str, Any], owed: int
) -> None:
    one = duty(Every(Unit.MONTH), OwedBy(frozenset({OrgKind.BRANCH}), **condition))

    assert len(slots(one, facts=Facts(OrgKind.BRANCH, **facts))) == owed
