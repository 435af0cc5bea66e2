"""What can happen to a site's data: each is found, and set right or named with what to do.

Every damage is done to a copy of one walked, sound site, in SQL and past the database's own
keys; nothing else may be found, and what was mended stays so when the engine goes on.
"""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.services.audit import audit
from dj_cadence.store.database import Database, open_database
from dj_cadence.store.schema import metadata

from .audit_damages import DAMAGES, LAST, Damage
from .audit_world import World, copied, found_world, walk
from .engine_rows import at

EVENING = at(LAST, 18)
_serial = count(1)


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


def test_the_walked_site_has_something_of_everything(world: World) -> None:
    empty = {"override", "quiet", "rate", "saved_rules"}  # which have tests of their own
    with world.database.read() as session:
        assert {
            table.name
            for table in metadata.sorted_tables
            if session.execute(select(table).limit(1)).first() is None
        } <= empty


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.name)
def test_a_damage_is_found_and_mended_or_named(damage: Damage, world: World) -> None:
    _harm(world.database, damage)
    _look_twice(world, damage)


def _harm(database: Database, damage: Damage) -> None:
    off = (
        "PRAGMA foreign_keys=OFF" if database.is_sqlite else "SET session_replication_role=replica"
    )
    changed = 0
    with database.engine.execution_options(intent="read").connect() as connection:
        raw = connection.connection.cursor()
        if database.is_sqlite:
            connection.rollback()
        raw.execute(off)
        for statement in damage.sql:
            raw.execute(statement)
            changed += raw.rowcount
        connection.connection.commit()
        connection.invalidate()
    assert changed, "nothing was harmed"


def _look_twice(world: World, damage: Damage) -> None:
    found = {(one.kind, one.mended) for one in audit(world.site, EVENING)}
    assert found == damage.expected
    if any(mended for _, mended in found):  # what is only named is as it was
        left = {(one.kind, one.mended) for one in audit(world.site, EVENING)}
        assert left == {one for one in damage.expected if not one[1]}
