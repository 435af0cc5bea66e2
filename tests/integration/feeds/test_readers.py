"""Whose tasks a calendar shows: an organization's, a person's, a superior's."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from icalendar import Calendar
from sqlalchemy import func, select, update

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.reminders.feed_alarm import feed_alarms
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from tests.world.engine import (
    DISTRICT,
    EVERYTHING,
    SETTINGS,
    advance_to,
    at,
    holds,
    load,
    tasks,
    the_task,
)

DAY_ = date(2026, 4, 20)


def calendar(database: Database, subject: str, day: date = DAY_) -> list[Any]:
    body = Feeds(database, SETTINGS, lambda _session: EVERYTHING).body(subject, at(day))
    return list(Calendar.from_ical(body).walk("VEVENT"))


def org(database: Database, code: str) -> str:
    with database.read() as session:
        return f"org:{session.scalar(select(schema.org.c.id).where(schema.org.c.code == code))}"


def person(database: Database, name: str) -> str:
    query = select(schema.person.c.id).where(schema.person.c.name == name)
    with database.read() as session:
        return f"person:{session.scalar(query)}"


def ids(events: list[Any], kind: str = "task") -> set[int]:
    uids = [str(event["UID"]).partition("@")[0].split("-", 2) for event in events]
    return {int(uid[1]) for uid in uids if uid[0] == kind}


def shown(database: Database, *codes: str, duty: str = "") -> set[int]:
    return {row.id for code in codes for row in tasks(database, duty, code) if _in_window(row)}


def _in_window(row: Any) -> bool:
    return date(2026, 2, 1) <= (row.planned or row.due) <= date(2027, 5, 31)


def test_a_secretary_sees_all_tasks_of_all_their_branches_by_name(planned: Database) -> None:
    events = calendar(planned, person(planned, "李书记"))
    assert ids(events) == shown(planned, "B1", "B2") != set()
    of = {str(e["SUMMARY"]).rpartition(" · ")[2] for e in events}
    assert of == {"第一党支部", "第二党支部"}


def test_another_office_sees_what_is_its_own(planned: Database) -> None:
    load(planned, offices=[holds("B1", "党小组长", "周组长", "zhou@example.cn")])
    found = ids(calendar(planned, person(planned, "周组长")))
    assert found == shown(planned, "B1", duty="groups") != set()


def test_an_office_that_ends_takes_its_tasks_along(planned: Database) -> None:
    subject = person(planned, "吴书记")
    assert ids(calendar(planned, subject)) == shown(planned, "T") != set()
    with planned.write() as session:
        mine = schema.appointment.c.person_id == int(subject.partition(":")[2])
        session.execute(update(schema.appointment).where(mine).values(until=DAY_ - DAY))
    [nothing] = calendar(planned, subject)
    assert str(nothing["SUMMARY"]) == "暂无任务"


def test_cases_and_steps_of_workflows_stay_out(planned: Database) -> None:
    one, other = tasks(planned, "party_day", "B1")[:2]
    with planned.write() as session:
        for row, changed in ((one, {"subject_id": -7}), (other, {"step": "vote"})):
            risen = {"sequence": row.sequence + 1, **changed}
            session.execute(update(schema.task).where(schema.task.c.id == row.id).values(risen))
    found = ids(calendar(planned, org(planned, "B1")))
    assert found == shown(planned, "B1") - {one.id, other.id}


class TestSuperior:
    def test_a_superior_sees_its_own_tasks_and_one_summary_a_week(self, planned: Database) -> None:
        advance_to(planned, EVERYTHING, DAY_)
        events = calendar(planned, org(planned, "E"))
        weeks = [e for e in events if str(e["UID"]).startswith("week-")]
        assert ids(events) == shown(planned, "E") != set()
        assert {e["DTSTART"].dt.weekday() for e in weeks} == {0}
        assert len({e["DTSTART"].dt for e in weeks}) == len(weeks) <= 66
        assert {str(e["DTSTART"].dt): str(e["SUMMARY"]) for e in weeks} == {
            str(monday): _expected(counts) for monday, counts in self.recount(planned).items()
        }

    def recount(self, database: Database) -> dict[date, Counter[str]]:
        """Task by task, in Python."""
        found: dict[date, Counter[str]] = {}
        binding = EVERYTHING.binding()
        for row in tasks(database):
            monday = row.due - timedelta(days=row.due.weekday())
            below = row.code != "E" and row.duty in binding
            if below and date(2026, 2, 1) <= monday <= date(2027, 5, 31):
                found.setdefault(monday, Counter())[row.state] += 1
        return found

    def test_no_organization_below_is_named_beside_the_word_late(self, planned: Database) -> None:
        advance_to(planned, EVERYTHING, date(2026, 5, 20))
        names = [str(cells["name"]) for cells in DISTRICT[1:]]
        events = calendar(planned, org(planned, "E"), date(2026, 5, 20))
        texts = [f"{e['SUMMARY']}\n{e['DESCRIPTION']}" for e in events]
        late = [text for text in texts if "逾期" in text]
        assert late
        assert not [text for text in late if any(name in text for name in names)]

    def test_numbers_are_counted_anew_with_the_weekly_digest(self, planned: Database) -> None:
        advance_to(planned, EVERYTHING, DAY_)
        subject, before = org(planned, "S"), calendar(planned, org(planned, "S"))
        one = the_task(planned, "party_day", "B1", "2026-03")
        with planned.write() as session:
            done = {"state": "done", "next_on": None, "sequence": one.sequence + 1}
            session.execute(update(schema.task).where(schema.task.c.id == one.id).values(done))
        assert [e.to_ical() for e in calendar(planned, subject)] == [e.to_ical() for e in before]

        with planned.write() as session:
            session.execute(update(schema.site).values(digest_week="2026-W18"))
        after = calendar(planned, subject)
        changed = [
            (str(old["SUMMARY"]), str(new["SUMMARY"]), int(new["SEQUENCE"]) - int(old["SEQUENCE"]))
            for old, new in zip(before, after, strict=True)
            if old.to_ical() != new.to_ical()
        ]
        assert changed == [
            (
                "下级组织本周到期 5 项（已办结 2，逾期 3）",
                "下级组织本周到期 5 项（已办结 3，逾期 2）",
                1,
            )
        ]

    def test_the_clerk_sees_the_summary_too(self, planned: Database) -> None:
        whole = calendar(planned, org(planned, "E"))
        own = calendar(planned, person(planned, "赵干事"))
        assert ids(own) == ids(whole)
        assert [str(e["UID"]) for e in own] == [str(e["UID"]) for e in whole]

    def test_a_branch_has_none(self, planned: Database) -> None:
        assert ids(calendar(planned, org(planned, "B1")), "week") == set()


def _expected(counts: Counter[str]) -> str:
    settled = sum(counts[state] for state in ("done", "missed", "waived"))
    standing = [f"已办结 {settled}"] * bool(settled)
    standing += [f"逾期 {counts['overdue']}"] * bool(counts["overdue"])
    details = f"（{'，'.join(standing)}）" if standing else ""
    return f"下级组织本周到期 {counts.total()} 项{details}"


def test_a_copy_is_kept_and_read_again(planned: Database) -> None:
    calendar(planned, org(planned, "B1"))
    with planned.read() as session:
        kept = session.execute(select(schema.feed)).one()
        count = session.scalar(select(func.count()).select_from(schema.feed))
    calendar(planned, org(planned, "B1"), DAY_ + DAY)
    with planned.read() as session:
        assert session.execute(select(schema.feed)).one() == kept
    assert count == 1


def test_a_meeting_is_busy_and_rings_apart_from_a_day(planned: Database) -> None:
    lecture = the_task(planned, "lecture", "B1", "2026-Q2")
    day = the_task(planned, "party_day", "B1", "2026-05")
    group = the_task(planned, "groups", "B1", "2026-05")
    who = Actor("x", at(DAY_), DAY_)
    with planned.write() as session:
        for one in (lecture, group):
            on = date(2026, 5, 12)
            record.set_planned(session, EVERYTHING, one.id, who, on=on, at="14:00")
        superior_decisions.waive(session, EVERYTHING, group.id, who, reason="停课")
    site = replace(SETTINGS, feed_alarms=feed_alarms(1, "前一天 16:00"))
    body = Feeds(planned, site, lambda _session: EVERYTHING).body(org(planned, "B1"), at(DAY_))
    found = {str(e["UID"]): e for e in Calendar.from_ical(body).walk("VEVENT")}
    told = {
        one.duty: (
            found[f"task-{one.id}@5eed"]["TRANSP"],
            found[f"task-{one.id}@5eed"]["X-MICROSOFT-CDO-BUSYSTATUS"],
            [alarm["TRIGGER"].dt for alarm in found[f"task-{one.id}@5eed"].walk("VALARM")],
        )
        for one in (lecture, day, group)
    }
    assert told == {
        "lecture": ("OPAQUE", "BUSY", [timedelta(hours=-1)]),
        "party_day": ("TRANSPARENT", "FREE", [timedelta(hours=-8)]),
        "groups": ("TRANSPARENT", "FREE", []),
    }
