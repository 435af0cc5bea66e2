"""Sessions keep their promises on both databases; SQLite's writers wait their turn."""

import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.types import dumps
from dj_cadence.store.schema import address, person, plan_snapshot, token

LOGIN = {"purpose": "login", "subject": "person:1", "generation": 0}


def add_person(session: Session, key: str) -> None:
    session.execute(insert(person).values(key=key, name="王老师"))


def count_persons(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(person)) or 0


def test_writing_commits_on_a_clean_exit(database: Database) -> None:
    with database.write() as session:
        add_person(session, "A")
        assert count_persons(database) == 0  # nobody sees it before
    assert count_persons(database) == 1


def test_writing_rolls_back_on_an_error(database: Database) -> None:
    with suppress(ZeroDivisionError), database.write() as session:
        add_person(session, "A")
        raise ZeroDivisionError
    assert count_persons(database) == 0


def test_rows_that_refer_to_nothing_are_refused_after_joined_ones_too(database: Database) -> None:
    with database.write(joined=True) as session:
        add_person(session, "A")
    with pytest.raises(IntegrityError), database.write(durable=False) as session:
        session.execute(
            insert(address).values(person_id=999, channel="email", value="a@b.cn", state="ok")
        )


def test_reading_sees_one_state_throughout_in_sqlite(sqlite_database: Database) -> None:
    with sqlite_database.read() as reader:
        before = reader.scalars(select(person.c.key)).all()
        with sqlite_database.write() as session:
            add_person(session, "A")
        assert reader.scalars(select(person.c.key)).all() == before == []


def test_sqlite_writers_wait_their_turn(sqlite_database: Database) -> None:
    """Each reads, then writes what follows from it: none may be lost, none refused."""
    writers = [threading.Thread(target=add_the_next, args=(sqlite_database,)) for _ in range(3)]
    with sqlite_database.write() as session:
        add_person(session, "0")
        for writer in writers:
            writer.start()
    for writer in writers:
        writer.join()
    with sqlite_database.read() as session:
        keys = session.scalars(select(person.c.key).order_by(person.c.key)).all()
    assert keys == ["0", "1", "2", "3"]


def add_the_next(database: Database) -> None:
    with database.write() as session:
        add_person(session, str(session.scalar(select(func.count()).select_from(person))))


def test_references_are_enforced(database: Database) -> None:
    orphan = insert(address).values(person_id=404, channel="email", value="wang@school.example")
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(orphan)


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_only_the_ledger_may_lose_a_commit(
    sqlite_database: Database, durable: bool, synchronous: int
) -> None:
    with sqlite_database.write(durable=durable) as session:
        assert session.scalar(text("PRAGMA synchronous")) == synchronous


def test_sqlite_keeps_a_write_ahead_log(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


def test_opening_connects_to_nothing() -> None:
    database = open_database("postgresql://nobody@nowhere.invalid/nothing")
    assert not database.is_sqlite
    database.engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:/zhang:geheim@nowhere",
        "postgresqll://zhang:geheim@nowhere/x",
        "postgresql+pigeon://zhang:geheim@nowhere/x",
        "postgresql://zhang:geheim@nowhere:port/x",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        open_database(address)

    assert str(refusal.value) == (
        "看不懂数据库地址。应写成 postgresql+psycopg://用户@主机:5432/库名，"
        "口令放在环境变量 PGPASSWORD 里"
    )


def test_without_the_driver_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(Refused) as refusal:
        open_database("postgresql+psycopg://zhang:geheim@nowhere/x")

    assert str(refusal.value) == (
        "连接 PostgreSQL 的驱动没有安装。请在本程序的环境里运行 "
        "pip install 'psycopg[binary]'，地址以 postgresql+psycopg:// 开头"
    )


def test_instants_come_back_in_utc(database: Database) -> None:
    beijing = timezone(timedelta(hours=8))
    with database.write() as session:
        made_at = datetime(2026, 3, 5, 8, 30, tzinfo=beijing)
        session.execute(insert(token).values(hash="x", **LOGIN, made_at=made_at))
    with database.read() as session:
        at = session.scalar(select(token.c.made_at))
    assert at == datetime(2026, 3, 5, 0, 30, tzinfo=UTC)
    assert at.tzinfo == UTC


def test_instants_are_ordered_to_the_microsecond(database: Database) -> None:
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    rows = [
        {"hash": str(n), **LOGIN, "made_at": noon + timedelta(microseconds=n)} for n in (10, 2, 0)
    ]
    with database.write() as session:
        session.execute(insert(token), rows)
    with database.read() as session:
        later = select(token.c.hash).where(token.c.made_at > noon).order_by(token.c.made_at)
        assert session.scalars(later).all() == ["2", "10"]


def test_naive_instants_are_refused(database: Database) -> None:
    made_at = datetime(2026, 3, 5, 8, 30)  # noqa: DTZ001 - the fault on trial
    naive = insert(token).values(hash="x", **LOGIN, made_at=made_at)
    with (
        pytest.raises(StatementError, match="an instant must be aware"),
        database.write() as session,
    ):
        session.execute(naive)


def test_json_is_kept_as_readable_text(database: Database) -> None:
    content = {"b": ["主题党日", None], "a": 1}
    with database.write() as session:
        session.execute(insert(plan_snapshot).values(hash="x", content=content))
    with database.read() as session:
        assert session.scalar(select(plan_snapshot.c.content)) == content
        assert (
            session.scalar(text("SELECT content FROM plan_snapshot"))
            == '{"a":1,"b":["主题党日",null]}'
        )


def test_equal_values_are_the_same_text() -> None:
    assert dumps({"a": 1, "b": 2}) == dumps({"b": 2, "a": 1}) == '{"a":1,"b":2}'


def test_sorting_leaves_the_memory_to_others_and_gives_it_back(sqlite_database: Database) -> None:
    def kept_in(session: Session) -> tuple[int, int]:
        pragmas = ("temp_store", "cache_size")
        return tuple(session.execute(text(f"PRAGMA {p}")).scalar_one() for p in pragmas)  # type: ignore[return-value]

    with sqlite_database.write(sorting=True) as session:
        assert kept_in(session) == (1, -16384)
    with sqlite_database.read() as session:
        assert kept_in(session) == (2, -65536)
