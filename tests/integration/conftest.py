"""The district of engine_rows, made once for each kind of database and then copied."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from dj_cadence.services.audit import audit
from dj_cadence.store.core.database import Database, open_database
from tests.world.audit.damages import LAST
from tests.world.audit.harm import EVENING
from tests.world.audit.walked_site import World, copied, found_world, walk
from tests.world.engine import (
    DISTRICT,
    EVERYTHING,
    OFFICES,
    T,
    apply,
    apply_shipped,
    found_district,
    holds,
    settle_what_ran,
)

_serial = count(1)


def _found_and_plan(database: Database) -> None:
    found_district(database)
    apply(database, EVERYTHING)
    settle_what_ran(database)


def _found_and_plan_shipped(database: Database) -> None:
    found_district(database)
    apply_shipped(database)


def _found_many_and_plan(database: Database) -> None:
    """With so many secretaries that a limit of a provider is felt."""
    numbers = range(1, 13)
    orgs = [{**T, "code": f"P{n}", "name": f"第{n}小学党支部"} for n in numbers]
    offices = [holds(f"P{n}", "书记", f"第{n}书记", f"p{n}@example.cn") for n in numbers]
    found_district(database, [*DISTRICT, *orgs], [*OFFICES, *offices])
    apply_shipped(database)


_STAGES = {
    "many": _found_many_and_plan,
    "founded": found_district,
    "planned": _found_and_plan,
    "shipped": _found_and_plan_shipped,
}


class _Copies:
    """Databases in a prepared state: the first of each kind is made, the others are copied."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._made: dict[tuple[str, str], str] = {}

    def open(self, kind: str, stage: str, folder: Path) -> Database:
        if (kind, stage) not in self._made:
            made: pytest.TempPathFactory = self._request.getfixturevalue("tmp_path_factory")
            address = self._copy(kind, self._empty(kind), made.mktemp("prepared"))
            database = open_database(address)
            try:
                _STAGES[stage](database)
            finally:
                database.engine.dispose()
            self._made[kind, stage] = str(make_url(address).database)
        return open_database(self._copy(kind, self._made[kind, stage], folder))

    def _empty(self, kind: str) -> str:
        template = self._request.getfixturevalue(f"{kind}_template")
        return str(template) if kind == "sqlite" else "dj_cadence_template"

    def _copy(self, kind: str, source: str, folder: Path) -> str:
        """The address of a new copy of a file, or of a database of that name."""
        if kind == "sqlite":
            return f"sqlite:///{shutil.copyfile(source, folder / 'district.db')}"
        server: str = self._request.getfixturevalue("postgres_server")
        name = f"district_{next(_serial)}"
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        return server.format(name)


@pytest.fixture(scope="session")
def copies(request: pytest.FixtureRequest) -> _Copies:
    return _Copies(request)


def _copy(
    request: pytest.FixtureRequest, copies: _Copies, stage: str, folder: Path
) -> Iterator[Database]:
    database = copies.open(request.param, stage, folder)
    yield database
    database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def many(request: pytest.FixtureRequest, copies: _Copies, tmp_path: Path) -> Iterator[Database]:
    """The district with a dozen branches more, planned, on both databases."""
    yield from _copy(request, copies, "many", tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def district(request: pytest.FixtureRequest, copies: _Copies, tmp_path: Path) -> Iterator[Database]:
    """The district with nothing planned yet, on both databases."""
    yield from _copy(request, copies, "founded", tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def planned(request: pytest.FixtureRequest, copies: _Copies, tmp_path: Path) -> Iterator[Database]:
    """The district with everything planned to the end of June 2026, on both databases.

    What ran at the start was done before.
    """
    yield from _copy(request, copies, "planned", tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def shipped_district(
    request: pytest.FixtureRequest, copies: _Copies, tmp_path: Path
) -> Iterator[Database]:
    """The district planned by the rules that come with the package, on both databases."""
    yield from _copy(request, copies, "shipped", tmp_path)


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder of a sound site, walked to LAST."""
    folder = tmp_path_factory.mktemp("walked")
    shutil.copyfile(sqlite_template, folder / "dj-cadence.db")
    database = open_database(f"sqlite:///{folder / 'dj-cadence.db'}")
    world = found_world(database, folder)
    walk(world, LAST)
    assert audit(world.site, EVENING) == []
    database.engine.dispose()
    return folder


@pytest.fixture
def world(walked: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of the walked site, in SQLite."""
    found = copied(tmp_path / "site", walked)
    yield found
    found.database.engine.dispose()
