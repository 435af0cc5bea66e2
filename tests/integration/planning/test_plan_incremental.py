"""Planning only what changed comes out the same as planning everything again."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, inspect, select, text

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Every
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.planning.planner import Planner
from dj_cadence.services.rules.announce import Announcement, announce
from dj_cadence.services.tasks.record import done
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.planning import plan_runs, task_changes
from dj_cadence.store.schema import (
    act,
    cohort,
    org,
    org_cohort,
    plan_run,
    plan_snapshot,
    slot,
    task,
)
from tests.world.engine import (
    B1,
    B2,
    EVERYTHING,
    LECTURE,
    PARTY_DAY,
    PLANS,
    START,
    WINTER,
    T,
    apply,
    at,
    catalogue,
    found_district,
    load,
    tasks,
    the_task,
)

TODAY = date(2026, 3, 10)
KEPT = [column for column in task.columns if column.name not in ("slot_id", "plan_snapshot_id")]
SPAN = DateRange(START, date(2026, 12, 31))
B3 = {"code": "B3", "name": "第三党支部", "kind": "党支部", "supervisor": "S"}
G = {"code": "G", "name": "云溪中学党总支", "kind": "党总支", "supervisor": "E"}


# --- any edits, any order ------------------------------------------------------------------------

roster_edits = st.builds(
    lambda row, changed: {**row, **changed},
    st.sampled_from([B1, B2, T, B3, G]),
    st.fixed_dictionaries(
        {},
        optional={
            "theme_day": st.sampled_from(["", "5日", "第一个星期五"]),
            "groups": st.sampled_from(["0", "2", "3"]),
            "has_committee": st.sampled_from(["是", "否"]),
            "last_election": st.sampled_from(["", "2023-08-31", "2025-04-01", "2026-03-05"]),
            "dissolved": st.sampled_from(["", "2026-05-08"]),
            "founded": st.sampled_from(["", "2026-04-10"]),
            "supervisor": st.sampled_from(["E", "S"]),
        },
    ),
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("roster"), roster_edits),
        st.tuples(st.just("done"), st.integers(0, 50)),
        st.tuples(st.just("reopen"), st.integers(0, 50)),
        st.tuples(st.just("announce"), st.sampled_from(["E", "S"])),
        st.tuples(st.just("roll"), st.none()),
        st.tuples(st.just("rules"), st.sampled_from(["day", "whole"])),
    ),
    min_size=2,
    max_size=8,
)
RULES = {
    "whole": EVERYTHING,
    "day": replace(
        EVERYTHING,
        duties={
            **EVERYTHING.duties,
            "party_day": replace(PARTY_DAY, recurrence=Every(Unit.MONTH, day="8日")),
        },
        hash="v2",
    ),
}


class Life:
    """A district to which things happen while its plan is kept up."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rules = EVERYTHING
        self.today = TODAY

    def live(self, what: str, value: object) -> None:
        self.today += DAY
        if what == "rules":
            self.rules = RULES[str(value)]
            self.plan()
        elif what == "roll":
            self.plan()
        elif what == "roster":
            load(self.database, [value], today=self.today, correct=True)  # type: ignore[list-item]
        else:
            self.act(what, value)

    def plan(self) -> None:
        roll(self.database, self.rules, self.today)

    def act(self, what: str, value: object) -> None:
        how = Actor("x", at(self.today), self.today)
        try:
            with self.database.write() as session:
                if what == "announce":
                    due = date(2026, 6, 20)
                    announce(session, self.rules, "lecture", str(value), how, Announcement(due=due))
                    return
                states = ["done", "missed"] if what == "reopen" else ["planned"]
                chosen = select(task.c.id).where(task.c.state.in_(states)).order_by(task.c.id)
                ids = session.scalars(chosen).all()
                if what == "reopen" and ids:
                    one = ids[int(str(value)) % len(ids)]
                    undo(session, self.rules, one, how, reason="误登")
                elif ids:
                    one = ids[int(str(value)) % len(ids)]
                    done(session, self.rules, one, how, on=self.today)
        except Refused:
            return


def plan_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a plan writes, cohorts by their signature and slots by their content."""
    shown = [slot.c.label, slot.c.derivation, cohort.c.signature, plan_snapshot.c.hash]
    joined = task.join(slot, slot.c.id == task.c.slot_id)
    joined = joined.join(cohort, cohort.c.id == slot.c.cohort_id)
    joined = joined.join(plan_snapshot, plan_snapshot.c.id == task.c.plan_snapshot_id)
    member = [column for column in org_cohort.columns if column.name != "cohort_id"]
    queries = {
        "task": select(*KEPT, *shown).select_from(joined).order_by(task.c.id),
        "act": select(act).order_by(act.c.id),
        "member": select(*member, cohort.c.signature)
        .join_from(org_cohort, cohort)
        .order_by(*org_cohort.primary_key),
    }
    with database.read() as session:
        return {name: [tuple(row) for row in session.execute(q)] for name, q in queries.items()}


def dangling(database: Database) -> list[tuple[object, ...]]:
    """Rows that refer to nothing: plans are written without SQLite looking that up."""
    with database.read() as session:
        return [tuple(row) for row in session.execute(text("PRAGMA foreign_key_check"))]


def roll(database: Database, rules: Catalogue, today: date) -> bool:
    return planner.roll(database, rules, until=SPAN.until, today=today, now=at(today))


@pytest.fixture(scope="module")
def founded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("founded") / "site.db")
    database = open_database(f"sqlite:///{path}")
    found_district(database)
    apply(database, EVERYTHING, until=SPAN.until)
    database.engine.dispose()
    return path


@settings(
    derandomize=True,
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits)
def test_planning_what_changed_is_planning_everything(
    founded: Path, tmp_path: Path, happened: Sequence[tuple[str, object]]
) -> None:
    database = open_database(f"sqlite:///{shutil.copyfile(founded, tmp_path / 'part.db')}")
    try:
        life = Life(database)
        for what, value in happened:
            life.live(what, value)
        database.engine.dispose()  # so that all is in the one file
        copy = shutil.copyfile(tmp_path / "part.db", tmp_path / "all.db")
        other = open_database(f"sqlite:///{copy}")
        try:
            with other.write() as session:
                session.execute(delete(plan_run))
            for one in (database, other):
                roll(one, life.rules, life.today)
            assert plan_of(database) == plan_of(other)
            assert planner.preview(database, life.rules, SPAN, anew=True).total("move") == 0
            assert dangling(database) == []
        finally:
            other.engine.dispose()
    finally:
        database.engine.dispose()


# --- what is looked at ---------------------------------------------------------------------------


def looked_at(database: Database, rules: object = EVERYTHING) -> dict[str, int | None]:
    """The duties that planning would take up, and after which data version."""
    with database.read() as session:
        found = Planner(session, rules)  # type: ignore[arg-type]
        return {job.duty: job.changed_after for job in found.jobs(session, SPAN)}


def test_a_duty_whose_rule_changed_is_planned_alone(district: Database) -> None:
    apply(district, EVERYTHING, until=SPAN.until)
    assert looked_at(district) == {}

    assert looked_at(district, RULES["day"]) == {"party_day": None}
    assert looked_at(district, catalogue(PARTY_DAY, LECTURE)) == {
        "groups": None,
        "notice": None,
        "term": None,
        "winter": None,
    }


def test_an_announcement_has_its_duty_planned_again(district: Database) -> None:
    apply(district, EVERYTHING, until=SPAN.until)

    with district.write() as session:
        announce(
            session,
            EVERYTHING,
            "lecture",
            "S",
            Actor("x", at(TODAY), TODAY),
            Announcement(due=date(2026, 6, 20)),
        )

    assert looked_at(district) == {"lecture": None}
    assert roll(district, EVERYTHING, TODAY)
    assert [(r.code, r.due) for r in tasks(district, "lecture") if r.label == "2026-Q2"] == [
        ("B1", date(2026, 6, 20)),
        ("B2", date(2026, 6, 20)),
        ("T", date(2026, 6, 30)),
    ]


def test_only_organizations_that_changed_are_marked_and_their_superiors(district: Database) -> None:
    apply(district, EVERYTHING, until=SPAN.until)
    with district.read() as session:
        before = dict(session.execute(select(org.c.code, org.c.changed_at_version)).all())

    load(district, [{**B2, "theme_day": "10日"}], today=TODAY)

    with district.read() as session:
        after = dict(session.execute(select(org.c.code, org.c.changed_at_version)).all())
    assert {code for code in after if after[code] != before[code]} == {"B2", "S"}
    assert set(looked_at(district).values()) == {before["B2"]}


def test_a_new_address_needs_no_planning(district: Database) -> None:
    apply(district, EVERYTHING, until=SPAN.until)

    load(district, [{**T, "name": "明湖中学支部"}], today=TODAY)

    assert looked_at(district) == {}


def test_a_task_reopened_by_a_person_takes_the_dates_of_now(district: Database) -> None:
    apply(district, EVERYTHING, until=SPAN.until)
    mine = the_task(district, "party_day", "B1", "2026-03")
    how = Actor("x", at(TODAY), TODAY)
    with district.write() as session:
        done(session, EVERYTHING, mine.id, how, on=TODAY)
    load(district, [{**B1, "theme_day": "20日"}], today=TODAY)
    roll(district, EVERYTHING, TODAY)
    with district.write() as session:
        undo(session, EVERYTHING, mine.id, how, reason="误登")

    again = the_task(district, "party_day", "B1", "2026-03")
    assert (again.planned, again.state) == (date(2026, 3, 20), "open")  # at once
    assert not roll(district, EVERYTHING, TODAY)


# --- broken runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("survived", range(9))
def test_a_run_that_dies_is_completed_by_the_next(
    district: Database, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    monkeypatch.setattr(task_changes, "TASKS_AT_ONCE", 2)  # a transaction for each organization
    rules = catalogue(PARTY_DAY, LECTURE, WINTER)
    apply(district, rules, until=SPAN.until)
    expected = plan_of(district)
    other = replace(PARTY_DAY, recurrence=Every(Unit.QUARTER))
    changed = catalogue(other, version="v2", plans=PLANS)

    with pytest.raises(ZeroDivisionError), monkeypatch.context() as patch:  # noqa: PT012 - the patch must end with it
        die_after(patch, survived)
        apply(district, changed, until=SPAN.until, allow_withdrawals=100, today=TODAY)
    apply(district, rules, until=SPAN.until, allow_withdrawals=100, today=TODAY)

    assert sorted(owed(plan_of(district)), key=str) == sorted(owed(expected), key=str)
    assert planner.preview(district, rules, SPAN, anew=True).counts == {}


def test_a_first_plan_that_dies_gets_its_indexes_from_the_next(
    district: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, names = catalogue(PARTY_DAY, LECTURE), {index.name for index in task.indexes}
    with pytest.raises(ZeroDivisionError), monkeypatch.context() as patch:  # noqa: PT012 - the patch must end with it
        patch.setattr(task_changes, "TASKS_AT_ONCE", 2)
        die_after(patch, 3)
        apply(district, rules, until=SPAN.until)
    assert names.isdisjoint(indexes(district))

    apply(district, rules, until=SPAN.until)

    assert names <= indexes(district)


def indexes(database: Database) -> set[str | None]:
    """The names of the indexes that the table of tasks has."""
    return {found["name"] for found in inspect(database.engine).get_indexes("task")}


def die_after(patch: pytest.MonkeyPatch, transactions: int) -> None:
    """Let a plan die at the end of a transaction, before it commits."""
    left = iter(range(transactions))
    for name in ("note_run", "forget_run"):
        patch.setattr(plan_runs, name, _mortal(getattr(plan_runs, name), left))


def _mortal(function: Callable[..., None], left: Iterator[int]) -> Callable[..., None]:
    def acting(*given: object) -> None:
        if next(left, None) is None:
            raise ZeroDivisionError
        function(*given)

    return acting


def owed(plan: dict[str, list[tuple[object, ...]]]) -> list[tuple[object, ...]]:
    """Who owes what and when; how often it was moved back and forth is left out."""
    names = ["org_id", "duty", "subject_id", "start_event_id", "period", "opens", "planned", "due"]
    places = [n for n, column in enumerate(KEPT) if column.name in names]
    return [tuple(row[n] for n in places) for row in plan["task"] if "withdrawn" not in row]
