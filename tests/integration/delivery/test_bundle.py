"""One message per person and day, on both databases."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select, update

from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.digest.making import order_digest
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import address, appointment, digest, message, notice, org, person, task
from dj_cadence.store.site import site as sites
from tests.world.builder import add
from tests.world.engine import (
    EVERYTHING,
    SETTINGS,
    Channel,
    a_site,
    advance_to,
    at,
    holds,
    load,
    morning,
    tasks,
    the_task,
)

MONDAY = date(2026, 3, 2)


def messages(database: Database, day: date | None = None) -> list[tuple[Any, ...]]:
    """(name, day, kind, late, [(organization, duty, rung, relay), …]) of each message."""
    with database.read() as session:
        found = session.execute(
            select(message, person.c.name)
            .join(person, person.c.id == message.c.person_id)
            .order_by(message.c.day, person.c.id)
        ).all()
        hanging = session.execute(
            select(notice, org.c.code, task.c.duty)
            .join(task, task.c.id == notice.c.task_id)
            .join(org, org.c.id == task.c.org_id)
            .order_by(org.c.position, task.c.duty, notice.c.due_on, notice.c.reminder_step)
        ).all()
    return [
        (
            row.name,
            row.day,
            row.kind,
            row.late,
            [(n.code, n.duty, n.reminder_step, n.relay) for n in hanging if n.message_id == row.id],
        )
        for row in found
        if day in (None, row.day)
    ]


def sent(database: Database) -> None:
    """Every message went out."""
    with database.write() as session:
        session.execute(update(message).values(state="sent", send_at=None))
        session.execute(
            update(notice)
            .where(notice.c.message_id.is_not(None), notice.c.outcome == "")
            .values(outcome="sent")
        )


def outcomes(database: Database) -> dict[str, int]:
    with database.read() as session:
        found = session.scalars(select(notice.c.outcome)).all()
    return {outcome: found.count(outcome) for outcome in sorted(set(found))}


def test_a_person_gets_one_message_for_all_organizations_and_offices(planned: Database) -> None:
    assert morning(planned, EVERYTHING, MONDAY) == 4

    assert messages(planned) == [
        ("赵干事", MONDAY, "digest", False, []),  # of what data is missing
        # No clerk at the committee: its 书记 is asked. It should have been told in February.
        ("孙书记", MONDAY, "bundle", False, [("S", "notice", "asked", "")]),
        (
            "李书记",  # no 党小组长 either
            MONDAY,
            "bundle",
            False,
            [
                ("B1", "groups", "list", ""),
                ("B1", "party_day", "list", ""),
                ("B1", "party_day", "nudge", ""),
                ("B2", "party_day", "list", ""),
            ],
        ),
        ("吴书记", MONDAY, "bundle", False, [("T", "party_day", "list", "")]),
    ]


@pytest.mark.parametrize(
    ("day", "hour", "minute"),
    [
        (date(2026, 3, 1), 8, 30),  # Sunday
        (date(2026, 3, 2), 8, 29),
        (date(2026, 4, 6), 9, 0),  # 清明
    ],
)
def test_nothing_goes_out_on_a_day_off_or_before_the_hour(
    planned: Database, day: date, hour: int, minute: int
) -> None:
    advance_to(planned, EVERYTHING, day)

    assert bundle(planned, EVERYTHING, SETTINGS, now=at(day, hour, minute)) == 0
    assert messages(planned) == []


def test_the_hour_is_the_sites(planned: Database) -> None:
    advance_to(planned, EVERYTHING, MONDAY)
    at_noon = replace(SETTINGS, send_at=time(12))

    assert bundle(planned, EVERYTHING, at_noon, now=at(MONDAY, 11, 59)) == 0
    assert bundle(planned, EVERYTHING, at_noon, now=at(MONDAY, 12, 0)) == 4


def test_nothing_goes_out_while_sending_is_off_and_nothing_is_lost(planned: Database) -> None:
    with planned.write() as session:
        sites.set_sending(session, sending=False, home="")
    assert morning(planned, EVERYTHING, MONDAY) == 0
    assert messages(planned) == []

    with planned.write() as session:
        sites.set_sending(session, sending=True, home="")
    assert morning(planned, EVERYTHING, date(2026, 3, 4)) == 4
    (last,) = [row for row in messages(planned) if row[0] == "吴书记"]
    assert last == ("吴书记", date(2026, 3, 4), "bundle", True, [("T", "party_day", "list", "")])


def test_a_second_pass_of_the_day_adds_nothing(planned: Database) -> None:
    morning(planned, EVERYTHING, MONDAY)
    before = messages(planned)

    assert morning(planned, EVERYTHING, MONDAY) == 0
    sent(planned)
    assert bundle(planned, EVERYTHING, SETTINGS, now=at(MONDAY, 15)) == 0
    assert messages(planned) == before


def add_notice(database: Database, org_code: str, due_on: date) -> None:
    row = the_task(database, "party_day", org_code, "2026-03")
    with database.write() as session:
        said = {"task_id": row.id, "due_revision": 9, "reminder_step": "asked"}
        add(session, notice, said, due_on=due_on)


def test_a_notice_after_todays_message_waits_for_tomorrow(planned: Database) -> None:
    morning(planned, EVERYTHING, MONDAY)
    sent(planned)
    add_notice(planned, "T", MONDAY)

    assert bundle(planned, EVERYTHING, SETTINGS, now=at(MONDAY, 15)) == 0
    assert bundle(planned, EVERYTHING, SETTINGS, now=at(date(2026, 3, 3))) == 1
    assert messages(planned, date(2026, 3, 3))[0][4] == [("T", "party_day", "asked", "")]


def test_what_comes_before_the_message_is_written_still_joins_it(planned: Database) -> None:
    morning(planned, EVERYTHING, MONDAY)
    add_notice(planned, "T", MONDAY)

    assert bundle(planned, EVERYTHING, SETTINGS, now=at(MONDAY, 8, 31)) == 0
    (mine,) = [row for row in messages(planned) if row[0] == "吴书记"]
    assert sorted(reminder_step for _, _, reminder_step, _ in mine[4]) == ["asked", "list"]


@pytest.mark.parametrize("state", ["gave_up", "superseded", "settled"])
def test_a_message_that_reached_nobody_is_not_the_days_one(planned: Database, state: str) -> None:
    morning(planned, EVERYTHING, MONDAY)
    with planned.write() as session:
        session.execute(update(notice).values(message_id=None))
        session.execute(update(digest).values(message_id=None))
        session.execute(update(message).values(state=state, send_at=None))

    assert bundle(planned, EVERYTHING, SETTINGS, now=at(MONDAY, 9)) == 4
    assert len(messages(planned)) == 8


@pytest.mark.parametrize("state", ["sent", "gave_up", "settled"])
def test_a_digest_that_was_asked_for_is_outside_the_limit(planned: Database, state: str) -> None:
    site = a_site(planned, Channel())
    with planned.write() as session:
        above = orgs.find_org(session, "S")
        assert order_digest(session, EVERYTHING, site, above, now=at(MONDAY, 7)) == "sun@example.cn"
        assert order_digest(session, EVERYTHING, site, above, now=at(MONDAY, 7)) == "sun@example.cn"
        session.execute(update(message).values(state=state, send_at=None))

    morning(planned, EVERYTHING, MONDAY)

    assert [row[0] for row in messages(planned)].count("孙书记") == 3


# --- who is written to --------------------------------------------------------------------------


def mine(database: Database, name: str, duty: str) -> list[tuple[Any, ...]]:
    return [
        line for row in messages(database) if row[0] == name for line in row[4] if line[1] == duty
    ]


def test_someone_without_an_address_is_told_by_the_secretary(planned: Database) -> None:
    load(planned, (), [holds("B1", "党小组长", "周组长")])

    morning(planned, EVERYTHING, MONDAY)

    assert mine(planned, "李书记", "groups") == [("B1", "groups", "list", "党小组长周组长")]


def test_the_holder_of_the_office_is_told(planned: Database) -> None:
    load(planned, (), [holds("B1", "党小组长", "周组长", "zhou@example.cn")])

    morning(planned, EVERYTHING, MONDAY)

    assert mine(planned, "周组长", "groups") == [("B1", "groups", "list", "")]
    assert mine(planned, "李书记", "groups") == []


def test_an_address_found_bad_is_none(planned: Database) -> None:
    with planned.write() as session:
        session.execute(
            update(address).where(address.c.value == "wu@example.cn").values(state="bad")
        )

    morning(planned, EVERYTHING, MONDAY)

    assert mine(planned, "吴书记", "party_day") == []
    assert outcomes(planned)["no_addressee"] == 1


def test_a_vacant_secretary_leaves_nobody_and_that_is_said_once(planned: Database) -> None:
    with planned.write() as session:
        session.execute(
            update(appointment)
            .where(appointment.c.org_id == orgs.find_org(session, "T").id)
            .values(until=date(2026, 3, 1))
        )

    morning(planned, EVERYTHING, MONDAY)
    morning(planned, EVERYTHING, date(2026, 3, 3))

    assert [row[0] for row in messages(planned)] == ["赵干事", "孙书记", "李书记"]
    assert outcomes(planned) == {"": 4, "folded": 1, "no_addressee": 1}


def test_whoever_holds_the_office_on_the_day_of_the_message_is_told(planned: Database) -> None:
    load(
        planned,
        (),
        [
            holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-01"),
            holds("T", "书记", "郑书记", "zheng@example.cn", since="2026-03-02"),
        ],
    )

    morning(planned, EVERYTHING, MONDAY)

    assert mine(planned, "郑书记", "party_day") == [("T", "party_day", "list", "")]


def test_a_task_settled_before_anyone_was_told_is_not_spoken_of(planned: Database) -> None:
    advance_to(planned, EVERYTHING, MONDAY)
    with planned.write() as session:
        row = the_task(planned, "party_day", "T", "2026-03")
        session.execute(update(task).where(task.c.id == row.id).values(state="done"))

    bundle(planned, EVERYTHING, SETTINGS, now=at(MONDAY))

    assert [row[0] for row in messages(planned)] == ["赵干事", "孙书记", "李书记"]
    assert outcomes(planned)["settled_before"] == 1


# --- the digest rides along ----------------------------------------------------------------------


def test_the_digest_is_part_of_the_days_one_message(planned: Database) -> None:
    day = date(2026, 4, 13)  # a Monday; March is overdue since the 9th
    assert morning(planned, EVERYTHING, day) == 4

    assert [(row[0], row[2], len(row[4]) > 0) for row in messages(planned)] == [
        ("赵干事", "digest", False),
        ("孙书记", "digest", True),
        ("李书记", "bundle", True),
        ("吴书记", "bundle", True),
    ]
    with planned.read() as session:
        query = select(org.c.code, digest.c.week).join(digest).order_by(org.c.position)
        assert [tuple(row) for row in session.execute(query)] == [
            ("E", "2026-W16"),
            ("S", "2026-W16"),
        ]


def test_a_digest_is_made_once_a_week(planned: Database) -> None:
    for day in (13, 14, 15):
        morning(planned, EVERYTHING, date(2026, 4, day))
        sent(planned)

    assert [row[1] for row in messages(planned) if row[2] == "digest"] == [date(2026, 4, 13)] * 2


def test_two_digests_of_one_reader_are_one_message(planned: Database) -> None:
    load(planned, (), [holds("S", "党务工作者", "赵干事", "zhao@example.cn")])

    morning(planned, EVERYTHING, date(2026, 4, 13))

    assert [row[2] for row in messages(planned) if row[0] == "赵干事"] == ["digest"]
    with planned.read() as session:
        assert len(set(session.scalars(select(digest.c.message_id)))) == 1


def test_every_notice_of_the_morning_is_somewhere(planned: Database) -> None:
    morning(planned, EVERYTHING, date(2026, 4, 14))

    with planned.read() as session:
        lost = select(notice.c.id).where(notice.c.message_id.is_(None), notice.c.outcome == "")
        assert session.scalars(lost).all() == []
        assert len(session.scalars(select(notice.c.id)).all()) > len(tasks(planned)) / 4
