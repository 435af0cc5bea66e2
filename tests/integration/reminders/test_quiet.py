"""Quiet periods: held, then said once, and the law goes on; on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.digest.making import requested_digest
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.reminders import quiet_periods
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.services.tasks.record import missed
from dj_cadence.store.core.database import Database
from dj_cadence.store.reminders import quiet_periods as quiets
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import digest, notice, task
from tests.world.engine import Channel, a_site, apply, at, holds, load, tasks
from tests.world.escalation import RULES, live, outcomes, rules

MARCH = date(2026, 3, 2)


def hush(
    database: Database,
    code: str,
    since: date,
    until: date,
    today: date = MARCH,
    reason: str = "放假",
) -> None:
    with database.write() as session:
        actor = Actor("x", at(today), today)
        quiet_periods.add(session, code, actor, since=since, until=until, reason=reason)


def walk(site: Site, since: date, until: date) -> None:
    day = since
    while day <= until:
        tick(site, at(day), owner="test")
        day += DAY


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def site(shipped_district: Database, channel: Channel) -> Site:
    return a_site(shipped_district, channel)


def to(channel: Channel, address: str) -> list[str]:
    return [one.date[:10] for one in channel.letters if one.to == address]


def test_a_reminder_in_a_quiet_period_is_sent_once_afterwards(site: Site, channel: Channel) -> None:
    hush(site.database, "S", MARCH, date(2026, 3, 15), reason="学校停课")

    walk(site, MARCH, date(2026, 3, 16))

    assert to(channel, "wu@example.cn")[0] == "2026-03-02"  # next door is spoken to
    assert to(channel, "li@example.cn") == ["2026-03-16"]
    (letter,) = [one for one in channel.letters if one.to == "li@example.cn"]
    assert "暂缓提醒期（学校停课）已过，期间的提醒合并发给您。" in letter.text
    assert "补发" not in letter.subject + letter.text
    assert letter.text.count("主题党日（2026年3月）") == 2  # of two branches, each once
    with site.database.read() as session:
        due = notice.c.due_on <= date(2026, 3, 16)
        left = select(notice.c.id).where(notice.c.outcome == "", due)
        assert session.execute(left).all() == []


def test_after_an_outage_on_top_of_it_the_message_is_labelled_late(
    site: Site, channel: Channel
) -> None:
    hush(site.database, "B1", MARCH, date(2026, 3, 8))

    walk(site, date(2026, 3, 10), date(2026, 3, 10))

    (letter,) = [one for one in channel.letters if one.to == "li@example.cn"]
    assert "补发" in letter.subject


def test_the_whole_site_is_quiet_and_the_next_digest_covers_it(
    site: Site, channel: Channel
) -> None:
    hush(site.database, "", MARCH, date(2026, 3, 20))

    walk(site, MARCH, date(2026, 3, 20))
    assert {"换届提醒" in one.text for one in channel.letters} == {True}  # the law does not wait
    assert not any("主题党日" in one.text for one in channel.letters)
    with site.database.read() as session:
        assert session.scalars(select(digest.c.week)).all() == []

    walk(site, date(2026, 3, 23), date(2026, 3, 23))
    assert {one.to for one in channel.letters} >= {"li@example.cn", "zhao@example.cn"}
    with site.database.read() as session:
        assert set(session.scalars(select(digest.c.week))) == {"2026-W13"}


def test_a_superiors_own_quiet_leaves_its_news_to_the_next_digest(
    site: Site, channel: Channel
) -> None:
    """The school is quiet on the 13th of April, its district is not."""
    walk(site, MARCH, date(2026, 4, 9))
    with site.database.write() as session:
        chosen = next(
            row.id
            for row in tasks(site.database, "theme_party_day", "B1")
            if row.state == "overdue"
        )
        thursday = date(2026, 4, 9)
        who = Actor("x", at(thursday, 17), thursday)
        missed(session, applied_catalogue(session), chosen, who, reason="停课")
    hush(site.database, "S", date(2026, 4, 11), date(2026, 4, 19), date(2026, 4, 11))

    walk(site, date(2026, 4, 10), date(2026, 4, 20))

    told = {one.to: one.text for one in channel.letters if "2026-04-20" in one.date}
    school, district = told["sun@example.cn"], told["zhao@example.cn"]
    assert "未按期开展1项" in school
    assert "停课" in school
    assert "【新增逾期】" in school
    assert "停课" not in district
    assert "【新增逾期】" not in district
    with site.database.read() as session:
        rules = applied_catalogue(session)
        since = {
            code: requested_digest(
                session, rules, site.settings, orgs.find_org(session, code), today=date(2026, 4, 20)
            ).since
            for code in ("E", "S")
        }
    assert since == {"E": date(2026, 4, 13), "S": date(2026, 4, 7)}  # the 6th is a holiday


def test_a_quiet_period_can_be_ended_early(site: Site, channel: Channel) -> None:
    hush(site.database, "S", MARCH, date(2026, 3, 31))
    walk(site, MARCH, date(2026, 3, 5))
    with site.database.write() as session:
        (row,) = quiets.every(session)
        quiet_periods.end(session, row.id, date(2026, 3, 6))

    walk(site, date(2026, 3, 6), date(2026, 3, 6))

    assert to(channel, "li@example.cn") == ["2026-03-06"]
    with site.database.read() as session:
        assert [row.until for row in quiets.every(session)] == [date(2026, 3, 5)]


def test_ending_a_quiet_period_before_it_begins_removes_it(site: Site) -> None:
    hush(site.database, "S", date(2026, 7, 10), date(2026, 8, 20))
    with site.database.write() as session:
        quiet_periods.end(session, quiets.every(session)[0].id, MARCH)
        assert quiets.every(session) == []


def test_a_settled_task_is_not_spoken_of_afterwards(site: Site, channel: Channel) -> None:
    hush(site.database, "T", MARCH, date(2026, 3, 8))
    walk(site, MARCH, date(2026, 3, 6))
    with site.database.write() as session:
        session.execute(update(task).values(state="done", next_on=None))

    walk(site, date(2026, 3, 9), date(2026, 3, 9))

    assert to(channel, "wu@example.cn") == []


def test_terms_and_their_escalation_do_not_wait(late: Database) -> None:
    hush(late, "", date(2026, 8, 20), date(2026, 10, 20), date(2026, 8, 20))

    said = live(late, date(2026, 9, 1), date(2026, 9, 30))

    assert [(day, level) for day, _, level, _ in said] == [
        (date(2026, 9, 1), 0),
        (date(2026, 9, 8), 1),
        (date(2026, 9, 21), 2),
    ]


@pytest.mark.parametrize("code", ["B1", "S"])
def test_where_the_plan_waits_superiors_are_told_after_it(late: Database, code: str) -> None:
    waits = replace(RULES.plans["term"], through_quiet=False)
    own = rules(plan=waits)
    apply(late, own, today=date(2026, 8, 20), until=date(2026, 12, 31))
    hush(late, code, date(2026, 8, 20), date(2026, 9, 20), date(2026, 8, 20))

    live(late, date(2026, 9, 1), date(2026, 10, 30), own)

    assert [(level, day) for level, _, day, *_ in outcomes(late)] == [
        (1, date(2026, 9, 29)),  # five working days after 09-21, when its 书记 was told
        (2, date(2026, 10, 19)),
    ]


def test_a_newcomer_hears_after_it(site: Site, channel: Channel) -> None:
    walk(site, MARCH, date(2026, 3, 6))
    hush(site.database, "T", date(2026, 3, 7), date(2026, 3, 15))
    new = [
        holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-08"),
        holds("T", "书记", "郑书记", "zheng@example.cn", since="2026-03-09"),
    ]
    load(site.database, (), new, today=date(2026, 3, 9))

    walk(site, date(2026, 3, 9), date(2026, 3, 17))

    assert to(channel, "zheng@example.cn") == ["2026-03-16"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reason": " "}, "请用 --reason 写明原因。"),
        ({"until": date(2026, 3, 1), "since": date(2026, 3, 1)}, "--until 2026-03-01 已经过去。"),
        ({"until": date(2026, 3, 3)}, "--until 2026-03-03 早于 --from 2026-03-10。"),
        ({"until": date(2026, 8, 1)}, "暂缓提醒期最长 100 天"),
        ({"org_code": "Z"}, "没有代码为“Z”的组织"),
    ],
)
def test_a_quiet_period_that_makes_no_sense_is_refused(
    planned: Database, changes: dict[str, Any], why: str
) -> None:
    asked: dict[str, Any] = {
        "org_code": "S",
        "since": date(2026, 3, 10),
        "until": date(2026, 3, 20),
        "reason": "放假",
    }
    with planned.write() as session, pytest.raises(Refused, match=why):
        quiet_periods.add(session, actor=Actor("x", at(MARCH), MARCH), **{**asked, **changes})


def test_two_that_begin_alike_are_one(planned: Database) -> None:
    hush(planned, "S", MARCH, date(2026, 3, 8))

    with pytest.raises(Refused, match="已有一段从"):
        hush(planned, "S", MARCH, date(2026, 3, 9))
