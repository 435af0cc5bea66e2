"""Whatever happens in whatever order: nothing owed is lost, nobody is told twice a day."""

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.reminders.plan import reminders
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import TaskDates
from dj_cadence.errors import Blame, DeliveryError, Refused
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.site import Site
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import message, notice, task
from tests.world.engine import (
    EVERYTHING,
    START,
    Channel,
    a_site,
    apply_shipped,
    at,
    everything,
    found_district,
    shipped,
    tasks,
)

STATES_OF_A_WAITING_MESSAGE = {"ready", "leased", "retry"}
once = settings(
    derandomize=True,
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def founded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the district."""
    path = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("founded") / "site.db")
    database = open_database(f"sqlite:///{path}")
    found_district(database)
    database.engine.dispose()
    return path


@pytest.fixture(scope="module")
def prepared(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the district and the shipped rules planned."""
    path = shutil.copyfile(founded, tmp_path_factory.mktemp("prepared") / "site.db")
    database = open_database(f"sqlite:///{path}")
    apply_shipped(database)
    database.engine.dispose()
    return path


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 3)),
        st.tuples(st.just("outage"), st.integers(4, 45)),
        st.tuples(st.just("done"), st.integers(0, 400)),
        st.tuples(st.just("plan"), st.integers(0, 400)),
        st.tuples(st.just("down"), st.integers(0, 1)),
        st.tuples(st.just("up"), st.just(0)),
        st.tuples(st.just("switch"), st.integers(0, 1)),
    ),
    min_size=4,
    max_size=12,
)


class Year:
    """A site that lives through what hypothesis thinks of."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.channel = Channel()
        self.site: Site = a_site(database, self.channel)
        self.today = START

    def live(self, what: str, number: int) -> None:
        match what:
            case "pass" | "outage":
                self.today += number * DAY
                for hour in (8, 17):
                    tick(self.site, at(self.today, hour, 30), owner="test")
            case "done" | "plan":
                self.act(what, number)
            case "down":
                self.channel.fault = DeliveryError("no", Blame.ADDRESS if number else Blame.PASSING)
            case "up":
                self.channel.fault = None
            case "switch":
                with self.database.write() as session:
                    home = self.site.home if number else ""
                    planner.sites.set_sending(session, sending=bool(number), home=home)

    def act(self, what: str, number: int) -> None:
        """Somebody records or plans one of the open tasks."""
        rules, now = shipped().catalogue, at(self.today, 12)
        with self.database.write() as session:
            owed = task.c.state.in_(["open", "unrecorded", "overdue"])
            ids = session.scalars(select(task.c.id).where(owed).order_by(task.c.id)).all()
            if not ids:
                return
            how = Actor("x", now, self.today)
            chosen = ids[number % len(ids)]
            try:
                if what == "done":
                    done(session, rules, chosen, how, on=self.today)
                else:
                    on = self.today + number % 20 * DAY
                    set_planned(session, rules, chosen, how, on=on)
            except Refused:
                return


def check(year: Year) -> None:
    with year.database.read() as session:
        states = {row.id: row.state for row in session.execute(select(message))}
        found = session.execute(select(notice)).all()
        for row in found:
            if row.outcome in ("sent", "folded"):
                assert row.message_id is not None
            if row.outcome == "sent":
                assert states[row.message_id] == "sent"
            if row.outcome == "" and row.message_id is not None:
                assert states[row.message_id] in STATES_OF_A_WAITING_MESSAGE
            assert row.outcome in ("", "sent", "folded", "settled_before", "no_addressee")
    told = Counter((letter.to, letter.date[:10]) for letter in year.channel.letters)
    assert max(told.values(), default=1) == 1
    assert len(year.channel.letters) == list(states.values()).count("sent")
    every_reminder_was_written_down(year)


def every_reminder_was_written_down(year: Year) -> None:
    """For tasks whose dates nobody changed, all that fell due up to the last pass."""
    rules = shipped().catalogue
    with year.database.read() as session:
        written = Counter(session.scalars(select(notice.c.task_id)))
    for row in tasks(year.database):
        if row.due_revision or row.state in ("done", "withdrawn"):
            continue
        if rules.duties[row.duty].workflow:  # only the current step speaks, see test_workflows
            continue
        dates = TaskDates(row.opens, row.planned, row.due, row.asked_on)
        plan = rules.plans[rules.duties[row.duty].remind]
        expected = reminders(plan, dates, rules.calendar, FIRST_DAY, year.today)
        assert written[row.id] == len(expected)


@once
@given(steps)
def test_no_notice_is_lost_and_nobody_is_told_twice_a_day(
    prepared: Path, tmp_path: Path, happened: Sequence[tuple[str, int]]
) -> None:
    database = open_database(f"sqlite:///{shutil.copyfile(prepared, tmp_path / 'year.db')}")
    try:
        year = Year(database)
        for what, number in happened:
            year.live(what, number)
        year.live("pass", 1)
        check(year)
        year.live("up", 0)
        year.live("switch", 1)
        year.live("pass", 10)  # past every day off: nothing may be left waiting
        while not shipped().catalogue.calendar.is_working_day(year.today):
            year.live("pass", 1)
        check(year)
        with database.read() as session:
            left = select(notice.c.id).where(notice.c.outcome == "")
            assert session.scalars(left).all() == []
    finally:
        database.engine.dispose()


def planned_over(database: Database, *spans: DateRange) -> list[tuple[object, ...]]:
    """The tasks after planning these windows one after the other."""
    for span in spans:
        planner.apply(database, EVERYTHING, {}, span, by="x", today=START, now=at(START))
    return [
        (r.code, r.duty, r.label, r.opens, r.planned, r.due, r.target, r.state, r.sequence)
        for r in tasks(database)
    ]


@settings(once, max_examples=4)
@given(st.dates(START, date(2026, 12, 1)))
def test_planning_in_two_halves_is_planning_the_whole_and_twice_adds_nothing(
    founded: Path, tmp_path: Path, cut: date
) -> None:
    whole, shapes = DateRange(START, date(2026, 12, 31)), []
    for spans in ((DateRange(START, cut), DateRange(cut + DAY, whole.until)), (whole,)):
        database = open_database(f"sqlite:///{shutil.copyfile(founded, tmp_path / 'half.db')}")
        try:
            shapes.append(planned_over(database, *spans))
            before = everything(database)
            planned_over(database, whole)
            assert everything(database) == before
        finally:
            database.engine.dispose()
    assert shapes[0] == shapes[1]
