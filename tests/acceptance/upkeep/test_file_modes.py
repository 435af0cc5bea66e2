"""What a site writes is for its owner only, and doctor names what is not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.terminal import Terminal, type_command


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    """As on most machines: others may read what is written without further thought."""
    before = os.umask(0o022)
    yield
    assert os.umask(before) == 0o022  # a command gives it back


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in [folder, *sorted(folder.rglob("*"))]
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_all_that_a_site_writes_is_for_its_owner_only(act: Terminal, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir(mode=0o700)
    for words in (
        ["tick"],
        ["digest", "YX", "--out", place / "digest.xlsx"],
        ["wall", "--org", "YX", "--out", place / "wall.xlsx"],
        ["backup", place / "a.zip"],
        ["restore", place / "a.zip"],
        ["doctor"],
    ):
        assert act(*words).err == "", words

    assert {path.name for path in place.iterdir()} == {"digest.xlsx", "wall.xlsx", "a.zip"}
    assert (act.site / "maildir" / "new").is_dir()
    assert (open_to_others(act.site), open_to_others(place)) == ([], [])


def test_doctor_names_what_is_too_open_and_how_to_mend_it(tmp_path: Path) -> None:
    site = Terminal(tmp_path / "my site")
    assert type_command("init", site.site).code == 0
    assert "本机其他用户" not in site("doctor").out
    for name in ("dj-cadence.db", "site.key", "schedules"):
        (site.site / name).chmod(0o755)
    (site.site / "notifiers" / "link.py").symlink_to("nowhere")

    home = site.site.resolve()
    line = next(line for line in site("doctor").lines if "本机其他用户" in line)
    assert line == (
        f"注意　本机其他用户也能读写 {home}/dj-cadence.db、{home}/dj-cadence.db-shm、"
        f"{home}/dj-cadence.db-wal 等 4 处，里面有姓名、地址或密钥；请运行 chmod -R go= '{home}'"
    )

    assert os.system(line.partition("请运行 ")[2]) == 0
    assert "本机其他用户" not in site("doctor").out


def test_doctor_names_an_open_database_outside_the_site(tmp_path: Path) -> None:
    site = Terminal(tmp_path / "site")
    assert type_command("init", site.site).code == 0
    elsewhere = tmp_path / "elsewhere.db"
    (site.site / "dj-cadence.db").rename(elsewhere)
    settings = site.site / "site.toml"
    line = f'database = "sqlite:///{elsewhere}"\n'
    settings.write_text(line + settings.read_text(encoding="utf-8"), encoding="utf-8")
    elsewhere.chmod(0o644)

    assert f"请运行 chmod -R go= {elsewhere}" in site("doctor").out
