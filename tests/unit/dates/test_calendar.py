from datetime import date

import pytest

from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, Semester, WorkCalendar

CALENDAR = WorkCalendar(
    {
        2026: HolidayYear(
            2026,
            CalendarStatus.OFFICIAL,
            "",
            days_off=frozenset(date(2026, 10, n) for n in range(1, 8)),
            make_up_days=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
        ),
        2027: HolidayYear(
            2027, CalendarStatus.STATUTORY_ONLY, "", days_off=frozenset({date(2027, 1, 1)})
        ),
    }
)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a make-up Saturday
        (date(2026, 10, 11), False),
        (date(2027, 1, 1), False),
        (date(2030, 1, 1), True),  # a Tuesday of a year without a table
        (date(2030, 1, 5), False),
    ],
)
def test_a_day_is_a_working_day_as_published(day: date, *, working: bool) -> None:
    assert CALENDAR.is_working_day(day) is working


def test_on_or_after_and_on_or_before_find_the_nearest_working_day() -> None:
    assert CALENDAR.on_or_after(date(2026, 10, 3)) == date(2026, 10, 8)
    assert CALENDAR.on_or_before(date(2026, 10, 3)) == date(2026, 9, 30)
    assert CALENDAR.on_or_after(date(2026, 10, 8)) == date(2026, 10, 8)
    assert CALENDAR.on_or_before(date(2026, 10, 8)) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 9, 30), 0, date(2026, 9, 30)),
        (date(2026, 10, 3), 0, date(2026, 10, 3)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 10, 12), -2, date(2026, 10, 9)),
        (date(2026, 10, 8), -1, date(2026, 9, 30)),
        (date(2026, 10, 3), 1, date(2026, 10, 8)),
    ],
)
def test_working_days_are_counted_in_either_direction(
    day: date, count: int, expected: date
) -> None:
    assert CALENDAR.add_working_days(day, count) == expected


def test_a_date_is_provisional_unless_every_year_it_rests_on_is_official() -> None:
    assert not CALENDAR.is_provisional(date(2026, 1, 1), date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2026, 12, 31), date(2027, 1, 1))
    assert CALENDAR.is_provisional(date(2028, 1, 1))


def test_a_year_without_a_table_is_missing() -> None:
    assert [CALENDAR.status(year) for year in (2026, 2027, 2028)] == [
        CalendarStatus.OFFICIAL,
        CalendarStatus.STATUTORY_ONLY,
        CalendarStatus.MISSING,
    ]


def test_the_most_particular_semester_is_taken_for_each_label() -> None:
    def semester(label: str, month: int, city: str = "", stage: str = "") -> Semester:
        return Semester(label, date(2026, month, 1), date(2026, month, 28), True, "", city, stage)

    calendar = WorkCalendar(
        semesters=(
            semester("S2", 4, "青岛", "高中"),
            semester("S2", 3, "青岛"),
            semester("S2", 2),
            semester("S1", 1),
            semester("S2", 5, "济南"),
        )
    )

    def firsts(city: str, stage: str) -> list[int]:
        return [found.first.month for found in calendar.semesters_for(city, stage)]

    assert firsts("青岛", "高中") == [1, 4]
    assert firsts("青岛", "小学") == [1, 3]
    assert firsts("济南", "高中") == [1, 5]
    assert firsts("烟台", "") == [1, 2]


def notice(year: int, *, off: tuple[date, ...] = (), worked: tuple[date, ...] = ()) -> HolidayYear:
    return HolidayYear(year, CalendarStatus.OFFICIAL, "", frozenset(off), frozenset(worked))


ACROSS = WorkCalendar(
    {
        2027: notice(
            2027,
            off=(date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)),
            worked=(date(2026, 12, 26),),
        ),
        2026: notice(2026, off=(date(2026, 12, 26),), worked=(date(2026, 12, 31),)),
        2019: notice(
            2019, off=(date(2018, 12, 31), date(2019, 1, 1)), worked=(date(2018, 12, 29),)
        ),
    }
)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2018, 12, 28), True),
        (date(2018, 12, 29), True),
        (date(2018, 12, 31), False),
        (date(2026, 12, 26), True),  # both notices name it: the later one counts
        (date(2026, 12, 29), True),
        (date(2026, 12, 30), False),
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), False),
        (date(2027, 1, 4), True),
    ],
)
def test_a_notice_may_begin_in_the_december_before(day: date, *, working: bool) -> None:
    assert ACROSS.is_working_day(day) is working
