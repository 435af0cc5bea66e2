"""Our dates beside those of independent engines; docs/reference/engines.md says where they part."""

from collections.abc import Callable
from datetime import date, datetime

import chinese_calendar
import icalendar
import pytest
import recurring_ical_events
from dateutil.relativedelta import relativedelta
from dateutil.rrule import FR, MONTHLY, WE, YEARLY, rrule

from dj_cadence.domain.dates.arithmetic import DAY, add_months, add_years, month_end
from dj_cadence.domain.dates.day_rule import parse_day_rule
from dj_cadence.domain.dates.period import Unit, periods
from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.planning.cohort import cohort_of
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Tier
from tests.world.shipped import shipped

CATALOGUE = shipped().catalogue
CALENDAR = CATALOGUE.calendar
FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
KNOWN = date(2026, 12, 31)
"""The last day of which the independent data know the holidays."""
MONTHS = [day.date() for day in rrule(MONTHLY, dtstart=FIRST, until=LAST)]


def named(text: str) -> list[date]:
    """The day a rule names in each month of five years, before it is moved."""
    return [resolved(text, first)[0] for first in MONTHS]


def resolved(text: str, first: date) -> tuple[date, date]:
    rule = parse_day_rule(text)
    assert rule
    return rule.resolve(first, month_end(first), CALENDAR)


def recurring(start: date = FIRST, freq: int = MONTHLY, **how: object) -> list[date]:
    rule = rrule(freq, dtstart=start, until=datetime(2028, 12, 31), **how)  # type: ignore[arg-type]  # noqa: DTZ001 - dates only
    return [day.date() for day in rule]


def slots(every: Every, until: date = LAST) -> list[Slot]:
    duty = Duty(
        "x", "某事", Tier.C, (), OwedBy(frozenset({OrgKind.BRANCH})), every, "书记", "monthly", ()
    )
    cohort = cohort_of(duty, Facts(OrgKind.BRANCH), FIRST)
    assert cohort
    return [s for s in slots_of(duty, cohort, CATALOGUE, FIRST, until) if s.opens >= FIRST]


# --- the same ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("1日", {"bymonthday": 1}),
        ("5日", {"bymonthday": 5}),
        ("28日", {"bymonthday": 28}),
        ("第一个星期五", {"byweekday": FR(1)}),
        ("第三个星期三", {"byweekday": WE(3)}),
        ("第四个星期五", {"byweekday": FR(4)}),
        ("最后一个星期五", {"byweekday": FR(-1)}),
    ],
)
def test_the_days_that_rules_name_are_those_of_dateutil(text: str, how: dict[str, object]) -> None:
    assert named(text) == recurring(**how)
    assert len(named(text)) == 60


@pytest.mark.parametrize(
    ("unit", "how"),
    [
        (Unit.MONTH, {}),
        (Unit.QUARTER, {"bymonth": (3, 6, 9, 12)}),
        (Unit.HALF_YEAR, {"bymonth": (6, 12)}),
        (Unit.YEAR, {"bymonth": 12}),
        (Unit.SCHOOL_YEAR, {"bymonth": 8}),
    ],
)
def test_periods_end_on_the_last_days_of_dateutil(unit: Unit, how: dict[str, object]) -> None:
    ends = [period.last for period in periods(unit, FIRST, LAST)]

    assert [day for day in ends if day <= LAST] == recurring(bymonthday=-1, **how)


@pytest.mark.parametrize("months", [1, 6, 12, 36, 60, -6])
def test_months_are_counted_as_dateutil_counts_them(months: int) -> None:
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]

    assert [add_months(day, months) for day in days] == [
        day + relativedelta(months=months) for day in days
    ]


# --- working days ------------------------------------------------------------------------------


def working(day: date, step: int) -> date:
    """The first working day from `day` on, or back, by the independent data."""
    while not chinese_calendar.is_workday(day):
        day += step * DAY
    return day


@pytest.mark.parametrize("number", range(1, 32))
def test_a_fixed_day_moves_as_the_independent_calendar_says(number: int) -> None:
    for first in (month for month in MONTHS if month <= KNOWN):
        end = month_end(first)
        day = min(first + (number - 1) * DAY, end)
        backwards = not any(
            chinese_calendar.is_workday(day + n * DAY) for n in range((end - day).days + 1)
        )

        assert resolved(f"{number}日", first)[1] == working(day, -1 if backwards else 1)


@pytest.mark.parametrize("unit", [Unit.MONTH, Unit.QUARTER, Unit.HALF_YEAR, Unit.YEAR])
def test_due_is_the_last_working_day_of_the_independent_calendar(unit: Unit) -> None:
    ends = [period.last for period in periods(unit, FIRST, KNOWN)]

    assert [slot.due for slot in slots(Every(unit), KNOWN)] == [working(day, -1) for day in ends]


@pytest.mark.parametrize("count", [-5, -3, 1, 5, 20])
def test_working_days_are_counted_as_the_independent_calendar_says(count: int) -> None:
    workdays = chinese_calendar.get_workdays(FIRST, KNOWN)
    index: Callable[[date], int] = workdays.index

    for day in workdays[40:-40:7]:
        assert CALENDAR.add_working_days(day, count) == workdays[index(day) + count]


# --- where engines part ------------------------------------------------------------------------


def test_a_month_without_the_31st_takes_its_last_day_where_dateutil_takes_none() -> None:
    assert len(recurring(bymonthday=31)) == 35
    assert named("31日") == recurring(bymonthday=-1)


def test_a_month_without_a_fifth_friday_takes_the_fourth_where_dateutil_takes_none() -> None:
    fifth = recurring(byweekday=FR(5))

    assert len(fifth) == 21
    assert set(named("第五个星期五")) - set(fifth) <= set(recurring(byweekday=FR(4)))
    assert named("第五个星期五") == recurring(byweekday=FR(-1))


def test_the_29th_of_february_comes_each_year_where_dateutil_waits_four() -> None:
    leap = date(2024, 2, 29)

    assert recurring(leap, YEARLY) == [date(2024, 2, 29), date(2028, 2, 29)]
    assert [add_years(leap, n) for n in range(5)] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2026, 2, 28),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


def test_steps_from_the_31st_do_not_creep_where_chained_steps_do() -> None:
    first = date(2024, 1, 31)
    chained = add_months(add_months(first, 1), 1)

    assert chained == date(2024, 3, 29)
    assert add_months(first, 2) == date(2024, 3, 31)


def test_a_start_that_does_not_match_is_an_occurrence_only_to_calendars() -> None:
    start = date(2024, 1, 1)  # a Monday
    event = icalendar.Event()
    event.add("UID", "x")
    event.add("DTSTART", start)
    event.add("RRULE", {"FREQ": "MONTHLY", "BYDAY": "1FR", "COUNT": 3})
    calendar = icalendar.Calendar()
    calendar.add_component(event)

    shown = recurring_ical_events.of(calendar).between(start, date(2024, 12, 31))

    assert [e["DTSTART"].dt for e in shown][:1] == [start]
    assert recurring(start, byweekday=FR(1))[0] == date(2024, 1, 5)
    assert named("第一个星期五")[0] == date(2024, 1, 5)
