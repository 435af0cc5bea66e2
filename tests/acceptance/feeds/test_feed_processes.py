"""A calendar's address while other processes write, and while its database is started anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import select, text

from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.transitions import TaskChange
from dj_cadence.services.feeds.address import feed_address, rotate
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import task
from dj_cadence.store.tasks import tasks
from tests.world.web_district import ADDRESS, BOB, NOW, Browser, District

MINE, OTHERS = 3, 7
"""A task of the organization whose calendar is read, and one of another."""


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Reader:
    """A phone that keeps what it has read."""

    browser: Browser
    path: str
    tag: str = ""

    def ask(self) -> int:
        answer = self.browser.get(self.path, headers={"if-none-match": self.tag or '"none"'})
        self.tag = answer.headers.get("etag", self.tag)
        return answer.status_code


def reader_of(district: District, clock: Clock) -> Reader:
    address = feed_address(district.database, district.context.settings, "org:3", NOW)
    context = replace(district.context, clock=clock)
    reader = Reader(replace(district, context=context).client(), address.removeprefix(ADDRESS))
    assert (reader.ask(), reader.ask()) == (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    return reader


@contextmanager
def another_process(district: District) -> Iterator[Database]:
    """The same database as another process has it: nothing of ours knows what it writes."""
    url = district.database.engine.url.render_as_string(hide_password=False)
    other = open_database(url)
    try:
        yield other
    finally:
        other.engine.dispose()


def change(database: Database, task_id: int) -> None:
    with database.write() as session:
        row = tasks.find(session, task_id)
        moved = TaskChange(ActKind.PLANNED, {"place": f"{row.place}二楼"})
        tasks.change(session, row, moved, Actor("x", NOW, NOW.date()))


def test_a_change_by_another_process_is_seen_at_once(any_district: District) -> None:
    clock = Clock()
    reader = reader_of(any_district, clock)
    with another_process(any_district) as other:
        change(other, MINE)
    clock.now += timedelta(seconds=1)
    assert (reader.ask(), reader.ask()) == (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


def test_a_clock_that_is_set_back_hides_nothing(district: District) -> None:
    clock = Clock()
    reader = reader_of(district, clock)
    with another_process(district) as other:
        change(other, MINE)
    clock.now -= timedelta(minutes=5)
    assert reader.ask() == HTTPStatus.OK


def test_an_act_on_a_page_is_seen_at_once(any_district: District) -> None:
    reader = reader_of(any_district, Clock())
    any_district.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", task=MINE, on="2026-03-05")
    assert reader.ask() == HTTPStatus.OK


def test_a_change_to_others_leaves_a_calendar_unmodified(any_district: District) -> None:
    clock = Clock()
    reader = reader_of(any_district, clock)
    with another_process(any_district) as other:
        change(other, OTHERS)
    clock.now += timedelta(seconds=1)
    assert reader.ask() == HTTPStatus.NOT_MODIFIED


def test_an_address_changed_by_another_process_is_gone_at_once(any_district: District) -> None:
    clock = Clock()
    reader = reader_of(any_district, clock)
    with another_process(any_district) as other, other.write() as session:
        rotate(session, any_district.context.settings, "org:3", NOW)
    clock.now += timedelta(seconds=1)
    assert (reader.ask(), reader.ask()) == (HTTPStatus.GONE, HTTPStatus.GONE)


def test_a_database_that_was_started_anew_is_asked_again(any_district: District) -> None:
    clock = Clock()
    reader = reader_of(any_district, clock)
    clock.now += timedelta(seconds=1)
    assert reader.ask() == HTTPStatus.NOT_MODIFIED
    cut_connections(any_district.database)
    clock.now += timedelta(seconds=1)
    assert reader.ask() == HTTPStatus.NOT_MODIFIED


def cut_connections(database: Database) -> None:
    """As a server that is started anew does; a file has no server."""
    if database.is_sqlite:
        return
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with database.read() as session:
        session.execute(text(f"{others} AND datname = current_database()"))


def test_a_name_an_office_and_a_rule_count_though_no_task_changes(district: District) -> None:
    with district.database.read() as session:
        before = session.execute(select(task.c.sequence)).all()
    reader = reader_of(district, clock := Clock())
    with another_process(district) as other, other.write() as session:
        session.execute(text("UPDATE org SET name = '青禾小学一支部' WHERE id = 3"))
        session.execute(text("UPDATE site SET shown_version = shown_version + 1"))
    clock.now += timedelta(seconds=1)
    assert reader.ask() == HTTPStatus.OK
    with district.database.read() as session:
        assert session.execute(select(task.c.sequence)).all() == before
