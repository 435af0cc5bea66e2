"""The days on which a task is spoken of."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.reminders.plan import (
    From,
    Reminder,
    ReminderPlan,
    ReminderStep,
    next_reminder,
    reminders,
)
from dj_cadence.domain.tasks.task import TaskDates
from tests.world.published import CALENDAR

LATE = ReminderStep("late", From.DUE, working_days=1, repeat_weeks=1)
MONTHLY = ReminderPlan(
    "monthly",
    "每月",
    (
        ReminderStep("list", From.DUE_MONTH),
        ReminderStep("nudge", From.PLANNED, working_days=-3),
        LATE,
    ),
)
YEARLY = ReminderPlan(
    "yearly",
    "每年",
    (
        ReminderStep("month", From.TARGET, days=-30),
        ReminderStep("week", From.TARGET, days=-7),
        LATE,
    ),
)
TERM = ReminderPlan(
    "term",
    "换届",
    (
        ReminderStep("five_months", From.DUE, months=-5),
        ReminderStep("one_month", From.DUE, months=-1),
        ReminderStep("late", From.DUE, days=1, repeat_months=1),
    ),
)


def month(number: int, planned: date | None = None) -> TaskDates:
    """A month of 2026 with its last working day."""
    last = date(2026, number + 1, 1) - DAY
    return TaskDates(date(2026, number, 1), planned, CALENDAR.on_or_before(last))


def told(
    plan: ReminderPlan, dates: TaskDates, until: date, after: date = FIRST_DAY
) -> list[tuple[date, str, int]]:
    found = reminders(plan, dates, CALENDAR, after, until)
    return [(one.day, one.reminder_step, one.occurrence) for one in found]


@pytest.mark.parametrize(
    ("number", "day"),
    [
        (1, date(2026, 1, 4)),  # a make-up Sunday
        (3, date(2026, 3, 2)),
        (5, date(2026, 5, 6)),
        (10, date(2026, 10, 8)),
    ],
)
def test_the_list_comes_on_the_months_first_working_day(number: int, day: date) -> None:
    dates = month(number)

    assert told(MONTHLY, dates, dates.due) == [(day, "list", 0)]


def test_the_nudge_comes_three_working_days_before_a_planned_day() -> None:
    assert told(MONTHLY, month(3, date(2026, 3, 20)), date(2026, 3, 31)) == [
        (date(2026, 3, 2), "list", 0),
        (date(2026, 3, 17), "nudge", 0),
    ]


def test_what_comes_before_its_date_moves_to_the_working_day_before() -> None:
    dates = TaskDates(date(2026, 5, 1), None, date(2026, 11, 1))

    assert told(TERM, dates, dates.due) == [
        (date(2026, 6, 1), "five_months", 0),
        (date(2026, 9, 30), "one_month", 0),  # 10-01
    ]


def test_what_comes_after_its_date_moves_to_the_working_day_after() -> None:
    dates = TaskDates(date(2026, 5, 1), None, date(2026, 11, 1))

    assert told(TERM, dates, date(2027, 1, 31), after=dates.due) == [
        (date(2026, 11, 2), "late", 0),
        (date(2026, 12, 2), "late", 1),
        (date(2027, 1, 4), "late", 2),  # 2027-01-02 is a Saturday
    ]


def test_a_yearly_duty_is_told_30_and_7_days_ahead_of_the_planned_else_the_due_date() -> None:
    window = date(2026, 10, 1), date(2027, 3, 31)

    assert told(YEARLY, TaskDates(window[0], None, window[1]), window[1]) == [
        (date(2027, 3, 1), "month", 0),
        (date(2027, 3, 24), "week", 0),
    ]
    assert told(YEARLY, TaskDates(window[0], date(2026, 12, 9), window[1]), window[1]) == [
        (date(2026, 11, 9), "month", 0),
        (date(2026, 12, 2), "week", 0),
    ]


def test_weekly_repeats_come_on_the_weeks_first_working_day_and_not_in_a_week_off() -> None:
    assert told(MONTHLY, month(1), date(2026, 3, 9), after=date(2026, 1, 31)) == [
        (date(2026, 2, 2), "late", 0),
        (date(2026, 2, 9), "late", 1),
        (date(2026, 2, 24), "late", 3),  # nobody works from 02-16 to 02-22, nor on Monday 02-23
        (date(2026, 3, 2), "late", 4),
        (date(2026, 3, 9), "late", 5),
    ]


def test_what_is_late_for_different_reasons_is_told_on_the_same_days() -> None:
    quarter = TaskDates(date(2026, 4, 1), None, date(2026, 6, 30))

    mine = [day for day, _, _ in told(MONTHLY, month(5), date(2026, 7, 31), date(2026, 7, 5))]

    assert mine == [date(2026, 7, n) for n in (6, 13, 20, 27)]
    assert mine == [
        day for day, _, _ in told(MONTHLY, quarter, date(2026, 7, 31), date(2026, 7, 5))
    ]


def test_years_late_is_still_told_in_the_right_week() -> None:
    assert told(MONTHLY, month(1), date(2027, 6, 8), after=date(2027, 6, 6)) == [
        (date(2027, 6, 7), "late", 70)
    ]


def test_the_next_reminder_is_the_first_one_after() -> None:
    dates = month(3, date(2026, 3, 20))

    assert next_reminder(MONTHLY, dates, CALENDAR, FIRST_DAY) == date(2026, 3, 2)
    assert next_reminder(MONTHLY, dates, CALENDAR, date(2026, 3, 2)) == date(2026, 3, 17)
    assert next_reminder(MONTHLY, dates, CALENDAR, date(2026, 3, 17)) == date(2026, 4, 1)


def test_a_plan_without_repeats_runs_out() -> None:
    plan = ReminderPlan("once", "一次", (ReminderStep("list", From.DUE_MONTH),))

    assert next_reminder(plan, month(3), CALENDAR, date(2026, 3, 2)) is None


everyday = st.dates(date(2025, 6, 1), date(2027, 6, 30))
plans = st.sampled_from([MONTHLY, YEARLY, TERM])


@st.composite
def task_dates(draw: st.DrawFn) -> TaskDates:
    opens, planned, due = sorted(draw(st.tuples(everyday, everyday, everyday)))
    return TaskDates(opens, draw(st.sampled_from([None, planned])), due)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(plans, task_dates(), st.tuples(everyday, everyday, everyday).map(sorted))
def test_reminders_of_two_spans_are_those_of_both(
    plan: ReminderPlan, dates: TaskDates, cut: list[date]
) -> None:
    after, middle, until = cut

    halves = reminders(plan, dates, CALENDAR, after, middle)
    halves += reminders(plan, dates, CALENDAR, middle, until)

    assert halves == reminders(plan, dates, CALENDAR, after, until)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(plans, task_dates(), everyday)
def test_reminders_are_in_order_on_working_days_and_each_rung_once_a_day(
    plan: ReminderPlan, dates: TaskDates, until: date
) -> None:
    found: list[Reminder] = reminders(plan, dates, CALENDAR, FIRST_DAY, until)

    assert found == sorted(found)
    assert all(CALENDAR.is_working_day(one.day) for one in found)
    assert len({(one.day, one.reminder_step) for one in found}) == len(found)
