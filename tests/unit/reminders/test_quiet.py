"""Quiet periods and the first day after them."""

from datetime import date

import pytest

from dj_cadence.domain.reminders.notice import QuietPeriod, speaks_on

WINTER = QuietPeriod(10, 19, date(2026, 1, 20), date(2026, 2, 25), "寒假")
MOVE = QuietPeriod(12, 12, date(2026, 2, 20), date(2026, 3, 5), "搬迁")
LONG_AGO = QuietPeriod(0, 99, date(2025, 7, 1), date(2025, 8, 31), "暑假")
ALL = (MOVE, WINTER, LONG_AGO)


@pytest.mark.parametrize(
    ("positions", "day", "speaks"),
    [
        ((10,), date(2026, 1, 19), date(2026, 1, 19)),
        ((10,), date(2026, 1, 20), date(2026, 2, 26)),
        ((19,), date(2026, 2, 25), date(2026, 2, 26)),
        ((20,), date(2026, 2, 1), date(2026, 2, 1)),
        ((12,), date(2026, 2, 1), date(2026, 3, 6)),  # one after the other
        ((10, 12), date(2026, 2, 26), date(2026, 3, 6)),
        ((), date(2026, 2, 1), date(2026, 2, 1)),
    ],
)
def test_the_first_day_that_is_quiet_nowhere(
    positions: tuple[int, ...], day: date, speaks: date
) -> None:
    assert speaks_on(ALL, positions, day) == speaks


def test_a_period_holds_its_days_and_places_only() -> None:
    assert WINTER.holds(10, date(2026, 1, 20))
    assert WINTER.holds(19, date(2026, 2, 25))
    assert not WINTER.holds(9, date(2026, 2, 1))
    assert not WINTER.holds(10, date(2026, 2, 26))
