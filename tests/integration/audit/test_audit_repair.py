"""The same damages on PostgreSQL, a clock that was ahead, and pages that are no pages any more."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, insert, select, text

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.services.audit import audit
from dj_cadence.services.operations.doctor import examine
from dj_cadence.store.core.database import open_database
from dj_cadence.store.schema import message, metadata, notice, task
from dj_cadence.store.site import site as sites
from tests.world.audit.damages import DAMAGES, LAST, Damage
from tests.world.audit.harm import EVENING, harm, look_twice
from tests.world.audit.walked_site import World, copied, open_world, world_settings
from tests.world.engine import at, shipped

_serial = count(1)


# --- on PostgreSQL -------------------------------------------------------------------


@pytest.fixture(scope="session")
def walked_there(walked: Path, postgres_template: str) -> str:
    """The name of a PostgreSQL database that holds the very rows of the walked site."""
    source = open_database(f"sqlite:///{walked / 'dj-cadence.db'}")
    with psycopg.connect(postgres_template.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE walked TEMPLATE dj_cadence_template")
    there = open_database(_address(postgres_template, "walked"))
    with source.read() as rows, there.write() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            session.execute(delete(table))
            if values := [dict(row) for row in rows.execute(select(table)).mappings()]:
                session.execute(insert(table), values)
            if "id" in table.columns and table.columns["id"].autoincrement is not False:
                session.execute(text(_NEXT_ID.format(table.name)))
    source.engine.dispose()
    there.engine.dispose()
    return "walked"


_NEXT_ID = """SELECT setval(pg_get_serial_sequence('{0}', 'id'), (SELECT max(id) FROM "{0}"))
    WHERE pg_get_serial_sequence('{0}', 'id') IS NOT NULL AND EXISTS (SELECT 1 FROM "{0}")"""


def _address(server: str, name: str) -> str:
    return server.format(name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def world_there(
    walked: Path, walked_there: str, postgres_template: str, tmp_path: Path
) -> Iterator[World]:
    """A copy of the walked site, in PostgreSQL."""
    name = f"damaged_{next(_serial)}"
    shutil.copytree(walked, tmp_path / "site")
    with psycopg.connect(postgres_template.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {walked_there}")
        found = open_world(
            open_database(_address(postgres_template, name)), world_settings(tmp_path / "site")
        )
        found.switch_on()
        yield found
        found.database.engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("damage", DAMAGES[::5], ids=lambda one: one.name)
def test_the_same_is_found_on_postgres(damage: Damage, world_there: World) -> None:
    harm(world_there.database, damage)
    look_twice(world_there, damage)


# --- a clock that was ahead ----------------------------------------------------------


def test_what_a_pass_forty_days_ahead_has_done_is_taken_back(world: World, walked: Path) -> None:
    world.tick(at(LAST + 41 * DAY, 9))  # a Monday
    assert {one.kind for one in audit(world.site, EVENING)} == {"clock_behind"}
    with world.database.write() as session:  # somebody has looked at the clock
        sites.note(session, last_tick=EVENING)

    found = audit(world.site, EVENING)

    assert {"task_ahead", "message_ahead", "notice_said_ahead"} <= {one.kind for one in found}
    assert [one for one in found if not one.mended] == []
    assert audit(world.site, EVENING) == []
    with world.database.read() as session:
        late = select(task.c.id).where(task.c.state == "overdue", task.c.due >= LAST)
        assert session.scalars(late).all() == []
    twin = copied(world.site.settings.folder.parent / "twin", walked)
    for day in (LAST + n * DAY for n in range(1, 46)):
        world.tick(at(day, 8, 30))
        twin.tick(at(day, 8, 30))
    assert audit(world.site, at(LAST + 45 * DAY, 9)) == []
    assert _told(twin) - _told(world) == set()
    twin.database.engine.dispose()


def _told(world: World) -> set[tuple[object, ...]]:
    """(task, reminder, occurrence, level, day) of what was said after LAST, on its very day."""
    columns = (
        notice.c.task_id,
        notice.c.reminder_step,
        notice.c.occurrence,
        notice.c.level,
        message.c.day,
    )
    query = select(*columns).join(message, message.c.id == notice.c.message_id)
    said = (notice.c.outcome.in_(("sent", "folded")), message.c.day > LAST)
    with world.database.read() as session:
        return {tuple(row) for row in session.execute(query.where(*said))}


# --- pages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["site", "catalogue", "task", "ix_task_next_on", "notice", "message", "org"]
)
def test_a_damaged_page_is_said_plainly_and_nothing_is_written(name: str, world: World) -> None:
    file = world.site.settings.folder / "dj-cadence.db"
    with world.database.read() as session:
        root = text("SELECT rootpage FROM sqlite_schema WHERE name = :name")
        page = session.scalar(root, {"name": name})
        size = session.scalar(text("PRAGMA page_size"))
        session.rollback()
        session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    world.database.engine.dispose()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\x00\xff" * (size // 2))
    before = file.read_bytes()

    found = audit(world.site, EVENING)
    (said,) = examine(world.site, shipped(), now=EVENING)

    assert found[0].kind == "database_damaged"
    assert not any(one.mended for one in found)
    assert "restore" in found[0].text
    assert not said.well
    assert "数据库文件损坏" in said.text
    world.database.engine.dispose()
    assert file.read_bytes() == before
