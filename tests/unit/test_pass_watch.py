"""Why the engine is said to fail, by the time that nobody can set."""

import time
from datetime import UTC, datetime

import pytest

from dj_cadence.entrypoints.pass_watch import PassWatch

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


class Steady:
    """Seconds that go on only when they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1000.0
        monkeypatch.setattr(time, "clock_gettime", lambda _clock: self.seconds)

    def go_on(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    return Steady(monkeypatch)


def test_passes_that_stay_away_are_missed_after_three_intervals(steady: Steady) -> None:
    passes = PassWatch(every=60)
    steady.go_on(180)
    assert passes.health.reason == ""
    steady.go_on(1)
    assert (passes.health.reason, passes.health.age) == ("no_pass", 181)

    passes.begins()
    passes.ends("", NOW)
    assert (passes.health.reason, passes.health.last_tick, passes.health.age) == ("", NOW, 0)


def test_short_intervals_are_given_a_minute(steady: Steady) -> None:
    passes = PassWatch(every=1)
    steady.go_on(60)
    assert passes.health.reason == ""
    steady.go_on(1)
    assert passes.health.reason == "no_pass"


def test_a_pass_may_take_ten_minutes_and_hangs_after_that(steady: Steady) -> None:
    passes = PassWatch(every=60)
    passes.begins()
    steady.go_on(600)
    assert passes.health.reason == ""
    steady.go_on(1)
    assert (passes.health.reason, passes.health.age) == ("pass_stuck", 601)


def test_a_pass_that_failed_is_said_until_one_does_not(steady: Steady) -> None:
    passes = PassWatch(every=60)
    for trouble in ("database_gone", "pass_failed", "clock_held"):
        passes.begins()
        steady.go_on(5)
        passes.ends(trouble, NOW)
        assert (passes.health.reason, passes.health.last_tick) == (trouble, None)
    passes.begins()
    assert passes.health.reason == "clock_held"
    passes.ends("", NOW)
    assert passes.health.reason == ""
