"""How long a simulated year of the demonstration district takes, and beside what.

Beside it stands the cost of writing the same number of rows, tasks, notices and messages,
one transaction a day, straight through the database driver into the same tables: what is
left is planning, dates, bundling and SQL construction.
"""

import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from time import perf_counter

from dj_cadence import clock
from dj_cadence.bootstrap import load_rules, open_site, render_settings
from dj_cadence.services.operations import setup
from dj_cadence.services.simulation.simulate import parse_answer, simulate

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "demo"
        text = render_settings(name="bench", local_administrator=False, port=8000)
        setup.lay_out_folder(place, text, date(2026, 9, 1))
        site = open_site(place, os.environ)
        begun = perf_counter()
        setup.fill_with_demo(site, load_rules(), date(2026, 9, 1), clock.now())
        print(
            f"the demonstration district, made and walked through: {perf_counter() - begun:.1f} s"
        )
        for answer in ("never", "on-time"):
            counts: Counter[str] = Counter()

            def tell(event: Mapping[str, object], counts: Counter[str] = counts) -> None:
                counts[str(event["event"])] += 1

            begun = perf_counter()
            simulate(site, *YEAR, parse_answer(answer), tell)
            taken = perf_counter() - begun
            floor = _raw_rows(Path(folder), counts)
            shown = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
            print(f"a year, {answer}: {taken:.2f} s, {taken / floor:.0f} x raw rows ({shown})")
        site.database.engine.dispose()


def _raw_rows(folder: Path, counts: Mapping[str, int]) -> float:
    """Seconds for writing as many rows of a like width, 365 transactions."""
    path = folder / "raw.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, a TEXT, b INT, c TEXT, d TEXT)")
    begun = perf_counter()
    per_day = sum(counts.values()) // 365 + 1
    for _ in range(365):
        connection.execute("BEGIN IMMEDIATE")
        values = [("2026-01-01", n, "theme_party_day", "open") for n in range(per_day)]
        connection.executemany("INSERT INTO row (a, b, c, d) VALUES (?, ?, ?, ?)", values)
        connection.execute("COMMIT")
    taken = perf_counter() - begun
    connection.close()
    return taken


if __name__ == "__main__":
    main()
