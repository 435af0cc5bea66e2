"""Who takes over an office gets one list of what is open."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import appointment, notice, person
from tests.world.engine import Channel, a_site, at, holds, load

MARCH = date(2026, 3, 2)
HANDOVER = date(2026, 3, 18)


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def site(shipped_district: Database, channel: Channel) -> Site:
    return a_site(shipped_district, channel)


def walk(site: Site, since: date, until: date) -> None:
    day = since
    while day <= until:
        tick(site, at(day), owner="test")
        day += DAY


def hand_over(site: Site, *more: Any, email: str = "zheng@example.cn") -> None:
    rows = [
        holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-17"),
        holds("T", "书记", "郑书记", email, since="2026-03-18"),
        *more,
    ]
    load(site.database, (), rows, today=HANDOVER)


def to(channel: Channel, address: str) -> list[Any]:
    return [one for one in channel.letters if one.to == address]


def of_newcomers(site: Site) -> list[tuple[str, str]]:
    """(name, outcome) of each notice to somebody new."""
    query = (
        select(person.c.name, notice.c.outcome)
        .join_from(notice, person, person.c.id == notice.c.person_id)
        .where(notice.c.reminder_step == "newcomer")
        .distinct()
    )
    with site.database.read() as session:
        return sorted(tuple(row) for row in session.execute(query))


def test_nobody_is_new_when_a_site_begins(site: Site) -> None:
    walk(site, MARCH, MARCH)

    assert of_newcomers(site) == []
    with site.database.read() as session:
        assert set(session.scalars(select(appointment.c.handover_notified_on))) == {MARCH}


def test_a_newcomer_gets_one_list_of_what_is_open(site: Site, channel: Channel) -> None:
    walk(site, MARCH, date(2026, 3, 17))
    hand_over(site)

    walk(site, HANDOVER, date(2026, 3, 27))

    first, *_ = to(channel, "zheng@example.cn")
    assert first.date[:10] == "2026-03-18"
    assert first.subject.startswith("任职提醒：您接手时有")
    assert "您新到任，这些是本组织现在要办的事，已随职务交接给您。" in first.text
    assert "主题党日（2026年3月）" in first.text
    assert [one.date[:10] for one in to(channel, "wu@example.cn")][-1] < "2026-03-18"
    assert of_newcomers(site) == [("郑书记", "sent")]
    assert all("任职" not in one.subject for one in to(channel, "zheng@example.cn")[1:])


def test_a_notice_of_the_same_day_is_in_the_newcomers_list_once(
    site: Site, channel: Channel
) -> None:
    walk(site, MARCH, date(2026, 3, 31))
    rows = [
        holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-31"),
        holds("T", "书记", "郑书记", "zheng@example.cn", since="2026-04-01"),
    ]
    load(site.database, (), rows, today=date(2026, 4, 1))

    walk(site, date(2026, 4, 1), date(2026, 4, 1))  # the month's list, and March is to be recorded

    (letter,) = to(channel, "zheng@example.cn")
    assert letter.text.count("主题党日（2026年3月）") == 1
    assert letter.text.count("主题党日（2026年4月）") == 1


def test_taking_office_on_a_day_off_is_told_on_the_next_working_day(
    site: Site, channel: Channel
) -> None:
    walk(site, MARCH, date(2026, 3, 20))
    rows = [
        holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-20"),
        holds("T", "书记", "郑书记", "zheng@example.cn", since="2026-03-21"),
    ]
    load(site.database, (), rows, today=date(2026, 3, 21))

    walk(site, date(2026, 3, 21), date(2026, 3, 24))

    assert next(one.date[:10] for one in to(channel, "zheng@example.cn")) == "2026-03-23"


def test_two_new_offices_are_one_list(site: Site, channel: Channel) -> None:
    walk(site, MARCH, date(2026, 3, 17))
    hand_over(site, holds("T", "校长", "郑书记", "zheng@example.cn", since="2026-03-18"))

    walk(site, HANDOVER, HANDOVER)

    (letter,) = to(channel, "zheng@example.cn")
    assert letter.text.count("主题党日（2026年3月）") == 1


def test_an_acting_secretary_is_new_and_the_regular_one_back_is_not(
    site: Site, channel: Channel
) -> None:
    walk(site, MARCH, date(2026, 3, 17))
    acting = holds(
        *("T", "书记", "郑书记", "zheng@example.cn"),
        since="2026-03-18",
        until="2026-03-20",
        nature="代理",
    )
    load(site.database, (), [acting], today=HANDOVER)

    walk(site, HANDOVER, date(2026, 3, 27))

    assert next(one.date[:10] for one in to(channel, "zheng@example.cn")) == "2026-03-18"
    assert of_newcomers(site) == [("郑书记", "sent")]


def test_a_newcomer_without_an_address_is_told_by_the_deputy(site: Site, channel: Channel) -> None:
    walk(site, MARCH, date(2026, 3, 17))
    hand_over(site, holds("T", "副书记", "冯副书记", "feng@example.cn"), email="")

    walk(site, HANDOVER, HANDOVER)

    (letter,) = to(channel, "feng@example.cn")
    assert "请代为转告书记郑书记" in letter.text


def test_a_deputy_stands_in_for_a_vacant_secretary(site: Site, channel: Channel) -> None:
    rows = [
        holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-01"),
        holds("T", "副书记", "冯副书记", "feng@example.cn"),
    ]
    load(site.database, (), rows, today=MARCH)

    walk(site, MARCH, MARCH)

    (letter,) = to(channel, "feng@example.cn")
    assert "请代为转告" not in letter.text
    assert "主题党日（2026年3月）" in letter.text
