"""The hours in which messages may be begun."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, WorkCalendar
from dj_cadence.domain.messages.sending_hours import SendingHours

YEAR = HolidayYear(
    2026,
    CalendarStatus.OFFICIAL,
    "国办",
    frozenset({date(2026, 10, 1)}),
    frozenset({date(2026, 10, 10)}),
)
HOURS = SendingHours(WorkCalendar({2026: YEAR}), ZoneInfo("Asia/Shanghai"), time(8, 30), time(20))


@pytest.mark.parametrize(
    ("local", "allowed"),
    [
        ("2026-03-02T08:29:59", False),
        ("2026-03-02T08:30:00", True),
        ("2026-03-02T19:59:59", True),
        ("2026-03-02T20:00:00", False),
        ("2026-03-02T23:40:00", False),
        ("2026-03-01T10:00:00", False),  # a Sunday
        ("2026-10-01T10:00:00", False),  # a holiday
        ("2026-10-10T10:00:00", True),  # a Saturday that is worked on
    ],
)
def test_messages_may_begin_on_working_days_within_the_hours(local: str, *, allowed: bool) -> None:
    instant = datetime.fromisoformat(local).replace(tzinfo=HOURS.zone).astimezone(UTC)
    assert HOURS.allow(instant) is allowed


def test_a_day_without_the_first_minute_begins_after_it() -> None:
    """The clocks of Cairo go from 0:00 to 1:00 on Friday 24 April 2026."""
    cairo = SendingHours(WorkCalendar(), ZoneInfo("Africa/Cairo"), time(0, 30), time(1, 30))
    midnight = datetime(2026, 4, 23, 22, 0, tzinfo=UTC)  # 01:00 by then
    minutes = [n for n in range(-30, 60) if cairo.allow(midnight + timedelta(minutes=n))]
    assert minutes == list(range(30))


def test_hours_are_the_same_for_two_instants_of_one_sending_day() -> None:
    morning = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert HOURS.are_the_same(morning, morning + timedelta(hours=5))
    assert not HOURS.are_the_same(morning, morning + timedelta(days=1))
    assert not HOURS.are_the_same(morning - timedelta(hours=1), morning)
