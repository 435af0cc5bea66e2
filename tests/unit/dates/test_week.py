"""When the weekly digest goes out."""

from datetime import date

import pytest

from dj_cadence.domain.dates.iso_week import digest_week, first_day_of_week, week_label
from tests.world.published import CALENDAR


@pytest.mark.parametrize(
    ("today", "week"),
    [
        (date(2026, 3, 2), "2026-W10"),  # Monday
        (date(2026, 3, 8), "2026-W10"),  # Sunday: what was not sent yet
        (date(2026, 4, 6), None),  # 清明 on a Monday
        (date(2026, 4, 7), "2026-W15"),
        (date(2026, 2, 16), None),  # a week without a working day
        (date(2026, 2, 22), None),
        (date(2026, 2, 24), "2026-W09"),
        (date(2025, 12, 29), "2026-W01"),  # the ISO year
    ],
)
def test_the_digest_of_a_week_may_go_out_from_its_first_working_day_on(
    today: date, week: str | None
) -> None:
    assert digest_week(today, CALENDAR) == week


def test_a_label_names_its_monday() -> None:
    assert first_day_of_week("2026-W48") == date(2026, 11, 23)
    assert week_label(date(2026, 11, 29)) == "2026-W48"


@pytest.mark.parametrize("label", ["2026-W54", "2026-48", "W48"])
def test_a_wrong_label_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        first_day_of_week(label)
