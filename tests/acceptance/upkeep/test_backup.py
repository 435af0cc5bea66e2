"""Backups: whole or not there at all, and of sound sites only."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from dj_cadence.services.backup.draft import draft
from tests.world.files.archives import contents, seen
from tests.world.terminal import Terminal, type_command


@pytest.fixture
def site(tmp_path: Path) -> Terminal:
    assert type_command("init", tmp_path / "site").code == 0
    return Terminal(tmp_path / "site")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where backups go."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


def grow(site: Path) -> None:
    """So large a database that a backup takes a while."""
    with closing(sqlite3.connect(site / "dj-cadence.db")) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            " INSERT INTO skeleton (hash, content) SELECT i, randomblob(10000) FROM n"
        )
        connection.commit()


def test_a_backup_holds_the_site_and_is_for_its_owner_only(site: Terminal, place: Path) -> None:
    (site.site / "notifiers" / "__pycache__").mkdir()
    (site.site / "evidence").mkdir()
    for name in ("notifiers/own.py", "notifiers/__pycache__/own.pyc", "evidence/.draft"):
        (site.site / name).write_text("x", encoding="utf-8")
    os.utime(site.site / "notifiers" / "own.py", (0, 0))  # older than a zip can say

    assert site("backup", place / "a.zip").code == 0

    assert sorted(contents(place / "a.zip")) == [
        "dj-cadence.db",
        "notifiers/own.py",
        "site.key",
        "site.toml",
    ]
    assert [path.name for path in place.iterdir()] == ["a.zip"]
    assert stat.S_IMODE((place / "a.zip").stat().st_mode) == 0o600


def test_a_backup_that_is_killed_leaves_nothing(site: Terminal, place: Path) -> None:
    grow(site.site)
    before = seen(site.site)
    command = [sys.executable, "-m", "dj_cadence", "--site", site.site, "backup", place / "a.zip"]
    for _ in range(2):
        process = subprocess.Popen(command)
        opened = Path(f"/proc/{process.pid}/fd")
        while not any(str(place) in target for target in targets(opened)):
            assert process.poll() is None
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert [path for path in place.iterdir() if path.stat().st_size] == []
    assert seen(site.site) == before

    assert site("backup", place / "a.zip").code == 0


def targets(folder: Path) -> list[str]:
    """What a process has open."""
    found = []
    for path in folder.iterdir():
        try:
            found.append(str(path.readlink()))
        except OSError:  # closed meanwhile
            continue
    return found


def test_a_draft_with_a_name_is_cleared_away_once_its_process_is_dead(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "O_TMPFILE", 0)
    (place / ".dj-cadence-draft-dead").write_text("half", encoding="utf-8")
    with draft(place) as first:
        first.stream.write(b"whole")
        with draft(place) as second:
            assert len(list(place.iterdir())) == 2
            second.stream.write(b"other")
        assert first.publish(place / "made") == 5
        with pytest.raises(FileExistsError):
            first.publish(place / "made")
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"made": b"whole"}


def test_a_file_that_is_there_is_left_alone(site: Terminal, place: Path) -> None:
    (place / "link").symlink_to(place / "nowhere")
    for name in ("link", "a.zip"):
        if name == "a.zip":
            (place / name).write_text("mine", encoding="utf-8")
        refused = site("backup", place / name)
        assert (refused.code, "已经存在" in refused.err) == (1, True)
    assert (place / "a.zip").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("page", [2, 7, 30])
def test_a_damaged_database_is_not_backed_up_and_says_so(
    page: int, site: Terminal, place: Path
) -> None:
    with (site.site / "dj-cadence.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

    refused = site("backup", place / "a.zip")

    assert refused.code == 1
    assert "损坏" in refused.err
    assert list(place.iterdir()) == []


def test_a_name_that_could_not_be_restored_is_told_at_once(site: Terminal, place: Path) -> None:
    (site.site / "templates" / "a\\b.html").write_text("x", encoding="utf-8")
    refused = site("backup", place / "a.zip")
    assert (refused.code, refused.err) == (
        1,
        "'templates/a\\\\b.html' 这个文件名备份不了，请改名后再试。\n",
    )


def test_a_place_that_cannot_be_written_is_told(site: Terminal, tmp_path: Path) -> None:
    refused = site("backup", tmp_path / "nowhere" / "a.zip")
    assert (refused.code, refused.err) == (
        1,
        f"{tmp_path}/nowhere/a.zip 写不进去：没有这个文件夹或文件。\n",
    )
