"""A whole pass, on both databases: what is owed is told once, whatever happened before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Blame, DeliveryError, Refused
from dj_cadence.services.audit import audit
from dj_cadence.services.operations.tick import TickReport, tick
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site, count_pass, hold_if_moved, switch_sending
from dj_cadence.services.tasks.record import done
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import address, attempt, message, notice, plan_snapshot, site, task
from dj_cadence.store.site import site as sites
from tests.world.engine import CALENDAR, START, Channel, a_site, at, everything, found_district


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def engine(shipped_district: Database, channel: Channel) -> Site:
    return a_site(shipped_district, channel)


def walk(engine: Site, first: date, last: date) -> Iterator[tuple[date, TickReport]]:
    day = first
    while day <= last:
        yield day, tick(engine, at(day), owner="test")
        day += DAY


def per_person_and_day(channel: Channel) -> Counter[tuple[str, str]]:
    return Counter((letter.to, letter.date[:10]) for letter in channel.letters)


def open_notices(database: Database) -> list[Any]:
    with database.read() as session:
        query = select(notice).where(notice.c.outcome == "")
        return list(session.execute(query))


def test_six_weeks_of_days_tells_nobody_twice_a_day_and_nobody_on_a_day_off(
    engine: Site, channel: Channel
) -> None:
    for _ in walk(engine, START, date(2026, 4, 14)):
        pass

    assert max(per_person_and_day(channel).values()) == 1
    days = {datetime.fromisoformat(letter.date).date() for letter in channel.letters}
    assert all(CALENDAR.is_working_day(day) for day in days)
    assert open_notices(engine.database) == []
    assert len({letter.message_id for letter in channel.letters}) == len(channel.letters)


def test_a_second_pass_of_the_same_minute_does_nothing(engine: Site, channel: Channel) -> None:
    first = tick(engine, at(date(2026, 3, 2)), owner="test")
    before = everything(engine.database)

    again = tick(engine, at(date(2026, 3, 2)), owner="test")

    assert first.rolled
    assert first.bundled == first.sent == len(channel.letters) > 0
    assert again == TickReport(rolled=False, advanced=0, bundled=0, sent=0)
    assert everything(engine.database) == before


def test_after_30_days_of_outage_each_person_gets_one_message_that_says_it_is_late(
    engine: Site, channel: Channel
) -> None:
    tick(engine, at(date(2026, 3, 2)), owner="test")
    channel.letters.clear()

    tick(engine, at(date(2026, 4, 2)), owner="test")
    tick(engine, at(date(2026, 4, 2), 15), owner="test")

    assert sorted(letter.to for letter in channel.letters) == sorted(
        {letter.to for letter in channel.letters}
    )
    assert {"li@example.cn", "wu@example.cn"} <= {letter.to for letter in channel.letters}
    assert all(
        "补发" in letter.subject
        for letter in channel.letters
        if letter.to in ("li@example.cn", "wu@example.cn")
    )
    assert open_notices(engine.database) == []


def test_a_channel_that_is_down_for_days_ends_in_one_message(
    engine: Site, channel: Channel
) -> None:
    channel.fault = DeliveryError("451 later")
    for _ in walk(engine, date(2026, 3, 2), date(2026, 3, 10)):
        pass
    assert channel.letters == []

    channel.fault = None
    tick(engine, at(date(2026, 3, 11), 12), owner="test")
    tick(engine, at(date(2026, 3, 11), 16), owner="test")

    assert set(per_person_and_day(channel).values()) == {1}
    assert open_notices(engine.database) == []


def test_a_refused_address_goes_to_the_secretary_or_is_reported(
    engine: Site, channel: Channel
) -> None:
    gone = DeliveryError("550 no such user", Blame.ADDRESS)
    channel.faults = {"li@example.cn": gone, "wu@example.cn": gone}
    tick(engine, at(date(2026, 3, 2)), owner="test")
    tick(engine, at(date(2026, 3, 2), 9), owner="test")

    with engine.database.read() as session:
        found = set(session.scalars(select(notice.c.outcome)))
        bad = set(session.scalars(select(address.c.value).where(address.c.state == "bad")))
    assert bad == {"li@example.cn", "wu@example.cn"}
    assert bad.isdisjoint(letter.to for letter in channel.letters)
    assert found <= {"folded", "no_addressee", "sent"}
    assert "no_addressee" in found


def test_a_process_that_died_while_sending_leaves_one_message_for_the_day(
    engine: Site, channel: Channel
) -> None:
    tick(engine, at(date(2026, 3, 31)), owner="test")
    with engine.database.write() as session:  # as if it had died before it heard the answer
        last = session.scalars(select(message.c.id).order_by(message.c.id.desc())).first()
        mine = message.c.id == last
        session.execute(
            update(message)
            .where(mine)
            .values(
                state="leased",
                sent_at=None,
                lease_by="dead",
                lease_until=at(date(2026, 3, 31), 8, 40),
                send_at=at(date(2026, 3, 31)),
            )
        )
        session.execute(update(notice).where(notice.c.message_id == last).values(outcome=""))
        session.execute(
            update(attempt).where(attempt.c.message_id == last).values(outcome="sending")
        )
        to = session.scalars(select(message.c.address).where(mine)).one()
    channel.letters.clear()

    tick(engine, at(date(2026, 4, 1)), owner="test")

    assert [letter.to for letter in channel.letters].count(to) == 1


def test_a_site_that_was_copied_sends_nothing(engine: Site, channel: Channel) -> None:
    with engine.database.write() as session:
        session.execute(update(site).values(home="/somewhere/else"))

    report = tick(engine, at(date(2026, 3, 2)), owner="test")

    assert (report.bundled, report.sent) == (0, 0)
    assert channel.letters == []
    assert switch_sending(engine, on=True, today=date(2026, 3, 2)) > 0

    assert tick(engine, at(date(2026, 3, 2), 9), owner="test").sent == 0  # may have gone out there
    advance = tick(engine, at(date(2026, 4, 1)), owner="test")
    assert advance.sent == len(channel.letters) > 0


def test_before_the_first_apply_a_pass_is_refused(database: Database, channel: Channel) -> None:
    found_district(database)

    with pytest.raises(Refused, match="还没有应用过规则"):
        tick(a_site(database, channel), at(START), owner="test")


def test_the_plan_rolls_on_by_itself(engine: Site) -> None:
    def furthest() -> date:
        with engine.database.read() as session:
            return max(session.scalars(select(task.c.due).where(task.c.duty == "theme_party_day")))

    tick(engine, at(START), owner="test")
    before = furthest()

    tick(engine, at(date(2026, 5, 4)), owner="test")

    assert furthest() > before


def test_what_is_done_in_the_evening_is_not_in_the_next_mornings_message(
    engine: Site, channel: Channel
) -> None:
    tick(engine, at(date(2026, 3, 31), 18), owner="test")
    channel.letters.clear()
    with engine.database.write() as session:
        rules = applied_catalogue(session)
        owed = task.c.state.in_(["open", "unrecorded", "overdue"])
        months = session.scalars(select(task.c.id).where(owed, task.c.period == "2026-03")).all()
        for task_id in [*months, *months]:
            row = session.execute(select(task).where(task.c.id == task_id)).one()
            if row.amount < row.target:
                now = at(date(2026, 3, 31), 19)
                done(session, rules, task_id, Actor("x", now, now.date()), on=now.date())

    tick(engine, at(date(2026, 4, 1)), owner="test")

    assert channel.letters != []
    assert not any("3月" in letter.subject for letter in channel.letters)


def test_a_pass_with_nothing_due_is_one_statement_and_no_commit(engine: Site) -> None:
    tick(engine, at(date(2026, 3, 4), 10, 0), owner="test")
    statements: list[str] = []
    commits: list[object] = []
    event.listen(
        engine.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    event.listen(engine.database.engine, "commit", commits.append)

    report = tick(engine, at(date(2026, 3, 4), 10, 1), owner="test")

    assert report == TickReport(rolled=False, advanced=0, bundled=0, sent=0)
    assert len([one for one in statements if one != "BEGIN"]) == 1
    assert commits == []


def test_now_and_then_an_idle_pass_leaves_a_sign_of_life(engine: Site) -> None:
    tick(engine, at(date(2026, 3, 4), 10, 0), owner="test")
    seen = []
    for minute in (1, 4, 5, 6, 10):
        tick(engine, at(date(2026, 3, 4), 10, minute), owner="test")
        with engine.database.read() as session:
            seen.append(session.scalar(select(site.c.last_tick)))

    first, fifth, tenth = (at(date(2026, 3, 4), 10, minute) for minute in (0, 5, 10))
    assert seen == [first, first, fifth, fifth, tenth]


def test_a_rule_that_cannot_be_worked_out_holds_up_nobody_else(
    engine: Site, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    tick(engine, at(START), owner="test")  # the plan is rolled; from now on chains stay
    with engine.database.write() as session:
        session.execute(insert(plan_snapshot).values(id=999, hash="bad", content={"steps": 1}))
        poisoned = session.scalars(
            update(task)
            .where(task.c.duty == "theme_party_day")
            .values(plan_snapshot_id=999)
            .returning(task.c.id)
        ).all()
    assert poisoned

    tick(engine, at(date(2026, 3, 2)), owner="test")

    assert channel.letters != []
    with engine.database.read() as session:
        said = set(session.scalars(select(notice.c.task_id)))
        due = session.scalars(
            select(task.c.next_on).where(
                task.c.id.in_(poisoned), task.c.next_on <= date(2026, 3, 3)
            )
        ).all()
    assert set(due) == {date(2026, 3, 3)}
    assert said.isdisjoint(poisoned)
    assert said != set()
    told = [one.getMessage() for one in caplog.records if "task_faulty" in one.getMessage()]
    assert 0 < len(told) < len(due)  # once for those alike, not for each task
    with engine.database.write() as session:
        session.execute(update(task).where(task.c.id.in_(poisoned)).values(next_on=None))
    found = {one.kind for one in audit(engine, at(date(2026, 3, 2)))}
    assert found.isdisjoint({"look_broken", "task_without_next_day"})  # the auditor goes on too


def test_a_pass_that_another_process_counts_meanwhile_is_no_older_database(
    engine: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts between this one's two looks: at the file, and at the database."""
    engine = replace(engine, settings=replace(engine.settings, folder=tmp_path))
    switch_sending(engine, on=True, today=START)
    count_pass(engine)
    load = sites.load

    def counted_meanwhile(session: Session) -> AnyRow:
        row = load(session)
        session.rollback()
        count_pass(engine)
        return row

    monkeypatch.setattr(sites, "load", counted_meanwhile)

    assert not hold_if_moved(engine, START)
