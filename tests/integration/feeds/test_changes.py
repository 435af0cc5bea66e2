"""Whatever changes about a task, its entry rises, and no other entry moves."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.working_days import CalendarStatus
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Basis, Certainty
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.reminders.daily_update import advance
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.services.undo import undo
from dj_cadence.settings import Settings
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from tests.world.engine import (
    B1,
    CALENDAR,
    EVERYTHING,
    GROUPS,
    LECTURE,
    NOTICE,
    PARTY_DAY,
    SETTINGS,
    TERM,
    WINTER,
    E,
    S,
    advance_to,
    apply,
    at,
    catalogue,
    found_district,
    load,
    the_task,
)

MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 1)
Entries = dict[str, bytes]


def entries(
    database: Database,
    day: date = MARCH,
    rules: Catalogue = EVERYTHING,
    settings: Settings = SETTINGS,
    org: str = "B1",
) -> Entries:
    """The entries of an organization's calendar by UID, as they stand in it."""
    with database.read() as session:
        found = session.scalar(select(schema.org.c.id).where(schema.org.c.code == org))
    body = Feeds(database, settings, lambda _session: rules).body(f"org:{found}", at(day))
    return {
        re.search(rb"UID:(\S+)", entry)[1].decode(): entry  # type: ignore[index]
        for entry in body.partition(b"END:VCALENDAR")[0].split(b"BEGIN:VEVENT")[1:]
    }


def number(entry: bytes, name: str) -> int:
    """SEQUENCE, or LAST-MODIFIED without its letters."""
    return int(re.search(rf"{name}:([\dTZ]+)".encode(), entry)[1].translate(None, b"TZ"))  # type: ignore[index]


def risen(before: Entries, after: Entries) -> set[str]:
    """The UIDs of the entries that are other ones now. Each of them must have risen."""
    assert before.keys() == after.keys()
    changed = {uid for uid in before if before[uid] != after[uid]}
    for uid in changed:
        for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTAMP"):
            assert number(after[uid], name) > number(before[uid], name), (uid, name)
    return changed


def uid(task: Any) -> str:
    return f"task-{task.id}@5eed"


def party_days(database: Database) -> set[str]:
    query = select(schema.task).join_from(schema.task, schema.org)
    mine = (schema.org.c.code == "B1", schema.task.c.duty == "party_day")
    with database.read() as session:
        return {uid(row) for row in session.execute(query.where(*mine))}


@pytest.fixture
def march(planned: Database) -> Database:
    """The planned district on 10 March."""
    advance_to(planned, EVERYTHING, MARCH)
    return planned


Change = Callable[[Any, int], None]
WHO = Actor("李书记", at(MARCH, 11), MARCH)
CHANGES: dict[str, Change] = {
    "done": lambda s, n: record.done(s, EVERYTHING, n, WHO, on=MARCH),
    "a day": lambda s, n: record.set_planned(s, EVERYTHING, n, WHO, on=date(2026, 3, 20)),
    "an hour": lambda s, n: record.set_planned(
        s, EVERYTHING, n, WHO, on=date(2026, 3, 5), at="14:30"
    ),
    "a place": lambda s, n: record.set_planned(
        s, EVERYTHING, n, WHO, on=date(2026, 3, 5), place="二楼"
    ),
    "postponed": lambda s, n: superior_decisions.postpone(
        s, EVERYTHING, n, WHO, until=date(2026, 4, 15), reason="装修"
    ),
    "waived": lambda s, n: superior_decisions.waive(s, EVERYTHING, n, WHO, reason="装修"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_act_on_a_task_raises_its_entry_alone(march: Database, change: Change) -> None:
    one = the_task(march, "party_day", "B1", "2026-03")
    before = entries(march)
    assert entries(march) == before

    with march.write() as session:
        change(session, one.id)

    after = entries(march)
    assert risen(before, after) == {uid(one)}
    assert number(after[uid(one)], "DTSTAMP") == 20260310033000  # when it was said


def test_one_of_two_meetings_is_a_change_too(march: Database) -> None:
    one = the_task(march, "groups", "B1", "2026-03")
    before = entries(march)
    with march.write() as session:
        record.done(session, EVERYTHING, one.id, WHO, on=MARCH)
    assert risen(before, entries(march)) == {uid(one)}


def test_missed_and_taken_back_each_raise_the_entry(march: Database) -> None:
    advance_to(march, EVERYTHING, APRIL)
    one = the_task(march, "party_day", "B1", "2026-03")
    before = entries(march, APRIL)
    who = Actor("李书记", at(APRIL, 11), APRIL)
    with march.write() as session:
        record.missed(session, EVERYTHING, one.id, who, reason="停课")
    missed = entries(march, APRIL)
    assert risen(before, missed) == {uid(one)}
    assert "【未按期开展】".encode() in missed[uid(one)]
    with march.write() as session:
        later = replace(who, now=at(APRIL, 12))
        undo(session, EVERYTHING, one.id, later, reason="登记错了")
    advance(march, EVERYTHING, today=APRIL, now=at(APRIL, 13))
    again = entries(march, APRIL)
    assert risen(missed, again) == {uid(one)}
    assert "【到期待登记】".encode() in again[uid(one)]


def test_becoming_overdue_raises_the_entries_of_those_tasks(march: Database) -> None:
    before = entries(march, MARCH)
    advance_to(march, EVERYTHING, date(2026, 4, 9))

    late = {
        uid(the_task(march, duty, "B1", label))
        for duty, label in (("party_day", "2026-03"), ("groups", "2026-03"))
    }
    after = entries(march, date(2026, 3, 31))  # the same month, so that the window stands still
    words = [uid_ for uid_ in after if "【逾期】".encode() in after[uid_]]
    assert late <= set(words)
    assert late <= risen(before, after)


def test_a_withdrawn_task_is_cancelled_and_comes_back_as_the_same(march: Database) -> None:
    one = the_task(march, "lecture", "B1", "2026-Q2")
    before = entries(march)
    fewer = catalogue(PARTY_DAY, GROUPS, WINTER, TERM, NOTICE, version="v2")
    apply(march, fewer, today=MARCH, allow_withdrawals=99)

    without = entries(march, rules=fewer)
    assert b"STATUS:CANCELLED\r\n" in without[uid(one)]
    assert number(without[uid(one)], "SEQUENCE") > number(before[uid(one)], "SEQUENCE")

    apply(march, EVERYTHING, today=date(2026, 3, 11))
    again = entries(march, date(2026, 3, 11))
    assert b"CANCELLED" not in again[uid(one)]
    assert number(again[uid(one)], "SEQUENCE") > number(without[uid(one)], "SEQUENCE")
    others = {key for key in again if again[key] != before[key]}
    assert {key.partition("@")[0] for key in others} == {
        f"task-{the_task(march, 'lecture', 'B1', label).id}" for label in ("2026-Q1", "2026-Q2")
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "主题党日活动"},
        {"basis": (Basis(Certainty.VERIFIED, ("duty", "period"), "党员教育管理工作条例", "16"),)},
    ],
)
def test_a_new_title_or_basis_raises_that_duty_only(
    march: Database, changed: dict[str, object]
) -> None:
    before = entries(march)
    other = replace(PARTY_DAY, **changed)  # type: ignore[arg-type]
    rules = catalogue(other, GROUPS, LECTURE, WINTER, TERM, NOTICE, version="v2")
    apply(march, rules, today=date(2026, 3, 11))
    assert risen(before, entries(march, date(2026, 3, 11), rules)) == party_days(march)


def test_a_new_name_raises_what_shows_it(march: Database) -> None:
    before, above = entries(march), entries(march, org="B2")
    load(march, orgs=({**B1, "name": "教工第一党支部"},), today=date(2026, 3, 11))
    assert risen(before, entries(march, date(2026, 3, 11))) == before.keys()
    assert risen(above, entries(march, date(2026, 3, 11), org="B2")) == set()


def test_a_new_address_of_the_site_raises_all(march: Database) -> None:
    before = entries(march)
    moved = replace(SETTINGS, web_address="https://new.example.cn")
    after = entries(march, date(2026, 3, 11), settings=moved)
    assert risen(before, after) == before.keys()


def test_a_date_that_is_certain_now_is_a_change(database: Database) -> None:
    begin = date(2027, 1, 31)
    found_district(database, (E, S, B1), (), starts_on=date(2027, 2, 1))
    rules = catalogue(PARTY_DAY, calendar=CALENDAR)
    apply(database, rules, today=begin, until=date(2027, 2, 28))
    one = the_task(database, "party_day", "B1", "2027-02")
    before = entries(database, begin, rules)
    assert "（暂定）".encode() in before[uid(one)]

    year = replace(CALENDAR.years[2027], status=CalendarStatus.OFFICIAL)
    calendar = replace(CALENDAR, years={**CALENDAR.years, 2027: year})
    sure = catalogue(PARTY_DAY, calendar=calendar, version="sure")
    # The window stays in January, so that the same entries are compared.
    report = apply(database, sure, today=begin, until=date(2027, 2, 28))
    assert report.counts == {}
    after = entries(database, begin, sure)
    assert "（暂定）".encode() not in after[uid(one)]
    assert number(after[uid(one)], "SEQUENCE") == number(before[uid(one)], "SEQUENCE") + 1
