"""The guard before a pass, and what is taken back after passes under a clock that was ahead."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from dj_cadence.domain.dates.clock_doubt import Reading
from dj_cadence.errors import Refused
from dj_cadence.services.audit import audit
from dj_cadence.services.operations.clock_guard import ClockGuard, accept_clock, check_clock
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import message, site, task
from dj_cadence.store.site.site import KnownTimes
from tests.world.engine import Channel, a_site, at

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
AHEAD = MONDAY + timedelta(days=40)
KNOWN = KnownTimes(applied=at(date(2026, 3, 1)), last_pass=at(MONDAY))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def looks(guard: ClockGuard, *readings: tuple[datetime, float]) -> list[bool]:
    """Of each (instant, minutes that have passed) whether a pass may be made."""
    return [guard.doubt(Reading(wall, 60 * n), KNOWN) is None for wall, n in readings]


def test_a_jump_is_held_until_the_clock_is_right_again() -> None:
    now = at(MONDAY, 9)
    jumped = now + timedelta(days=40)
    found = looks(ClockGuard(), (now, 0), (jumped, 1), (jumped + HOUR, 61), (now + 62 * MINUTE, 62))
    assert found == [True, False, False, True]


def test_a_clock_that_goes_on_evenly_is_believed_after_a_while() -> None:
    """Eight hours back, as a clock that was read in the wrong zone at start."""
    now = at(MONDAY, 9)
    back = now - 8 * HOUR
    readings = [(now, 0.0)] + [(back + n * MINUTE, float(n)) for n in (1, 10, 15, 16, 17)]
    assert looks(ClockGuard(), *readings) == [True, False, False, False, True, True]


def test_one_that_jumps_again_has_to_wait_again() -> None:
    now = at(MONDAY, 9)
    readings = [(now, 0.0), (now - 8 * HOUR, 1.0), (now - 5 * HOUR, 15.0), (now - 5 * HOUR, 17.0)]
    assert looks(ClockGuard(), *readings) == [True, False, False, False]


def test_after_an_outage_of_thirty_days_it_goes_on_by_itself() -> None:
    later = at(date(2026, 4, 1), 9)
    readings = [(later + n * MINUTE, float(n)) for n in (0, 5, 14, 15)]
    assert looks(ClockGuard(), *readings) == [False, False, False, True]


def done_so_far(engine: Site) -> list[tuple[object, ...]]:
    with engine.database.read() as session:
        rows = select(task.c.id, task.c.state).order_by(task.c.id)
        return [tuple(row) for row in session.execute(rows)]


def test_a_command_asks_before_it_makes_a_pass(shipped_district: Database) -> None:
    engine = a_site(shipped_district, Channel())
    tick(engine, at(MONDAY), owner="test")
    with pytest.raises(Refused, match="时钟可疑：现在是 2026-04-11 08:30，上次检查是在 2026-03-02"):
        check_clock(engine, Reading(at(AHEAD), 0.0))
    check_clock(engine, Reading(at(TUESDAY), 0.0))


def test_what_a_clock_that_was_ahead_has_done_is_taken_back(shipped_district: Database) -> None:
    engine = a_site(shipped_district, Channel())
    tick(engine, at(MONDAY), owner="test")
    before = done_so_far(engine)
    tick(engine, at(AHEAD, 9), owner="test")
    assert done_so_far(engine)[: len(before)] != before

    assert accept_clock(engine, at(MONDAY, 12)) != []
    tick(engine, at(MONDAY, 12), owner="test")
    assert done_so_far(engine)[: len(before)] == before
    assert audit(engine, at(MONDAY, 12, 1)) == []
    with shipped_district.read() as session:
        assert session.scalar(select(site.c.last_tick)) == at(MONDAY, 12)
        assert session.scalar(select(site.c.last_sending_day)) == MONDAY
        assert session.scalar(select(func.max(message.c.day))) == MONDAY
