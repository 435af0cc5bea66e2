"""Which clocks are believed."""

from datetime import UTC, datetime, timedelta

import pytest

from dj_cadence.domain.dates.clock_doubt import A_DAY, SETTLED, Doubt, Reading, doubt

KNOWN = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
"""The last pass."""
APPLIED = datetime(2026, 9, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def reading(off: timedelta, passed: timedelta = MINUTE) -> Reading:
    """So far off, after so much time since the last pass."""
    return Reading(KNOWN + passed + off, 1000.0 + passed.total_seconds())


GOOD = Reading(KNOWN, 1000.0)


@pytest.mark.parametrize("off", [timedelta(0), -HOUR, HOUR, -119 * MINUTE, 119 * MINUTE])
@pytest.mark.parametrize("good", [GOOD, None])
def test_a_clock_that_fits_is_believed(off: timedelta, good: Reading | None) -> None:
    assert doubt(reading(off), KNOWN, good, APPLIED) is None


@pytest.mark.parametrize(
    ("off", "patience"),
    [
        (3 * HOUR, SETTLED),
        (2 * DAY, SETTLED),
        (40 * DAY, A_DAY),
        (399 * DAY, A_DAY),
        (3653 * DAY, None),
        (-8 * HOUR - MINUTE, SETTLED),
        (-2 * DAY - MINUTE, SETTLED),
        (-40 * DAY, None),
        (datetime(2009, 1, 1, tzinfo=UTC) - KNOWN - MINUTE, None),
    ],
)
def test_within_a_process_time_shows_a_jump(off: timedelta, patience: timedelta | None) -> None:
    found = doubt(reading(off), KNOWN, GOOD, APPLIED)
    assert found
    assert found.patience == patience
    assert abs(found.off - off) <= MINUTE


def test_time_that_really_passed_is_no_jump() -> None:
    """Passes failed for a week, say for a full disk."""
    assert doubt(reading(timedelta(0), 7 * DAY), KNOWN, GOOD, APPLIED) is None


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (2 * DAY, None),
        (3 * DAY, None),
        (30 * DAY, Doubt(30 * DAY, SETTLED)),  # as after an outage
        (399 * DAY, Doubt(399 * DAY, SETTLED)),
        (3653 * DAY, Doubt(3653 * DAY, None)),
        (-3 * HOUR, Doubt(-3 * HOUR, SETTLED)),
        (-40 * DAY, Doubt(-40 * DAY, None)),
    ],
)
def test_at_start_the_machine_may_have_been_away(gap: timedelta, expected: Doubt | None) -> None:
    assert doubt(Reading(KNOWN + gap, 5.0), KNOWN, None, APPLIED) == expected


def test_no_right_clock_is_older_than_the_rules_in_force() -> None:
    newer = KNOWN + 3 * HOUR
    found = doubt(reading(-3 * HOUR), KNOWN, GOOD, newer)
    assert found
    assert found.patience is None


def test_in_a_rehearsal_days_are_stepped_over() -> None:
    stepped = Reading(KNOWN + DAY, 1000.1, is_rehearsed=True)
    assert doubt(stepped, KNOWN, GOOD, APPLIED) is None
    found = doubt(Reading(KNOWN + 40 * DAY, 1000.1, is_rehearsed=True), KNOWN, GOOD, APPLIED)
    assert found
    assert found.patience == A_DAY
