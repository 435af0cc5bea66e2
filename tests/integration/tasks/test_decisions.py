"""What waits for somebody's decision reaches that one; what is sent back reaches who did it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select

from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.access.permissions import person_visitor
from dj_cadence.services.delivery.deliver import deliver
from dj_cadence.services.digest.views import digest_view, digests_of_a_pass
from dj_cadence.services.pages.overview import decisions
from dj_cadence.services.site import Site
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.services.tasks.listing import last_words
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import appointment, org, person
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks.task_list import tasks as task_rows
from tests.world.engine import (
    LECTURE,
    SETTINGS,
    Channel,
    a_site,
    advance_to,
    apply,
    at,
    catalogue,
    found_district,
    morning,
    notices,
    settle_what_ran,
    the_task,
)

THURSDAY, FRIDAY, SATURDAY, MONDAY = (date(2026, 4, day) for day in (9, 10, 11, 13))
RULES = catalogue(replace(LECTURE, confirm=True))
"""党课 once a quarter, by a period of ours that binds nobody, confirmed by the superior."""
WHO = Actor("李书记", at(THURSDAY, 15), THURSDAY)


@pytest.fixture
def site(database: Database) -> Site:
    found_district(database)
    apply(database, RULES, until=date(2026, 9, 30))
    settle_what_ran(database)
    advance_to(database, RULES, THURSDAY)
    with database.write() as session:
        sites.note(session, digest_week="2026-W15")  # Monday's went out
        sites.last_sending_day(session, THURSDAY)
    return a_site(database, Channel())


def hand_up(site: Site, day: date = THURSDAY) -> Any:
    task = the_task(site.database, "lecture", "B1", "2026-Q2")
    who = replace(WHO, now=at(day, 15), today=day)
    with site.database.write() as session:
        record.done(session, RULES, task.id, who, on=THURSDAY)
    return task


def send_back(site: Site, task: Any, reason: str = "没有签到表") -> None:
    who = replace(WHO, name="孙书记")
    with site.database.write() as session:
        superior_decisions.return_(session, RULES, task.id, who, reason=reason)


def letters(site: Site, day: date) -> list[Letter]:
    """What goes out that morning."""
    morning(site.database, RULES, day)
    channel = Channel()
    deliver(
        site.database,
        templates=site.templates,
        notifiers={"email": lambda: channel},
        catalogue=RULES,
        settings=SETTINGS,
        digest_view=digests_of_a_pass(RULES, SETTINGS, day),
        owner="test",
        now=at(day),
    )
    return channel.letters


def subjects(site: Site, day: date) -> list[tuple[str, str]]:
    return [(letter.to, letter.subject) for letter in letters(site, day)]


def waiting_for(site: Site, name: str) -> list[str]:
    """What stands on somebody's start page as theirs to decide."""
    with site.database.read() as session:
        number = session.scalar(select(person.c.id).where(person.c.name == name))
        found = decisions(session, person_visitor(session, number or 0), RULES, THURSDAY)
    return [f"{one.org_name} {one.title}" for one in found]


def leave(site: Site, code: str, office: str) -> None:
    """Nobody holds the office any more."""
    here = select(org.c.id).where(org.c.code == code).scalar_subquery()
    mine = (appointment.c.org_id == here, appointment.c.office == office)
    with site.database.write() as session:
        session.execute(delete(appointment).where(*mine))


def test_what_is_handed_up_is_told_who_decides_though_it_binds_nobody(site: Site) -> None:
    hand_up(site)

    (letter,) = letters(site, FRIDAY)

    assert (letter.to, letter.subject) == ("sun@example.cn", "待您确认：第一党支部党课")
    assert "【待您确认】" in letter.text
    assert "下级已报送，请打开页面确认或退回" in letter.text
    assert "督促" not in letter.text
    assert subjects(site, MONDAY) == [("sun@example.cn", "党建工作周报：下级无逾期，1项待您确认")]


def test_it_stands_on_the_start_page_of_who_decides_and_of_nobody_else(site: Site) -> None:
    hand_up(site)

    assert waiting_for(site, "孙书记") == ["第一党支部 党课"]
    assert [waiting_for(site, name) for name in ("钱书记", "赵干事", "李书记")] == [[], [], []]


def test_the_digest_lists_it_and_goes_out_for_it_alone(site: Site) -> None:
    task = hand_up(site)
    letters(site, FRIDAY)

    (digest,) = letters(site, MONDAY)

    assert digest.to == "sun@example.cn"
    assert "待您确认" in digest.text
    with site.database.read() as session:
        above = session.scalar(select(org.c.id).where(org.c.code == "S")) or 0
        view = digest_view(session, RULES, SETTINGS, above, "2026-W16", today=MONDAY)
    assert [line.task_id for line in view.decisions] == [task.id]


def test_where_nobody_holds_the_deciding_office_the_next_level_is_told(site: Site) -> None:
    leave(site, "S", "书记")
    hand_up(site)

    assert subjects(site, FRIDAY) == [("zhao@example.cn", "待您确认：第一党支部党课")]


def test_a_task_decided_meanwhile_is_not_asked_about(site: Site) -> None:
    task = hand_up(site)
    with site.database.write() as session:
        superior_decisions.accept(session, RULES, task.id, WHO)

    assert subjects(site, FRIDAY) == []
    assert waiting_for(site, "孙书记") == []


def test_what_was_taken_back_before_the_morning_is_not_asked_for(site: Site) -> None:
    task = hand_up(site)
    with site.database.write() as session:
        undo(session, RULES, task.id, WHO, reason="登错了")

    assert [row for row in notices(site.database, task.id) if row[0] == "decide"] == [
        ("decide", 0, THURSDAY, "moved")
    ]
    assert subjects(site, FRIDAY) == []


def test_what_is_handed_up_on_a_day_off_is_told_on_the_next_working_day_and_not_as_late(
    site: Site,
) -> None:
    hand_up(site, SATURDAY)

    assert letters(site, SATURDAY) == []
    (letter,) = letters(site, MONDAY)
    assert "补发" not in letter.subject + letter.text


def test_what_is_sent_back_comes_with_its_reason_to_who_must_do_it_again(site: Site) -> None:
    task = hand_up(site)
    send_back(site, task)

    (letter,) = letters(site, FRIDAY)

    assert (letter.to, letter.subject[:9]) == ("li@example.cn", "退回重办：党课，最")
    assert "【上级退回，请重新办理】" in letter.text
    assert "退回原因：没有签到表" in letter.text
    with site.database.read() as session:
        rows = task_rows(session, RULES, today=FRIDAY, ids=[task.id])
        assert last_words(session, rows)[task.id].sent_back == "没有签到表"


def test_the_reason_is_shown_until_it_is_handed_up_again(site: Site) -> None:
    task = hand_up(site)
    send_back(site, task)
    advance_to(site.database, RULES, FRIDAY)
    with site.database.write() as session:
        record.done(session, RULES, task.id, WHO, on=THURSDAY)

    with site.database.read() as session:
        rows = task_rows(session, RULES, today=FRIDAY, ids=[task.id])
        assert [row.state for row in rows] == ["submitted"]
        assert last_words(session, rows)[task.id].sent_back == ""
    assert subjects(site, FRIDAY) == [("sun@example.cn", "待您确认：第一党支部党课")]


def test_what_was_sent_back_by_mistake_waits_for_the_superior_again(site: Site) -> None:
    task = hand_up(site)
    send_back(site, task)
    with site.database.write() as session:
        undo(session, RULES, task.id, WHO, reason="看错了")

    assert waiting_for(site, "孙书记") == ["第一党支部 党课"]
    assert subjects(site, FRIDAY) == [("sun@example.cn", "待您确认：第一党支部党课")]
