"""deliveries, audit, backup and restore, as an operator meets them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dj_cadence.bootstrap import open_site
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.delivery.sign_of_life import give_sign_of_life
from dj_cadence.store.schema import address, attempt, message, notice, plan_run, site, task
from tests.world.terminal import Terminal


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    found = open_site(folder, os.environ)
    yield found
    found.database.engine.dispose()


def change(folder: Path, *statements: object) -> None:
    with opened(folder) as found, found.database.write() as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


def look(folder: Path, query: object) -> list[tuple[object, ...]]:
    with opened(folder) as found, found.database.read() as session:
        return [tuple(row) for row in session.execute(query)]  # type: ignore[call-overload]


def newest(folder: Path) -> int:
    query = select(message.c.id).where(message.c.state == "sent").order_by(message.c.id.desc())
    return int(str(look(folder, query.limit(1))[0][0]))


def test_the_log_shows_what_was_sent_to_whom(act: Terminal) -> None:
    number = newest(act.site)
    rows = act("deliveries", "--json").objects

    assert rows[0]["id"] >= number
    assert {row["state"] for row in rows} <= {"sent", "settled", "superseded", "ready"}
    shown = next(row for row in rows if row["id"] == number)
    assert list(shown) == [
        *("id", "day", "person", "channel", "address", "state", "attempts", "last_try", "reply")
    ]
    own = act("deliveries", "--person", shown["address"], "--json").objects
    assert {row["address"] for row in own} == {shown["address"]}
    assert act("deliveries", "--failed").out == "没有这样的消息。\n"


def test_an_unknown_outcome_is_sent_again_when_asked(act: Terminal) -> None:
    number = newest(act.site)
    change(
        act.site,
        update(message).where(message.c.id == number).values(state="quarantined", sent_at=None),
        update(notice).where(notice.c.message_id == number).values(outcome=""),
        update(address).values(state="bad", reason="550"),
    )

    assert "两次结果不明" in act("deliveries", "--failed").out
    assert act("audit").code == 1
    assert act("deliveries", "retry", str(number)).out == "已排队 1 封，下一次检查时发出。\n"
    act("tick")

    query = select(message.c.state, attempt.c.outcome).join(attempt).where(message.c.id == number)
    assert set(look(act.site, query)) == {("sent", "sent")}
    assert act("deliveries", "retry", str(number)).code == 1
    assert act("deliveries", "again", str(number)).code == 2
    assert act("deliveries", "retry", "999999").code == 1


def test_a_calendar_that_was_written_to_a_file_is_no_finding(act: Terminal, tmp_path: Path) -> None:
    assert act("feed", "QH-1", "--out", tmp_path / "a.ics").code == 0

    assert act("audit").out == "全部一致，没有发现问题。\n"


def test_a_site_that_is_well_is_found_well(act: Terminal) -> None:
    found = act("audit")

    assert (found.code, found.out) == (0, "全部一致，没有发现问题。\n")


def test_each_kind_of_harm_is_found_and_mended(act: Terminal) -> None:
    said = select(notice.c.message_id).where(notice.c.outcome == "sent")
    number = look(act.site, said.order_by(notice.c.message_id.desc()).limit(1))[0][0]
    mine = notice.c.message_id == number
    planned = select(task.c.id).where(task.c.state == "planned", task.c.next_on.is_not(None))
    first, second = (row[0] for row in look(act.site, planned.order_by(task.c.id).limit(2)))
    change(
        act.site,
        update(notice).where(mine).values(outcome=""),
        update(attempt).where(attempt.c.message_id == number).values(outcome="sending"),
        update(task).where(task.c.id == first).values(next_on=None),
        update(task).where(task.c.id == second).values(due=task.c.opens),
    )

    found = {row["kind"] for row in act("audit", "--json").objects}

    assert found == {
        "notice_said_without_outcome",
        "attempt_without_end",
        "task_without_next_day",
        "plan_differs",
    }
    assert act("audit").code == 0
    assert set(look(act.site, select(notice.c.outcome).where(mine))) == {("sent",)}
    assert look(act.site, select(plan_run.c.duty).where(plan_run.c.inputs == "")) == []


def test_a_backup_brings_everything_back_and_sends_nothing(act: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    before = look(act.site, select(task.c.id, task.c.state, task.c.due).order_by(task.c.id))
    assert act("backup", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert act("backup", str(file)).code == 1
    change(act.site, update(task).values(state="waived"))

    restored = act("restore", str(file))

    assert restored.code == 0, restored.err
    assert "发送已暂停" in restored.out
    query = select(task.c.id, task.c.state, task.c.due).order_by(task.c.id)
    assert look(act.site, query) == before
    assert look(act.site, select(site.c.sending, site.c.sending_paused_on.is_not(None))) == [
        (False, True)
    ]
    assert len(list(act.site.glob("before-restore-*/dj-cadence.db"))) == 1
    assert act("doctor").code == 1
    assert act("send", "on").code == 0
    assert look(act.site, select(site.c.sending)) == [(True,)]


def test_a_running_site_is_not_restored(act: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    act("backup", str(file))
    with opened(act.site) as found, give_sign_of_life(found.database, act.site, "daemon"):
        refused = act("restore", str(file))

    assert (refused.code, refused.err) == (1, "站点正在运行或正被使用。请先停止 run，再恢复。\n")


def test_restoring_a_file_that_is_no_backup_changes_nothing(act: Terminal, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"no backup")

    assert act("restore", str(other)).code == 1
    assert act("restore", str(tmp_path / "nowhere")).code == 1
    assert list(act.site.glob("before-restore-*")) == []


def test_an_old_database_in_the_place_of_the_new_one_holds_its_sending(
    act: Terminal, tmp_path: Path
) -> None:
    file = act.site / "dj-cadence.db"
    act("backup", str(tmp_path / "site.backup"))
    shutil.unpack_archive(tmp_path / "site.backup", tmp_path / "old", "zip")
    query = (
        update(task)
        .where(task.c.next_on.is_not(None))
        .values(next_on=datetime(2020, 1, 1, tzinfo=UTC).date())
    )
    change(act.site, query)
    act("tick")
    for path in act.site.glob("dj-cadence.db*"):
        path.unlink()
    shutil.copy(tmp_path / "old" / "dj-cadence.db", file)
    change(act.site, query)

    with opened(act.site) as found:
        with found.database.read() as session:
            now = session.scalar(select(site.c.last_tick))
        assert now
        report = tick(found, now, owner="test")

    assert (report.bundled, report.sent) == (0, 0)
    assert look(act.site, select(site.c.sending, site.c.sending_paused_on.is_not(None))) == [
        (False, True)
    ]


@pytest.mark.parametrize("words", [["deliveries", "--failed"], ["audit"]])
def test_nothing_is_said_twice_by_looking(act: Terminal, words: list[str]) -> None:
    before = look(act.site, select(message.c.id, message.c.state))
    act(*words)
    assert look(act.site, select(message.c.id, message.c.state)) == before
