"""How fast a province is planned, each figure beside a reference of the same run.

SQLite works inside our process: there, seconds are those of the processor, so that others on
the machine matter less. With PostgreSQL they are those of the clock on the wall.

The reference for writing is the database's driver writing the very same rows into the
same table with the same indexes; for everything else it is the first plan. An edited duty is
measured three times, small to large, beside the driver moving the same tasks with an act each.
"""

import argparse
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import psycopg
from postgres import postgres_server
from province import NOW, STARTS_ON, TODAY, province, store, with_semesters_of_cities
from sqlalchemy import func, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from dj_cadence.bootstrap import load_rules
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Every
from dj_cadence.services.planning import apply as planner
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import act, org, start_event, task

AT_ONCE = 50_000
SPAN = planner.default_span(STARTS_ON, TODAY)
EDITED = ("young_teacher_member_plan", "branch_general_meeting", "theme_party_day")
"""Duties of about 0.6, 9 and 25 percent of all tasks, edited one after the other."""
EVEN = 1.5
"""How much more a task may cost from the middling to the large edit than up to the middling."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--branches", type=int, default=5000)
    asked.add_argument("--doublings", type=int, default=1, help="how often growth is halved first")
    branches, doublings = asked.parse_args().branches, asked.parse_args().doublings
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        before = 0.0
        for n in range(doublings, 0, -1):
            smaller = branches // 2**n
            before = _grown(place / f"{smaller}.db", smaller, before).seconds
        file = place / "province.db"
        first = _grown(file, branches, before)
        _beside_the_first(file, first)
        _on_postgres(place, branches)


def _grown(file: Path, branches: int, before: float) -> "_First":
    """Plan a new province for the first time, beside the driver and one half as large."""
    address = f"sqlite:///{file}"
    _found(address, branches)
    seconds, rows, memory = _apart(_first_plan, address)
    raw = _apart(_raw_sqlite, str(file), f"{file}.raw")
    print(f"{branches:,} branches, first plan: {seconds:.2f} s, {rows:,} tasks")
    print(f"  {rows / seconds:,.0f} tasks/s beside the driver's {rows / raw:,.0f}", end=": ")
    _say(raw / seconds, "x", goal=1.5, at_least=True)
    if before:
        print("  time beside a province half as large", end=": ")
        _say(seconds / before, "x", goal=2.1)
    print("  peak memory", end=": ")
    _say(memory, "MB", goal=250)
    return _First(seconds, rows)


def _say(figure: float, unit: str, *, goal: float, at_least: bool = False) -> None:
    met = figure >= goal if at_least else figure <= goal
    side, verdict = "at least" if at_least else "at most", "met" if met else "MISSED"
    print(f"{figure:.4g} {unit} (goal: {side} {goal:g}; {verdict})")


def _beside_the_first(file: Path, first: "_First") -> None:
    address = f"sqlite:///{file}"
    for name, function, goal in (
        ("nothing changed", _unchanged, 1 / 500),
        ("one organization changed", _one_changed, 1 / 200),
        ("full comparison, nothing different", _compared, 1 / 2),
    ):
        seconds = _apart(function, address)
        print(f"{name}: {1000 * seconds:.1f} ms", end=", ")
        _say(seconds / first.seconds, "of the first plan", goal=goal)
    _edits([_edited(address, duty, first) for duty in EDITED], first)


def _edited(address: str, duty: str, first: "_First") -> "_Edit":
    tasks, seconds, driver = _apart(_one_duty_edited, address, duty)
    share, time = tasks / first.tasks, seconds / first.seconds
    print(f"one duty edited: {seconds:.2f} s, {tasks:,} tasks moved, {duty}")
    print(f"  {share:.4f} of the tasks in {time:.4f} of the first plan's time", end="; ")
    print(f"{seconds / driver:.2f} x the driver moving as many")
    return _Edit(tasks, seconds)


def _edits(edits: list["_Edit"], first: "_First") -> None:
    """Whether an edit costs so much for each task, and what it costs before the first one."""
    small, middling, large = edits
    up_to, beyond = small.each_to(middling), middling.each_to(large)
    fixed = max(0.0, small.seconds - small.tasks * up_to)
    print(f"  {1e6 * up_to:.1f} us a task up to the middling, {1e6 * beyond:.1f} beyond", end=": ")
    _say(beyond / up_to, "x", goal=EVEN)
    print(f"  before the first task: {fixed:.2f} s, {fixed / first.seconds:.4f} of the first plan")


def _on_postgres(folder: Path, branches: int) -> None:
    with postgres_server(folder) as address:
        _found(address, branches)
        seconds, rows, _ = _apart(_first_plan, address)
        copied = _apart(_copied, address)
    print(f"PostgreSQL, first plan: {seconds:.2f} s, {rows / seconds:,.0f} tasks/s")
    print(f"  beside binary COPY of the same rows, {rows / copied:,.0f} rows/s", end=": ")
    _say(copied / seconds, "x", goal=0.5, at_least=True)


class _First(NamedTuple):
    """What the first plan took, the measure of the rest."""

    seconds: float
    tasks: int


class _Edit(NamedTuple):
    """How many tasks an edit moved, and what it took."""

    tasks: int
    seconds: float

    def each_to(self, larger: "_Edit") -> float:
        """Seconds for each task that the larger edit moved beyond this one."""
        return (larger.seconds - self.seconds) / (larger.tasks - self.tasks)


# --- what is measured, each in a process of its own --------------------------------------------


def _apart(function: Callable[..., Any], *arguments: str) -> Any:
    """Run in a new process, so that its memory and caches are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _rules() -> Catalogue:
    rules = load_rules().catalogue
    return replace(rules, calendar=with_semesters_of_cities(rules.calendar))


def _found(address: str, branches: int) -> None:
    database = open_database(address)
    migrate(database)
    store(database, province(branches))
    database.engine.dispose()


def _first_plan(address: str) -> tuple[float, int, float]:
    """(seconds, tasks, MB)."""
    database, rules = open_database(address), _rules()
    begun = perf_counter()
    seconds = _roll(database, rules)
    if not database.is_sqlite:
        seconds = perf_counter() - begun
    with database.read() as session:
        rows = session.execute(select(func.count()).select_from(task)).scalar_one()
    return seconds, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _roll(database: Database, rules: Catalogue) -> float:
    begun = process_time()
    planner.roll(database, rules, until=SPAN.until, today=TODAY, now=NOW)
    return process_time() - begun


def _unchanged(address: str) -> float:
    database, rules = open_database(address), _rules()
    _roll(database, rules)
    return min(_roll(database, rules) for _ in range(5))


def _one_changed(address: str) -> float:
    """A branch has elected: its term and its superior's notice begin anew."""
    database, rules = open_database(address), _rules()
    _roll(database, rules)
    return min(_elected_and_rolled(database, rules, n) for n in range(5))


def _elected_and_rolled(database: Database, rules: Catalogue, n: int) -> float:
    with database.write() as session:
        branches = select(org.c.id).where(org.c.kind == "branch").order_by(org.c.id)
        branch = session.execute(branches.offset(100 + n).limit(1)).scalar_one()
        mine = start_event.c.org_id == branch
        session.execute(update(start_event).where(mine).values(day=date(2026, 2, 27)))
        orgs.mark_changed(session, [branch])
    return _roll(database, rules)


def _compared(address: str) -> float:
    database, rules = open_database(address), _rules()
    begun = process_time()
    report = planner.preview(database, rules, SPAN, anew=True)
    assert not report.counts, report.counts
    return process_time() - begun


def _one_duty_edited(address: str, key: str) -> tuple[int, float, float]:
    """(tasks moved, seconds, seconds of the driver): the duty's fixed day is another."""
    database, rules = open_database(address), _rules()
    duty = rules.duties[key]
    assert isinstance(duty.recurrence, Every)
    other = replace(duty, recurrence=replace(duty.recurrence, day="8日", own_day=""))
    edited = replace(rules, duties={**rules.duties, key: other}, hash=f"edited {key}")
    before = _last_act(database)
    begun = process_time()
    planner.apply(database, edited, {}, SPAN, by="benchmark", today=TODAY, now=NOW)
    seconds = process_time() - begun
    moved, driver = _moved_by_the_driver(address.removeprefix("sqlite:///"), before)
    planner.apply(database, rules, {}, SPAN, by="benchmark", today=TODAY, now=NOW)
    return moved, seconds, driver


def _last_act(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(select(func.coalesce(func.max(act.c.id), 0))).scalar_one())


# --- the references ------------------------------------------------------------------------------


def _raw_sqlite(source: str, target: str) -> float:
    """Seconds in which the driver writes the same rows."""
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    made: list[DDLElement] = [CreateTable(task), *map(CreateIndex, task.indexes)]
    for one in made:
        connection.execute(str(one.compile(dialect=sqlite.dialect())))
    marks = ", ".join("?" * len(task.columns))
    seconds = 0.0
    for rows in _stored_rows(source):
        begun = process_time()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO task VALUES ({marks})", rows)
        connection.execute("COMMIT")
        seconds += process_time() - begun
    connection.close()
    Path(target).unlink()
    return seconds


def _stored_rows(source: str) -> Iterator[list[tuple[Any, ...]]]:
    """The tasks in the order in which they were written, duty by duty as the plan has them."""
    reader = sqlite3.connect(source)
    cursor = reader.execute("SELECT * FROM task ORDER BY id")
    while rows := cursor.fetchmany(AT_ONCE * 4):
        yield rows
    reader.close()


def _moved_by_the_driver(file: str, after: int) -> tuple[int, float]:
    """(tasks, seconds) of moving again the tasks of the acts after one, with an act each."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("synchronous=NORMAL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    dates = "task.slot_id, opens, planned, due, due_revision, next_on, sequence, changed_at"
    acts = "kind, done_by, at, before, after, reason, task_id"
    query = f"SELECT {dates}, {acts} FROM act JOIN task ON task.id = task_id WHERE act.id > ?"
    rows = connection.execute(f"{query} ORDER BY act.id", (after,)).fetchall()
    begun = process_time()
    for some in (rows[n : n + AT_ONCE] for n in range(0, len(rows), AT_ONCE)):
        connection.execute("BEGIN IMMEDIATE")
        marks = f"INSERT INTO act ({acts}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.executemany(marks, [row[8:] for row in some])
        moved = "slot_id=?, opens=?, planned=?, due=?, due_revision=1 + ?, next_on=date(?, '1 day')"
        connection.executemany(
            f"UPDATE task SET {moved}, sequence=1 + ?, changed_at=? WHERE id=?",
            [(*row[:8], row[-1]) for row in some],
        )
        connection.execute("COMMIT")
    seconds = process_time() - begun
    connection.close()
    return len(rows), seconds


def _copied(address: str) -> float:
    """Seconds in which PostgreSQL's binary COPY takes the same rows into the same table."""
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT * FROM task ORDER BY id").fetchall()
        described = connection.execute("SELECT * FROM task LIMIT 0").description or ()
        types = [column.type_code for column in described]
        connection.execute("CREATE TABLE copy (LIKE task INCLUDING INDEXES)")
        connection.execute(
            "ALTER TABLE copy ADD FOREIGN KEY (org_id) REFERENCES org, "
            "ADD FOREIGN KEY (slot_id) REFERENCES slot, "
            "ADD FOREIGN KEY (plan_snapshot_id) REFERENCES plan_snapshot"
        )
        connection.commit()
        begun = perf_counter()
        with connection.cursor().copy("COPY copy FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return perf_counter() - begun


if __name__ == "__main__":
    main()
