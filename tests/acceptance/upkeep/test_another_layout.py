"""A site whose database another version made: every command says so and changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.world.terminal import Terminal, type_command

COMMANDS = [
    *(["doctor"], ["tasks"], ["audit"], ["plan"], ["plan", "--apply"], ["tick"], ["run"]),
    *(["send", "on"], ["deliveries"], ["phone-list"], ["burden"], ["channel", "list"]),
    *(["backup", "x.zip"], ["roster", "check"], ["quiet", "list"], ["login-link", "p1"]),
    *(["simulate", "--from", "2026-12-01", "--until", "2026-12-02"], ["feed", "X"]),
]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site as a version with other tables of the same number would have left it."""
    folder = tmp_path_factory.mktemp("other") / "site"
    assert type_command("init", folder).code == 0
    with closing(sqlite3.connect(folder / "dj-cadence.db")) as connection:
        connection.execute("ALTER TABLE task RENAME COLUMN amount TO quantity")
        connection.execute("UPDATE layout SET fingerprint = 'another'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_refuses_it_untouched(
    words: list[str], other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (other / "dj-cadence.db").read_bytes()

    answer = Terminal(other)(*words)

    assert (answer.code, answer.out) == (1, "")
    assert "数据库的结构与本程序不同（版本号同为 0001）" in answer.err
    assert (other / "dj-cadence.db").read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_a_table_altered_by_hand_is_named_by_doctor(tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site).code == 0
    with closing(sqlite3.connect(site.site / "dj-cadence.db")) as connection:
        connection.execute("DROP INDEX ix_message_day")
        connection.commit()

    found = site("doctor")

    assert found.code == 1
    assert (
        "注意　数据库的结构被改过：缺少索引 ix_message_day。请恢复用本版本做的备份" in found.lines
    )
