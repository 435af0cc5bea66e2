"""A pass of the engine with nothing due, beside one indexed SELECT through the same session.

Four million tasks stand in the table, none of them with a day that has come. The tasks are
copies of one another under different periods: what is measured are look-ups in indexes.
"""

import argparse
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from mail_district import found
from null_channel import Null
from sqlalchemy import event, func, insert, literal, select, text, update

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.schema import task

NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
TODAY = date(2026, 3, 5)
GOAL = 5


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tasks", type=int, default=400_000)
    asked.add_argument("--rounds", type=int, default=300)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        engine = found(Path(folder), f"sqlite:///{folder}/tick.db", 300, {"email": Null})
        tick(engine, NOW, owner="bench")
        _multiply(engine, given.tasks)
        _measure(engine, given.rounds)


def _multiply(engine: Site, number: int) -> None:
    """Copies of the tasks that there are, with a next day to come, until there are enough."""
    later = [c for c in task.c if c.name not in ("id", "period", "next_on")]
    with engine.database.write() as session:
        session.execute(update(task).where(task.c.next_on <= TODAY).values(next_on=None))
        n = 0
        while (session.scalar(select(func.count()).select_from(task)) or 0) < number:
            n += 1
            copied = select(
                *later, task.c.period + literal(f"#{n}"), literal(TODAY + 30 * DAY)
            ).limit(number // 8)
            names = [c.name for c in later] + ["period", "next_on"]
            session.execute(insert(task).from_select(names, copied))
    with engine.database.write() as session:
        session.execute(text("ANALYZE"))


def _measure(engine: Site, rounds: int) -> None:
    statements: list[str] = []
    commits: list[object] = []
    event.listen(
        engine.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2])
    )
    event.listen(engine.database.engine, "commit", commits.append)
    passes, selects = [], []
    query = select(task.c.id).where(task.c.next_on <= TODAY).limit(1)
    tick(engine, NOW, owner="bench")
    statements.clear()
    commits.clear()
    tick(engine, NOW, owner="bench")
    in_one, committed = len(statements), len(commits)
    for _ in range(rounds):
        began = perf_counter()
        tick(engine, NOW, owner="bench")
        passes.append(perf_counter() - began)
        began = perf_counter()
        with engine.database.read() as session:
            session.execute(query).first()
        selects.append(perf_counter() - began)
    one, look = median(passes), median(selects)
    with engine.database.read() as session:
        rows = session.scalar(select(func.count()).select_from(task))
    print(f"a pass with nothing due over {rows:,} tasks: {1e6 * one:.0f} us")
    print(f"  {one / look:.2f} x one indexed SELECT of {1e6 * look:.0f} us (goal: at most {GOAL})")
    print(f"  statements {in_one} (BEGIN included), commits {committed} (goal: 0)")


if __name__ == "__main__":
    main()
