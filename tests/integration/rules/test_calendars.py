"""The shipped calendars against two independent data sets."""

from datetime import date
from itertools import pairwise

import chinese_calendar
import holidays
import pytest

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import CalendarStatus
from tests.world.shipped import shipped

CALENDAR = shipped().catalogue.calendar


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + n * DAY for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_agrees_with_both_data_sets(year: int) -> None:
    china = holidays.country_holidays("CN", years=year)
    ours = [day for day in days_of(year) if CALENDAR.is_working_day(day)]

    assert ours == [day for day in days_of(year) if chinese_calendar.is_workday(day)]
    assert ours == [day for day in days_of(year) if china.is_working_day(day)]


def test_the_year_2026_has_248_working_days() -> None:
    assert sum(CALENDAR.is_working_day(day) for day in days_of(2026)) == 248


def test_the_statutory_days_of_2027_agree_with_the_regulation() -> None:
    china = holidays.country_holidays("CN", years=2027, observed=False)

    assert CALENDAR.years[2027].days_off == {day for day in china if day.year == 2027}
    assert CALENDAR.years[2027].make_up_days == frozenset()


@pytest.mark.parametrize(
    ("year", "status"),
    [
        (2023, CalendarStatus.MISSING),
        (2024, CalendarStatus.OFFICIAL),
        (2025, CalendarStatus.OFFICIAL),
        (2026, CalendarStatus.OFFICIAL),
        (2027, CalendarStatus.STATUTORY_ONLY),
        (2028, CalendarStatus.MISSING),
    ],
)
def test_what_is_not_published_is_marked_so(year: int, status: CalendarStatus) -> None:
    assert CALENDAR.status(year) is status
    assert CALENDAR.is_provisional(date(year, 6, 1)) is (status is not CalendarStatus.OFFICIAL)


def test_each_official_year_names_its_notice() -> None:
    assert {year: table.source for year, table in CALENDAR.years.items() if year < 2027} == {
        year: f"国务院办公厅关于{year}年部分节假日安排的通知" for year in (2024, 2025, 2026)
    }


def test_the_shipped_semesters_are_examples_and_provisional() -> None:
    found = CALENDAR.semesters_for("任何城市", "小学")

    assert [semester.label for semester in found] == [
        "2024-2025-S1",
        "2024-2025-S2",
        "2025-2026-S1",
        "2025-2026-S2",
        "2026-2027-S1",
        "2026-2027-S2",
    ]
    assert [s for s in found if not s.provisional or not s.source.startswith("示例")] == []
    assert [s.label for s, after in pairwise(found) if s.last >= after.first] == []
