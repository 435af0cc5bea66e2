"""Holidays as published for 2026, and as the regulation alone fixes them for 2027."""

from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, Semester, WorkCalendar


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + n * DAY for n in range((last - first).days + 1))


Y2026 = HolidayYear(
    2026,
    CalendarStatus.OFFICIAL,
    "国务院办公厅关于2026年部分节假日安排的通知",
    days_off=days(date(2026, 1, 1), date(2026, 1, 3))
    | days(date(2026, 2, 15), date(2026, 2, 23))
    | days(date(2026, 4, 4), date(2026, 4, 6))
    | days(date(2026, 5, 1), date(2026, 5, 5))
    | days(date(2026, 6, 19), date(2026, 6, 21))
    | days(date(2026, 9, 25), date(2026, 9, 27))
    | days(date(2026, 10, 1), date(2026, 10, 7)),
    make_up_days=frozenset(
        date(2026, month, day)
        for month, day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))
    ),
)
Y2027 = HolidayYear(
    2027,
    CalendarStatus.STATUTORY_ONLY,
    "全国年节及纪念日放假办法",
    days_off=frozenset({date(2027, 1, 1)}) | days(date(2027, 2, 5), date(2027, 2, 8)),
)
Y2025 = HolidayYear(
    2025,
    CalendarStatus.OFFICIAL,
    "国务院办公厅关于2025年部分节假日安排的通知",
    days_off=frozenset({date(2025, 1, 1)}) | days(date(2025, 10, 1), date(2025, 10, 8)),
    make_up_days=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)
SEMESTERS = (
    Semester("2025-2026-S1", date(2025, 9, 1), date(2026, 1, 31), provisional=False, source="校历"),
    Semester("2025-2026-S2", date(2026, 3, 5), date(2026, 7, 6), provisional=True, source="示例"),
)
CALENDAR = WorkCalendar({2025: Y2025, 2026: Y2026, 2027: Y2027}, SEMESTERS)
