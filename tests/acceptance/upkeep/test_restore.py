"""Restore: into the site only, the old or the new one whole, nothing of an archive carried out."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from dj_cadence.services.backup import restore as restoring
from dj_cadence.store.core.database import open_database
from dj_cadence.store.delivery.sign_of_life import give_sign_of_life
from dj_cadence.store.site.folder_lock import in_use
from tests.world import ROOT
from tests.world.files.archives import altered, contents, pack, seen, whose
from tests.world.terminal import Terminal, type_command

PROGRAM = "tests.world.processes.restoring_process"
ACTING = "from pathlib import Path\nPath({!r}).write_text('carried out')\n"


def new_site(folder: Path, name: str) -> Terminal:
    """A small site whose people and files carry `name`."""
    assert type_command("init", folder).code == 0
    with closing(sqlite3.connect(folder / "dj-cadence.db")) as connection:
        connection.execute("INSERT INTO person (key, name) VALUES (?, ?)", (name, name))
        connection.commit()
    (folder / "evidence").mkdir()
    for path in ("evidence/0a1b", "schedules/own.txt"):
        (folder / path).write_text(name, encoding="utf-8")
    return Terminal(folder)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An old site, and the backup of a new one."""
    place = tmp_path_factory.mktemp("sites")
    new_site(place / "old", "旧站")
    assert new_site(place / "new", "新站")("backup", place / "new.backup").code == 0
    return place


@pytest.fixture
def old(sites: Path, tmp_path: Path) -> Terminal:
    return Terminal(Path(shutil.copytree(sites / "old", tmp_path / "old")))


@pytest.fixture
def held(sites: Path) -> dict[str, bytes]:
    """What the backup of the new site holds, by name."""
    return contents(sites / "new.backup")


def test_a_restore_puts_the_old_site_aside_and_holds_the_new_one(
    sites: Path, old: Terminal
) -> None:
    before, wanted = whose(old.site), whose(sites / "new")

    restored = old("restore", sites / "new.backup")

    aside = old.site / "before-restore-20261120T020000"
    assert restored.lines == [
        f"已恢复到 {old.site}。原来的文件移到了 {aside}。",
        "发送已暂停：备份之后可能已经发过一些提醒。确认后运行 send on。",
    ]
    assert (whose(old.site), whose(aside)) == (wanted, before)
    assert old("doctor").code == 1
    with closing(sqlite3.connect(old.site / "dj-cadence.db")) as connection:
        assert connection.execute("SELECT sending, sending_paused_on FROM site").fetchall() == [
            (0, "2026-11-20")
        ]
    own = ("dj-cadence.db", "evidence", "schedules", "site.database", "site.key", "site.toml")
    assert sorted(path.name for path in old.site.iterdir()) == sorted((*own, aside.name))


def test_a_restore_into_nothing_makes_a_site_there(sites: Path, tmp_path: Path) -> None:
    fresh = Terminal(tmp_path / "deep" / "fresh")

    assert fresh("restore", sites / "new.backup").code == 0

    assert whose(fresh.site) == whose(sites / "new")
    assert stat.S_IMODE(fresh.site.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "written",
    [
        'database = "sqlite:///{elsewhere}/live.db"',
        '"database" = "sqlite:///../elsewhere/live.db"',
        'database = """sqlite:///\\\n  {elsewhere}/live.db"""',
        "database = 'sqlite:///file:{elsewhere}/live.db?uri=true&mode=rwc'",
        'database = "sqlite:////{elsewhere}/live.db"',
        'database = "postgresql+psycopg://nobody@localhost/live"',
        'database = "sqlite:///evidence/own.db"',
        'database = "mysql://x"',
        'database = "sqlite:///site.key"',
    ],
)
def test_whatever_a_backup_says_of_its_database_it_comes_into_the_site(
    written: str, held: dict[str, bytes], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("live.db", "live.db-wal", "live.db*", "*.db"):
        (elsewhere / name).write_bytes(b"production")
    line = written.format(elsewhere=elsewhere)
    held["site.toml"] = f"{line}\n{held['site.toml'].decode()}".encode()
    before = seen(elsewhere)
    trial = Terminal(tmp_path / "trial")

    restored = trial("restore", pack(tmp_path / "x.backup", held))

    assert restored.code == 0, restored.err
    assert "那里没有动；数据库放进了站点文件夹，这一行已改成注释。" in restored.out
    assert trial("login-link", "新站").code == 0
    assert seen(elsewhere) == before
    text = (trial.site / "site.toml").read_text(encoding="utf-8")
    assert all(f"# {part}" in text for part in line.split("\n"))


def test_a_database_elsewhere_of_the_site_that_was_there_stays(
    sites: Path, old: Terminal, tmp_path: Path
) -> None:
    live = tmp_path / "live.db"
    (old.site / "dj-cadence.db").rename(live)
    (old.site / "dj-cadence.db").symlink_to(live)
    settings = old.site / "site.toml"
    line = f'database = "sqlite:///{live}"\n'
    settings.write_text(line + settings.read_text(encoding="utf-8"), encoding="utf-8")
    before = live.read_bytes()

    assert old("restore", sites / "new.backup").code == 0

    assert live.read_bytes() == before
    assert not (old.site / "dj-cadence.db").is_symlink()
    assert "新站" in whose(old.site)


def test_a_database_of_another_name_in_the_site_is_put_aside(sites: Path, old: Terminal) -> None:
    (old.site / "data[1]").mkdir()
    (old.site / "dj-cadence.db").rename(old.site / "data[1]" / "own*.db")
    settings = old.site / "site.toml"
    line = 'database = "sqlite:///data[1]/own*.db"\n'
    settings.write_text(line + settings.read_text(encoding="utf-8"), encoding="utf-8")
    (old.site / "data[1]" / "ownbookofnotes.db").write_text("mine", encoding="utf-8")

    assert old("restore", sites / "new.backup").code == 0

    (aside,) = old.site.glob("before-restore-*")
    assert (aside / "own*.db.before").read_bytes()[:6] == b"SQLite"
    assert (old.site / "data[1]" / "ownbookofnotes.db").exists()


def test_a_site_in_use_is_not_restored(sites: Path, old: Terminal) -> None:
    before = whose(old.site)
    with in_use(old.site):
        assert old("restore", sites / "new.backup").err == (
            "站点正在运行或正被使用。请先停止 run，再恢复。\n"
        )
    with restoring.alone(old.site) as nobody_else:
        assert nobody_else
        assert old("tasks").err == "站点正在恢复备份。请等恢复完成后再试。\n"
    assert whose(old.site) == before


# --- what a stranger may have made ---------------------------------------------------------------

NAMES = [
    *("../outside", "evidence/../../outside", "/etc/outside", "evidence/../outside"),
    *("evidence\\..\\outside", "C:/outside", "C:outside", "evidence/C:outside", "outside"),
    *("*", "evidence/*", "evidence/a?b", "evidence/a\x00b", "evidence/a\nb", "evidence//a"),
    *("./evidence/a", "evidence/./a", "evidence/CON", "evidence/nul.txt", "~/x"),
    *("notifiers/__pycache__/smtp.cpython-311.pyc", "notifiers/x.pyc", "locks/x.lock"),
    *("restore.ready/plan.json", "passes", "site.toml/x", "dj-cadence.db/x", "dj-cadence.db-wal"),
    *("evidence/" + "a" * 300, "evidence/" + "a/" * 40 + "a", "evidence/a ", "evidence/a."),
    *("evidence/\u202egnp.exe", "EVIDENCE/a", "Site.toml", "evidence", "//server/share", "-"),
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_no_name_of_ours_changes_nothing(
    name: str, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    refuse(pack(tmp_path / "x.backup", held | {name: b"x"}), old, tmp_path)


def refuse(file: Path, old: Terminal, place: Path) -> str:
    """A restore that is refused in one Chinese sentence, and changes nothing anywhere."""
    before = seen(place)
    refused = old("restore", file)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.endswith("没有改动。\n"), refused.err
    assert refused.err.count("\n") == 1
    assert seen(place) == before
    return refused.err


def two(held: dict[str, bytes], first: str, second: str) -> dict[str, bytes]:
    return held | {first: b"1", second: b"2"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("evidence/a", "evidence/A"),
        ("evidence/é", "evidence/e\u0301"),
        ("evidence/ﬁ", "evidence/fi"),
        ("evidence/a", "evidence/a/b"),
        ("evidence/A", "evidence/a/b"),
    ],
)
def test_names_that_some_system_takes_for_one_change_nothing(
    first: str, second: str, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    assert "重名" in refuse(pack(tmp_path / "x.backup", two(held, first, second)), old, tmp_path)


def test_the_same_name_twice_changes_nothing(
    held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    file = pack(tmp_path / "x.backup", held)
    with zipfile.ZipFile(file, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("site.toml", b"name = 'other'")
    assert "重名" in refuse(file, old, tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_an_archive_with_links_or_devices_changes_nothing(
    kind: int, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    file = pack(tmp_path / "x.backup", held)
    with zipfile.ZipFile(file, "a") as packed:
        entry = zipfile.ZipInfo("evidence/link")
        entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
        packed.writestr(entry, str(tmp_path / "outside"))
    assert "不是普通文件" in refuse(file, old, tmp_path)


def test_a_bomb_changes_nothing_and_fills_nothing(
    held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    zeros = bytes(100_000_000)
    file = pack(tmp_path / "x.backup", held | {"evidence/bomb": zeros})
    assert "大得不合常理" in refuse(file, old, tmp_path)


def test_a_size_that_lies_changes_nothing(
    held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    file = pack(tmp_path / "x.backup", held | {"evidence/more": bytes(1000)})
    content = bytearray(file.read_bytes())
    at = content.rindex(b"evidence/more") - 46 + 24  # the size in the list of entries
    content[at : at + 4] = (10).to_bytes(4, "little")
    file.write_bytes(content)
    refuse(file, old, tmp_path)
    content[at : at + 4] = (2000).to_bytes(4, "little")
    file.write_bytes(content)
    refuse(file, old, tmp_path)


def test_a_million_names_are_not_read(
    held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    file = pack(tmp_path / "x.backup", held)
    content = bytearray(file.read_bytes())
    at = content.rindex(b"PK\5\6")
    content[at + 12 : at + 16] = (0x7FFFFFFF).to_bytes(4, "little")
    file.write_bytes(content)
    assert "文件太多" in refuse(file, old, tmp_path)


@pytest.mark.parametrize("at", [6, 8])
def test_an_encrypted_archive_changes_nothing(
    at: int, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    file = pack(tmp_path / "x.backup", held)
    content = bytearray(file.read_bytes())
    listed = content.index(b"PK\1\2") if at == 8 else content.index(b"PK\3\4")
    content[listed + at] |= 1
    file.write_bytes(content)
    if at == 8:
        assert "加了密" in refuse(file, old, tmp_path)


@pytest.mark.parametrize("missing", ["site.toml", "site.key", "dj-cadence.db"])
def test_a_part_that_is_missing_changes_nothing(
    missing: str, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    del held[missing]
    assert f"缺少 {missing}" in refuse(pack(tmp_path / "x.backup", held), old, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("site.key", b"short\n"),
        ("site.key", b""),
        ("site.key", bytes(2_000_000)),
        ("site.toml", b"\xff\xfe"),
        ("site.toml", b"name = "),
        ("site.toml", b"a = " + b"[" * 100_000),
        ("site.toml", b"a = " + b"9" * 10_000),
        ("site.toml", b"\x00"),
        ("dj-cadence.db", b""),
        ("dj-cadence.db", b"no database" * 1000),
        ("dj-cadence.db", b"SQLite format 3\x00" + b"\xff" * 4096),
    ],
    ids=lambda given: ascii(given)[:24],
)
def test_contents_that_are_not_ours_change_nothing(
    name: str, content: bytes, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    refuse(pack(tmp_path / "x.backup", held | {name: content}), old, tmp_path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER own AFTER UPDATE ON site BEGIN UPDATE site SET sending = 1; END",
        "CREATE VIEW own AS SELECT load_extension('x')",
        "CREATE VIRTUAL TABLE own USING fts5(x)",
        "DELETE FROM site",
        "DROP TABLE person",
        "ALTER TABLE person ADD COLUMN more TEXT",
        "DROP INDEX ix_message_send_at",
        "UPDATE layout SET fingerprint = 'another'",
        "UPDATE alembic_version SET version_num = '9999'",
        "INSERT INTO address (person_id, channel, value) VALUES (404, 'email', 'x@y.cn')",
    ],
)
def test_a_database_that_is_not_ours_changes_nothing(
    statement: str, held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    place = tmp_path / "made"
    place.mkdir()
    held["dj-cadence.db"] = altered(held["dj-cadence.db"], place, statement)
    refuse(pack(tmp_path / "x.backup", held), old, tmp_path)


def test_an_unreadable_archive_changes_nothing(old: Terminal, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = whose(old.site)
    for other in (pipe, tmp_path, tmp_path / "nowhere", Path("/dev/zero")):
        refused = old("restore", other)
        assert (refused.code, refused.err.endswith("没有改动。\n")) == (1, True), refused
    assert whose(old.site) == before


@pytest.mark.parametrize("length", [0, 1, 21, 22, 100, 5000])
def test_a_backup_that_was_cut_changes_nothing(
    length: int, sites: Path, old: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "x.backup"
    file.write_bytes((sites / "new.backup").read_bytes()[: -length or 0][: 10**9])
    if length:
        refuse(file, old, tmp_path)


# --- what dies, and what finds no room -----------------------------------------------------------


def results(kind: str, sites: Path, place: Path) -> list[tuple[str, str]]:
    """How each try of `restoring_process` ended, and which site was there afterwards."""
    command = [sys.executable, "-m", PROGRAM, sites / "old", sites / "new.backup", place, kind]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert answer.returncode == 0, answer.stderr
    return [(how, state) for how, state in json.loads(answer.stdout)]


def test_killed_at_any_step_the_old_site_or_the_new_one_is_whole(
    sites: Path, tmp_path: Path
) -> None:
    *killed, last = results("kill", sites, tmp_path)

    assert last == ("done", "new")
    assert {how for how, _ in killed} == {"killed"}
    states = [state for _, state in killed]
    assert states == ["old"] * states.count("old") + ["new"] * states.count("new")
    assert min(states.count("old"), states.count("new")) > 10


def test_killed_at_twenty_random_moments_the_old_site_or_the_new_one_is_whole(
    sites: Path, tmp_path: Path
) -> None:
    tried = results("random", sites, tmp_path)

    assert len(tried) == 20
    assert {how for how, _ in tried} >= {"killed"}
    assert {state for _, state in tried} <= {"old", "new"}


def test_a_full_disk_at_any_step_leaves_the_old_site_or_the_new_one_whole(
    sites: Path, tmp_path: Path
) -> None:
    *full, last = results("full", sites, tmp_path)

    assert last == ("done", "new")
    assert {how for how, _ in full} == {"refused"}
    states = [state for _, state in full]
    assert states == ["old"] * states.count("old") + ["new"] * states.count("new")
    assert states.count("old") > 10


def test_files_that_cannot_be_written_to_their_end_leave_the_old_site(
    sites: Path, tmp_path: Path
) -> None:
    assert set(results("size", sites, tmp_path)) == {("refused", "old")}


# --- code ----------------------------------------------------------------------------------------


def test_nothing_of_an_archive_is_carried_out_before_a_person_says_so(
    held: dict[str, bytes], old: Terminal, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    acting = ACTING.format(str(mark)).encode()
    shipped = Path(restoring.__file__).parents[2] / "templates" / "mail"
    subject = (shipped / "message.subject.txt").read_text(encoding="utf-8")
    settings = held["site.toml"].decode()
    held["site.toml"] = (settings + '\n[channels.own]\nnotifier = "own"\n').encode()
    held |= {"notifiers/own.py": acting, "notifiers/maildir.py": acting}
    held["templates/mail/message.subject.txt"] = f"恶意{subject}".encode()
    held["templates/web/static/own.css"] = b"x"
    file = pack(tmp_path / "x.backup", held)

    restored = old("restore", file)

    brought = "通知渠道程序 2 个文件（notifiers）、模板 2 个文件（templates）"
    assert restored.lines[2:] == [
        f"备份里还有{brought}，都没有运行，也暂不使用。",
        "请先看过这些文件；运行 send on 就表示确认，之后的命令才会用它们。",
    ]
    for words in (["doctor"], ["tasks"], ["tick"], ["channel", "list"], ["audit"], ["check"]):
        old(*words)
    assert "还没有人确认" in old("channel", "test", "own", "x@y.cn").err
    assert "还没有人确认" in old("doctor").out
    assert not mark.exists()
    assert old("send", "off").code == 0
    assert "还没有人确认" in old("channel", "list").out
    assert not mark.exists()

    with give_sign_of_life(open_database("sqlite://"), old.site, "daemon"):
        assert "先停止 run" in old("send", "on").err
    assert old("send", "on").lines[1] == (
        "恢复进来的通知渠道程序和模板已确认，从下一个命令起使用。"
    )
    old("channel", "list")
    assert mark.read_text() == "carried out"
