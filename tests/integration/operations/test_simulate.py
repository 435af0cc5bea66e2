"""Walking the clock over a copy, from either database."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from dj_cadence.errors import Refused
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.simulation.simulate import parse_answer, simulate
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, site, task
from dj_cadence.store.site import site as sites
from tests.world.engine import START, Channel, a_site, at, everything, found_district, the_task

Events = list[dict[str, Any]]


def walk(database: Database, since: date, until: date, answer: int | None) -> Events:
    channel, events = Channel(), []
    simulate(a_site(database, channel), since, until, answer, lambda e: events.append(dict(e)))
    assert channel.letters == []
    return events


def test_the_original_is_only_read(shipped_district: Database) -> None:
    before = everything(shipped_district)

    events = walk(shipped_district, START, date(2026, 3, 10), None)

    assert everything(shipped_district) == before
    assert Counter(e["event"] for e in events)["summary"] == 1


def test_the_same_walk_is_the_same_again(shipped_district: Database) -> None:
    once = walk(shipped_district, START, date(2026, 4, 10), 0)

    assert walk(shipped_district, START, date(2026, 4, 10), 0) == once


def test_an_approver_anywhere_in_the_tree_is_copied_too(shipped_district: Database) -> None:
    with shipped_district.write() as session:
        last = orgs.find_org(session, "T").id
        session.execute(update(org).where(org.c.code == "B1").values(approver_id=last))

    assert walk(shipped_district, START, START, None)[-1]["event"] == "summary"


def test_sending_may_be_off_and_this_weeks_digests_made(shipped_district: Database) -> None:
    with shipped_district.write() as session:
        sites.set_sending(session, sending=False, home="")
        session.execute(update(site).values(digest_week="2026-W10"))

    events = walk(shipped_district, START, date(2026, 3, 2), None)

    told = {e["to"] for e in events if e["event"] == "message"}
    assert {"li@example.cn", "wu@example.cn", "zhao@example.cn"} <= told
    assert Counter(e["event"] for e in events)["digest"] == 1


def test_answering_three_days_late_brings_more_reminders(shipped_district: Database) -> None:
    counts = {}
    for days in (0, 3):
        events = walk(shipped_district, START, date(2026, 5, 10), days)
        counts[days] = Counter(e["event"] for e in events)

    assert counts[0]["unrecorded"] == 0
    assert counts[3]["unrecorded"] > 0
    assert counts[3]["notice"] > counts[0]["notice"]


def test_a_year_begun_elsewhere_owes_nothing_from_before(shipped_district: Database) -> None:
    events = walk(shipped_district, date(2026, 6, 15), date(2026, 7, 31), None)

    opened = {
        e["period"] for e in events if e["event"] == "opened" and e["duty"] == "theme_party_day"
    }
    assert opened == {"2026-07"}


def test_a_simulation_continues_from_open_tasks_and_sent_notices(
    shipped_district: Database,
) -> None:
    """Passes were made to 2026-04-10; March's 主题党日 are overdue by then."""
    real = a_site(shipped_district, Channel())
    with shipped_district.write() as session:
        sites.set_sending(session, sending=True, home=real.home)
    for day in (date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 10)):
        tick(real, at(day, 9), owner="test")
    with shipped_district.read() as session:
        before = dict(session.execute(select(task.c.id, task.c.state)).all())
    march = the_task(shipped_district, "theme_party_day", "B1", "2026-03")
    assert march.state == "overdue"

    events = walk(shipped_district, date(2026, 4, 11), date(2026, 4, 20), None)

    opened = {e["task"] for e in events if e["event"] == "opened"}
    assert [e for e in opened if before.get(e) not in (None, "planned")] == []
    assert march.id in {e["task"] for e in events if e["event"] == "notice"}
    done = walk(shipped_district, date(2026, 4, 10), date(2026, 4, 13), 0)
    assert march.id in {e["task"] for e in done if e["event"] == "done"}


def test_a_day_gone_by_is_come_to_by_people_who_did_everything(shipped_district: Database) -> None:
    events = walk(shipped_district, date(2026, 4, 13), date(2026, 5, 8), None)

    periods = {e["period"] for e in events if e["event"] in ("overdue", "unrecorded")}
    assert "2026-03" not in periods
    assert min(e["at"] for e in events if "at" in e) >= "2026-04-13"


@pytest.mark.parametrize(("text", "answer"), [("never", None), ("on-time", 0), ("late:3", 3)])
def test_an_answer_is_parsed(text: str, answer: int | None) -> None:
    assert parse_answer(text) == answer


@pytest.mark.parametrize("text", ["late", "late:", "late:-1", "sometimes"])
def test_an_unknown_answer_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="never、on-time 或 late:天数"):
        parse_answer(text)


def test_without_applied_rules_there_is_nothing_to_walk(sqlite_database: Database) -> None:
    found_district(sqlite_database)

    with pytest.raises(Refused, match="还没有应用过规则"):
        walk(sqlite_database, START, START, None)
