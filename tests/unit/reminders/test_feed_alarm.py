"""Alarms of whole days and of meetings, apart, and never at night."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_cadence.domain.reminders.feed_alarm import FeedAlarms, feed_alarms

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 5)


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - as the phone shows it


def rings(alarms: FeedAlarms, at: time | None = None) -> datetime | None:
    """On the clock of the phone."""
    start = datetime.combine(DAY, at, ZONE) if at else DAY
    offset = alarms.offset(start)
    return None if offset is None else datetime.combine(DAY, at or time()) + offset


def test_by_default_nothing_rings() -> None:
    assert rings(feed_alarms(0, None)) is None
    assert rings(feed_alarms(0, None), time(14)) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("前一天 16:00", local(2026, 3, 4, 16)),
        ("前一天09:30", local(2026, 3, 4, 9, 30)),
        ("当天 08:00", local(2026, 3, 5, 8)),
        ("提前3天 09:00", local(2026, 3, 2, 9)),
        ("提前10天 20:15", local(2026, 2, 23, 20, 15)),
        ("不响", None),
        ("", None),
    ],
)
def test_whole_days_ring_when_the_site_says(words: str, expected: datetime | None) -> None:
    alarms = feed_alarms(1, words)
    assert rings(alarms) == expected
    assert rings(alarms, time(14)) == local(2026, 3, 5, 13)


@pytest.mark.parametrize(
    "words",
    ["前天 16:00", "当天", "16:00", "当天 24:00", "当天 8:00", "提前100天 08:00", "提前天 08:00"],
)
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="应写成“前一天 16:00”"):
        feed_alarms(1, words)


@pytest.mark.parametrize(
    ("hours", "whole_day", "at_14", "at_7_30"),
    [
        (1, (4, 20), (5, 13), (4, 20)),
        (4, (4, 20), (5, 10), (4, 20)),
        (6, (4, 18), (5, 8), (4, 20)),
        (15, (4, 9), (4, 20), (4, 16)),
        (24, (3, 20), (4, 14), (4, 7)),
        (40, (3, 8), (3, 20), (3, 15)),
    ],
)
def test_hours_alone_never_ring_at_night(
    hours: int, whole_day: tuple[int, int], at_14: tuple[int, int], at_7_30: tuple[int, int]
) -> None:
    alarms = feed_alarms(hours, None)
    told = [rings(alarms), rings(alarms, time(14)), rings(alarms, time(7, 30))]
    assert [(when.day, when.hour) for when in told if when] == [whole_day, at_14, at_7_30]


@given(st.integers(1, 168), st.times(timezones=st.none()))
def test_an_alarm_comes_at_least_so_long_before_by_day(hours: int, at: time) -> None:
    alarms = feed_alarms(hours, None)
    when = rings(alarms, at.replace(second=0, microsecond=0))
    assert when
    assert time(7) <= when.time() <= time(21)
    before = datetime.combine(DAY, at) - when
    assert timedelta(hours=hours) <= before < timedelta(hours=hours + 12)
