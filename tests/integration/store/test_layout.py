"""A database of another layout is told from ours, whatever number it bears."""

import pytest
from sqlalchemy import text

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.layout import differences, fingerprint
from dj_cadence.store.core.migrate import HEAD, layout_of, migrate
from dj_cadence.store.schema import metadata

ALTERED = [
    ("ALTER TABLE person ADD COLUMN more TEXT", "多出列 person.more"),
    ("ALTER TABLE evidence DROP COLUMN media_type", "缺少列 evidence.media_type"),
    ("DROP INDEX ix_message_send_at", "缺少索引 ix_message_send_at"),
    ("CREATE INDEX mine ON person (name)", "多出索引 mine"),
    ("CREATE TABLE recipes (id INTEGER PRIMARY KEY)", "多出表 recipes"),
    ("DROP TABLE rate_token", "缺少表 rate_token"),
]


def execute(database: Database, statement: str) -> None:
    with database.write() as session:
        session.execute(text(statement))


def contents(database: Database) -> list[object]:
    """Number, fingerprint and people, as far as they are there."""
    with database.read() as session:
        rows = session.execute(text("SELECT version_num FROM alembic_version")).all()
        return [*map(tuple, rows), *session.execute(text("SELECT count(*) FROM person")).scalars()]


def refusal(database: Database) -> str:
    with pytest.raises(Refused) as caught:
        migrate(database)
    return str(caught.value)


def test_a_migrated_database_bears_the_fingerprint_of_the_tables(database: Database) -> None:
    with database.read() as session:
        written = session.execute(text("SELECT id, fingerprint FROM layout")).all()
    assert list(map(tuple, written)) == [(1, fingerprint())]
    assert layout_of(database) == (HEAD, fingerprint())
    assert differences(database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layout SET fingerprint = 'that of another version'",
        "DELETE FROM layout",
        "DROP TABLE layout",  # from before there were fingerprints
    ],
)
def test_other_tables_under_the_same_number_are_refused_untouched(
    statement: str, database: Database
) -> None:
    execute(database, statement)
    before = contents(database)

    assert layout_of(database) != (HEAD, fingerprint())
    assert (
        f"：数据库的结构与本程序不同（版本号同为 {HEAD}），是另一个版本的 dj-cadence 建的。"
        "没有改动。请换用建它的那个版本，或恢复用本版本做的备份"
    ) in refusal(database)
    assert contents(database) == before


@pytest.mark.parametrize(("statement", "said"), ALTERED)
def test_a_table_altered_by_hand_is_named(statement: str, said: str, database: Database) -> None:
    execute(database, statement)
    assert differences(database) == [said]


def test_a_trigger_is_named(sqlite_database: Database) -> None:
    execute(
        sqlite_database, "CREATE TRIGGER own AFTER INSERT ON person BEGIN DELETE FROM person; END"
    )
    assert differences(sqlite_database) == ["多出触发器 own"]


def test_the_fingerprint_changes_with_anything_that_queries_hang_on() -> None:
    """Held against itself: each change gives another one, and undone it is the first again."""
    task = metadata.tables["task"]
    seen = {fingerprint()}
    for change in ("nullable", "name", "primary_key"):
        column = task.c.amount
        before = getattr(column, change)
        setattr(column, change, f"{before}x" if change == "name" else not before)
        fingerprint.cache_clear()
        seen.add(fingerprint())
        setattr(column, change, before)
    fingerprint.cache_clear()
    assert len(seen) == 4
    assert fingerprint() in seen
