"""Migrations and tables cannot part, and a database that is not ours is left alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.layout import fingerprint
from dj_cadence.store.core.migrate import HEAD, configuration, layout_of, migrate
from dj_cadence.store.schema import metadata


@pytest.fixture
def empty(database: Database) -> Database:
    """A database without any table."""
    metadata.drop_all(database.engine)
    execute(database, "DROP TABLE alembic_version")
    return database


def test_migrated_database_has_the_tables_of_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrated_database_is_what_create_all_makes(database: Database) -> None:
    migrated = layout(database.engine)
    metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    assert layout(database.engine) == migrated


def test_head_is_the_newest_migration(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    assert script.get_current_head() == HEAD


def test_migrating_an_empty_database_makes_it_current(empty: Database) -> None:
    assert layout_of(empty) == (None, None)
    migrate(empty)
    assert layout_of(empty) == (HEAD, fingerprint())
    assert set(inspect(empty.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = layout(database.engine)
    migrate(database)
    assert layout(database.engine) == before


def test_several_may_migrate_at_once(empty: Database) -> None:
    others = [open_database(address(empty)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, others))
    for other in others:
        other.engine.dispose()
    assert layout_of(empty) == (HEAD, fingerprint())


def test_failed_migration_leaves_the_database_empty(empty: Database) -> None:
    execute(empty, "CREATE VIEW task AS SELECT 1 AS id")  # in the way of a table of ours
    with pytest.raises(Refused):
        migrate(empty)
    assert inspect(empty.engine).get_table_names() == []


def test_current_database_is_seen_without_alembic(sqlite_database: Database) -> None:
    program = (
        "import sys\n"
        "from dj_cadence.store.core.database import open_database\n"
        "from dj_cadence.store.core.migrate import migrate\n"
        "database = open_database(sys.argv[1])\n"
        "migrate(database)\n"
        "database.engine.dispose()\n"
        "print('alembic' in sys.modules)\n"
    )
    command = [sys.executable, "-c", program, address(sqlite_database)]
    assert subprocess.check_output(command, text=True) == "False\n"


def test_newer_database_is_refused(database: Database) -> None:
    execute(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused) as caught:
        migrate(database)
    assert str(caught.value) == (
        f"{shown(database)}：数据库的版本是 9999，比本程序新。"
        "请先升级 dj-cadence，或恢复升级前的备份"
    )


def test_database_of_another_program_is_refused(empty: Database) -> None:
    execute(empty, "CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(Refused) as caught:
        migrate(empty)
    assert str(caught.value) == (
        f"{shown(empty)}：这个数据库里已有别的程序的数据。请为 dj-cadence 另建一个空数据库"
    )
    assert inspect(empty.engine).get_table_names() == ["recipes"]


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("第一行\n" * 1000, encoding="utf-8")
    assert refusal(path) == (f"{path}：它不是数据库文件。请把它移走后再试，或用备份的文件替换")
    assert path.read_text(encoding="utf-8") == "第一行\n" * 1000


def test_damaged_database_is_refused(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    content = sqlite_template.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    assert refusal(path) == f"{path}：文件已损坏。请用备份的文件替换"


def test_database_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "site.db"
    assert refusal(path) == f"{path}：文件打不开。请确认所在文件夹存在，并允许本程序读写"


def test_refusal_keeps_the_password_to_itself(tmp_path: Path) -> None:
    database = open_database(f"postgresql://cadence:hunter2@/cadence?host={tmp_path}")
    with pytest.raises(Refused) as caught:
        layout_of(database)
    assert str(caught.value) == (
        f"{shown(database)}：连不上数据库服务。请确认它已启动，并核对 site.toml 里的主机和端口"
    )


def refusal(path: Path) -> str:
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(Refused) as caught:
        migrate(database)
    database.engine.dispose()
    return str(caught.value)


def execute(database: Database, statement: str) -> None:
    with database.write() as session:
        session.execute(text(statement))


def address(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def shown(database: Database) -> str:
    url = database.engine.url
    return str(url.database if database.is_sqlite else url.render_as_string())


def layout(engine: Engine) -> dict[str, Any]:
    """All that the database itself knows about our tables, in one order."""
    inspector = inspect(engine)
    return {
        name: (
            {c["name"]: {**c, "type": str(c["type"])} for c in inspector.get_columns(name)},
            inspector.get_pk_constraint(name),
            sorted(map(repr, inspector.get_foreign_keys(name))),
            sorted(map(repr, inspector.get_unique_constraints(name))),
            sorted(index_layout(index) for index in inspector.get_indexes(name)),
        )
        for name in metadata.tables
    }


def index_layout(index: Any) -> str:
    """The index as text; its condition is an expression, which only compares as text."""
    options = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
    return repr({**index, "dialect_options": options})
