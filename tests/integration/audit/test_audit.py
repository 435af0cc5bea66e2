"""The auditor is silent where all is well, whatever the hour, and still speaks of a broken file."""

import shutil
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.labels import MESSAGES, NOTICES
from dj_cadence.domain.messages.states import MessageState, NoticeOutcome
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.audit import audit
from dj_cadence.services.audit.finding import SENTENCES
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.site import switch_sending
from dj_cadence.store.audit import OF_ROWS, RULES
from dj_cadence.store.audit.contents import KEPT
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import metadata
from dj_cadence.store.site import site as sites
from tests.world.audit.walked_site import (
    FIRST,
    World,
    content,
    found_world,
    live_through,
    open_world,
    walk,
)
from tests.world.audit.walked_site import world_settings as settings_of
from tests.world.engine import B1, B2, at, load

QUARTER = timedelta(minutes=15)
YEAR_END = date(2027, 2, 28)
NAMES = ("", "-wal")
"""Of the files of an open database."""


@pytest.fixture
def fresh(sqlite_database: Database, tmp_path: Path) -> World:
    """A site on its first day; no pass yet."""
    return found_world(sqlite_database, tmp_path)


@pytest.fixture
def on_both(database: Database, tmp_path: Path) -> World:
    """The same on both databases."""
    return found_world(database, tmp_path)


def test_each_table_has_its_rules() -> None:
    named = {table.name for rules in OF_ROWS for table in rules}
    assert set(metadata.tables) - named - KEPT.keys() == set()


def test_the_sets_of_states_are_those_of_the_delivery_log() -> None:
    assert set(MessageState) == set(MESSAGES)
    assert set(NoticeOutcome) == set(NOTICES)


def test_each_rule_says_what_was_done_or_is_to_be_done() -> None:
    assert [
        kind
        for of_table in RULES.values()
        for kind, one in of_table
        if "；" not in (one.text or SENTENCES[kind])
    ] == []


# --- silence -----------------------------------------------------------------------------------


def test_a_site_without_a_pass_is_sound(on_both: World) -> None:
    assert audit(on_both.site, at(FIRST, 9, 1)) == []


def test_before_the_sending_hour_nothing_is_overdue(fresh: World) -> None:
    fresh.tick(at(FIRST, 9, 5))
    fresh.tick(at(date(2026, 4, 1), 0, 5))

    assert audit(fresh.site, at(date(2026, 4, 1), 7)) == []


def test_on_days_off_nothing_is_overdue(fresh: World) -> None:
    walk(fresh, date(2026, 3, 6))
    for day in (date(2026, 3, 7), date(2026, 3, 8)):
        fresh.tick(at(day, 10))

        assert audit(fresh.site, at(day, 11)) == []


def test_rules_just_applied_are_no_difference(fresh: World) -> None:
    fresh.tick(at(FIRST, 9, 5))
    day = date(2026, 3, 10)
    fewer = {**content(), "duties": content()["duties"][:-1]}
    how = {"by": "管理员", "today": day, "now": at(day, 9), "allow_withdrawals": 10_000}
    span = planner.default_span(FIRST, day)
    planner.apply(fresh.database, catalogue_from_content(fewer), fewer, span, **how)

    assert audit(fresh.site, at(day, 9, 1)) == []


def test_a_roster_just_imported_is_no_difference(fresh: World) -> None:
    fresh.tick(at(FIRST, 9, 5))
    more = {**B2, "code": "B3", "name": "第三党支部"}
    load(fresh.database, (B1, B2, more), today=date(2026, 3, 10))

    assert audit(fresh.site, at(date(2026, 3, 10), 9)) == []


def test_the_turn_of_a_month_is_no_difference(fresh: World) -> None:
    fresh.tick(at(date(2026, 3, 31), 9))

    assert audit(fresh.site, at(date(2026, 4, 1), 0, 1)) == []


@pytest.mark.parametrize("how", ["off", "held"])
def test_nothing_is_owed_while_sending_is_off(fresh: World, how: str) -> None:
    walk(fresh, date(2026, 3, 6))
    if how == "held":
        with fresh.database.write() as session:
            sites.hold(session, date(2026, 3, 6))
    else:
        switch_sending(fresh.site, on=False, today=date(2026, 3, 6))
    for day in (date(2026, 4, 1), date(2026, 5, 12), date(2026, 6, 30)):
        fresh.tick(at(day, 9))

        assert audit(fresh.site, at(day, 12)) == []


def test_a_channel_that_is_down_for_weeks_is_no_fault_of_the_ledger(fresh: World) -> None:
    walk(fresh, date(2026, 3, 6))
    fresh.postman.is_shut = True
    for day in (date(2026, 4, 1) + n * DAY for n in range(0, 29, 2)):
        fresh.tick(at(day, 9))

        assert audit(fresh.site, at(day, 12)) == [], day


def test_a_batch_under_way_is_sound(on_both: World) -> None:
    on_both.tick(at(FIRST, 9, 5))
    found: list[object] = []
    day = date(2026, 4, 1)
    on_both.tick(at(day, 0, 5))
    on_both.postman.meanwhile = lambda: found.append(audit(on_both.site, at(day, 8, 31)))

    on_both.tick(at(day, 8, 30))

    assert found == [[]]
    assert audit(on_both.site, at(day, 8, 40)) == []


def test_days_without_a_pass_are_no_fault(fresh: World) -> None:
    walk(fresh, date(2026, 3, 6))

    assert audit(fresh.site, at(date(2026, 5, 30), 9)) == []
    assert audit(fresh.site, at(date(2036, 5, 30), 9)) == []


def test_a_clock_set_back_is_named_and_mends_nothing(fresh: World) -> None:
    walk(fresh, date(2026, 3, 6))

    found = audit(fresh.site, datetime.fromisoformat("2009-01-01T00:00:00+00:00"))

    assert [one.kind for one in found] == ["clock_behind"]
    assert audit(fresh.site, at(date(2026, 3, 6), 17)) == []


def test_a_sound_site_is_sound_at_every_quarter_of_its_busiest_day(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = shutil.copyfile(sqlite_template, tmp_path / "dj-cadence.db")
    world = found_world(open_database(f"sqlite:///{file}"), tmp_path)
    most, busiest, day = 0, FIRST, FIRST + DAY
    while day <= YEAR_END:
        _keep(file, "before")
        live_through(world, day)
        letters, there = world.busiest_day()
        if letters > most:
            most, busiest = letters, there
            for name in NAMES:
                (tmp_path / f"before{name}").replace(tmp_path / f"busiest{name}")
        day += DAY
    assert audit(world.site, at(YEAR_END, 18)) == []
    world.database.engine.dispose()

    for name in NAMES:
        shutil.copyfile(tmp_path / f"busiest{name}", f"{file}{name}")
    again = open_world(open_database(f"sqlite:///{file}"), settings_of(tmp_path))
    assert _noisy_quarters(again, busiest) == []
    again.database.engine.dispose()


def _keep(file: Path, name: str) -> None:
    """A copy of the database as it is; nobody writes meanwhile."""
    for part in NAMES:
        shutil.copyfile(f"{file}{part}", file.with_name(f"{name}{part}"))


def _noisy_quarters(world: World, day: date) -> list[object]:
    """Each quarter of an hour at which something was found, on a day that goes on meanwhile."""
    found: list[object] = []
    acts = {5: "tick", 34: "tick", 35: "tick", 60: "work", 66: "tick", 80: "tick"}
    for quarter in range(96):
        now = at(day, 0) + quarter * QUARTER
        if acts.get(quarter) == "tick":
            world.postman.meanwhile = partial(_note, found, world, now)
            world.tick(now)
            world.postman.meanwhile = None
        elif acts.get(quarter) == "work":
            world.work(day)
        found += [(quarter, one) for one in audit(world.site, now)]
    return found


def _note(found: list[object], world: World, now: datetime) -> None:
    found += audit(world.site, now)
