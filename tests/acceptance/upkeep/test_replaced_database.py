"""A database file that is put into the place of the open one, or taken away, is noticed."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from dj_cadence.bootstrap import open_site
from dj_cadence.entrypoints.daemon_jobs import DaemonJobs
from dj_cadence.errors import DatabaseGone
from dj_cadence.store.delivery.sign_of_life import give_sign_of_life
from dj_cadence.store.schema import person
from tests.world.terminal import NOW, Terminal
from tests.world.web_district import CHARLIE, District


def replace_by_copy(file: Path) -> None:
    copy = file.with_suffix(".copy")
    shutil.copy(file, copy)
    copy.replace(file)


def move_away(file: Path) -> None:
    file.rename(file.with_suffix(".aside"))


def put_a_link(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.unlink()
    file.symlink_to(file.with_suffix(".copy"))


def put_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


HARMS = [replace_by_copy, move_away, put_a_link, put_a_folder]


@pytest.mark.parametrize("harm", HARMS)
def test_nothing_is_read_or_written_any_more(harm: Callable[[Path], None], act: Terminal) -> None:
    file = act.site / "dj-cadence.db"
    site = open_site(act.site, {})
    with site.database.write() as session:
        session.execute(person.update().values(name="before"))

    harm(file)

    with pytest.raises(DatabaseGone) as caught, site.database.write() as session:
        session.execute(person.update().values(name="after"))
    assert str(caught.value) == (
        f"数据库文件 {file.resolve().parent / file.name} 被换掉或移走了，没有读写。"
        "请停止 run，确认文件无误后重新启动。"
    )
    with pytest.raises(DatabaseGone), site.database.read() as session:
        session.execute(person.select())
    with pytest.raises(DatabaseGone):
        site.database.engine.raw_connection()
    site.database.engine.dispose()
    before = sorted(act.site.rglob("*"))
    with pytest.raises(DatabaseGone):
        site.database.engine.connect()  # a new connection would make an empty file
    assert sorted(act.site.rglob("*")) == before


def test_the_daemon_says_so_makes_no_pass_and_goes_on_once_the_file_is_back(
    act: Terminal, stop_clock: Callable[[datetime], None], caplog: pytest.LogCaptureFixture
) -> None:
    stop_clock(NOW)
    file = act.site / "dj-cadence.db"
    site = open_site(act.site, {})
    aside = file.with_suffix(".aside")
    with give_sign_of_life(site.database, act.site, "daemon") as life:
        rounds = DaemonJobs(site, life)
        rounds.tick()
        shutil.copy(file, file.with_suffix(".copy"))
        file.rename(aside)
        file.with_suffix(".copy").rename(file)
        before = file.read_bytes()

        with caplog.at_level(logging.ERROR):
            rounds.tick()
        assert [record.getMessage() for record in caplog.records] == [
            f"database_gone url=sqlite:///{file.resolve()}"
        ]
        assert file.read_bytes() == before
        assert rounds.passes.health.reason == "database_gone"

        caplog.clear()
        aside.replace(file)
        with caplog.at_level(logging.ERROR):
            rounds.tick()
        assert caplog.records == []
        assert rounds.passes.health.reason == ""
    site.database.engine.dispose()


def test_a_page_says_so_and_takes_no_act(district: District) -> None:
    client = district.login(CHARLIE)
    assert client.get("/").status_code == HTTPStatus.OK
    file = Path(str(district.database.engine.url.database))
    replace_by_copy(file)

    answer = client.get("/")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "被换掉或移走了" in answer.text
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone()[0] > 0
