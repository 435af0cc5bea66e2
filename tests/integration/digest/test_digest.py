"""What a superior reads each week, on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.digest.digest import DigestView, Numbers
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import first_overdue_day
from dj_cadence.errors import Refused
from dj_cadence.services.digest.counts import total
from dj_cadence.services.digest.making import as_message, requested_digest
from dj_cadence.services.digest.views import digest_view
from dj_cadence.services.tasks.record import done, missed
from dj_cadence.store.core.database import Database
from dj_cadence.store.digest import digests
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import appointment, digest, org, task
from tests.world.engine import (
    B1,
    CALENDAR,
    EVERYTHING,
    SETTINGS,
    START,
    Channel,
    a_site,
    advance_to,
    at,
    everything,
    holds,
    load,
    morning,
    tasks,
)

DAY_OF_IT = date(2026, 7, 13)
"""A Monday: March to May are long overdue, June since the 8th of July."""
BELOW = {"E": ["S", "B1", "B2", "T"], "S": ["B1", "B2"], "B1": []}


@pytest.fixture
def late(planned: Database) -> Database:
    """Some of it was done last week."""
    advance_to(planned, EVERYTHING, date(2026, 7, 8))
    chosen = [
        row
        for row in tasks(planned)
        if (row.code, row.duty, row.label)
        in {
            ("B1", "party_day", "2026-03"),
            ("T", "party_day", "2026-06"),
            ("B2", "lecture", "2026-Q2"),
        }
    ]
    with planned.write() as session:
        for row in chosen:
            when = date(2026, 7, 8)
            done(session, EVERYTHING, row.id, Actor("x", at(when, 17), when), on=when)
    advance_to(planned, EVERYTHING, DAY_OF_IT)
    return planned


def view(database: Database, code: str, today: date = DAY_OF_IT) -> DigestView:
    with database.read() as session:
        org_id = orgs.find_org(session, code).id
        week = week_label(today)
        return digest_view(session, EVERYTHING, SETTINGS, org_id, week, today=today)


def kept(session: Session, week: str) -> dict[int, Any]:
    """The digests of a week as they are written down, by superior."""
    rows = session.execute(select(digest).where(digest.c.week == week))
    return {row.org_id: row for row in rows}


def is_overdue(row: Any) -> bool:
    binding = EVERYTHING.duties[row.duty].binds
    return bool(binding and row.state == "overdue")


@pytest.mark.parametrize("code", ["E", "S"])
def test_the_lines_are_those_of_a_recount(late: Database, code: str) -> None:
    names = {"S": "青禾小学党委", "B1": "第一党支部", "B2": "第二党支部", "T": "明湖中学党支部"}
    new, old = [], []
    for row in tasks(late):
        if row.code not in BELOW[code] or not is_overdue(row):
            continue
        duty = EVERYTHING.duties[row.duty]
        since = first_overdue_day(row.due, duty.recording_grace, CALENDAR)
        line = (row.id, names[row.code], row.due, (DAY_OF_IT - row.due).days)
        (new if (DAY_OF_IT - since).days < 7 else old).append(line)

    found = view(late, code)

    for lines, expected in ((found.newly_overdue, new), (found.still_overdue, old)):
        told = [(x.task_id, x.org_name, x.due, x.overdue_days) for x in lines]
        assert sorted(told) == sorted(expected)
    assert len(new) + len(old) > 8


@pytest.mark.parametrize("code", ["E", "S"])
def test_the_numbers_by_child_are_those_of_a_recount(late: Database, code: str) -> None:
    rows = [row for row in tasks(late) if EVERYTHING.duties[row.duty].binds]
    expected = []
    for child in {"E": ["S", "T"], "S": ["B1", "B2"]}[code]:
        inside = [row for row in rows if row.code in (child, *BELOW.get(child, []))]
        overdue = [row for row in inside if row.state == "overdue"]
        newly = [
            row
            for row in overdue
            if first_overdue_day(row.due, EVERYTHING.duties[row.duty].recording_grace, CALENDAR)
            > DAY_OF_IT - 7 * DAY
        ]
        week = [
            row
            for row in inside
            if row.state == "open" and DAY_OF_IT <= row.due <= DAY_OF_IT + 6 * DAY
        ]
        settled = [
            row
            for row in inside
            if row.state == "done" and row.settled_at >= at(DAY_OF_IT - 7 * DAY)
        ]
        expected.append((child, Numbers(len(overdue), len(newly), len(week), len(settled))))

    found = view(late, code)

    assert [(x.org_code, x.numbers) for x in found.children] == expected
    assert found.numbers == total(numbers for _, numbers in expected)
    assert found.numbers == total(duty.numbers for duty in found.duties)
    assert found.numbers.settled == {"E": 2, "S": 1}[code]


def test_a_default_of_ours_is_nobodys_lateness(late: Database) -> None:
    assert {row.state for row in tasks(late, "lecture") if row.label == "2026-Q2"} == {
        "overdue",
        "done",
    }
    found = view(late, "E")

    assert {line.title for line in (*found.newly_overdue, *found.still_overdue)} == {
        "主题党日",
        "党小组会",
        "换届提醒：第一党支部",
    }


def test_nobody_reads_a_line_from_outside_the_subtree(late: Database) -> None:
    found = view(late, "S")

    assert {line.org_name for line in (*found.newly_overdue, *found.still_overdue)} == {
        "第一党支部",
        "第二党支部",
    }
    assert [child.org_code for child in found.children] == ["B1", "B2"]


def test_lines_are_in_the_organizations_own_order_the_oldest_first(late: Database) -> None:
    found = view(late, "S").still_overdue

    assert [(line.org_name, line.due) for line in found] == sorted(
        ((line.org_name, line.due) for line in found),
        key=lambda pair: (["第一党支部", "第二党支部"].index(pair[0]), pair[1]),
    )


def test_a_missing_election_date_is_said(planned: Database) -> None:
    load(planned, [{**B1, "last_election": ""}], correct=True)

    assert view(planned, "E").missing == (
        "青禾小学党委：没有上次换届日期，无法推算届满日，请补录",
        "第一党支部：没有上次换届日期，无法推算届满日，请补录",
    )


def test_the_digest_on_request_changes_nothing(late: Database) -> None:
    site, before = a_site(late, Channel()), everything(late)

    with late.read() as session:
        above = orgs.find_org(session, "S")
        found = requested_digest(session, EVERYTHING, SETTINGS, above, today=DAY_OF_IT)
        message = as_message(session, site, found, above)
    shown = site.templates.render_message(message)

    assert "第一党支部" in shown.text
    assert "明湖" not in shown.subject + shown.text + shown.html
    assert everything(late) == before


def test_an_organization_with_nothing_below_has_no_digest(planned: Database) -> None:
    with planned.read() as session:
        above = orgs.find_org(session, "B1")
        with pytest.raises(Refused, match="第一党支部没有下级组织，没有周报"):
            requested_digest(session, EVERYTHING, SETTINGS, above, today=DAY_OF_IT)


def test_a_vacant_office_is_said_and_one_never_filled_is_not(planned: Database) -> None:
    load(
        planned,
        (),
        [
            holds("T", "书记", "吴书记", "wu@example.cn", until="2026-03-08"),
            holds("T", "组织委员", "冯委员", "feng@example.cn", until="2026-03-08"),
        ],
    )

    vacant = ("明湖中学党支部：书记空缺，请确定负责人", "明湖中学党支部：组织委员空缺")

    def gaps(day: date) -> tuple[str, ...]:
        with planned.read() as session:
            above = orgs.find_org(session, "E")
            shown = digest_view(session, EVERYTHING, SETTINGS, above.id, "2026-W11", today=day)
        return tuple(line for line in shown.missing if "换届" not in line)

    assert gaps(date(2026, 3, 8)) == ()
    assert gaps(date(2026, 3, 9)) == vacant


def test_what_waits_for_the_superior_is_told_to_the_one_who_approves(late: Database) -> None:
    row = next(row for row in tasks(late, "party_day", "B1") if row.state == "overdue")
    with late.write() as session:
        session.execute(update(task).where(task.c.id == row.id).values(state="submitted"))

    assert [line.task_id for line in view(late, "S").decisions] == [row.id]
    assert view(late, "E").decisions == ()
    assert view(late, "E").numbers.submitted == 1


def test_a_missed_activity_is_listed_with_its_reason(late: Database) -> None:
    row = next(row for row in tasks(late, "party_day", "B1") if row.state == "overdue")
    when = date(2026, 7, 10)
    with late.write() as session:
        who = Actor("x", at(when, 17), when)
        missed(session, EVERYTHING, row.id, who, reason="停课")

    found = view(late, "S")

    assert [(line.task_id, line.reason) for line in found.missed] == [(row.id, "停课")]
    assert found.numbers.missed == 1
    assert view(late, "S", date(2026, 7, 20)).numbers.missed == 0  # news of the week before


def test_the_superiors_own_duties_have_a_part_of_their_own(late: Database) -> None:
    found = view(late, "S").own

    assert {line.org_name for line in found} == {"青禾小学党委"}
    assert {line.title for line in found} == {"换届提醒：第一党支部"}


def test_a_past_week_keeps_its_numbers(planned: Database) -> None:
    first, second = date(2026, 4, 13), date(2026, 4, 20)
    morning(planned, EVERYTHING, first)
    then = view(planned, "E", first).numbers
    morning(planned, EVERYTHING, second)
    row = next(row for row in tasks(planned, "party_day", "B1") if row.state == "overdue")
    with planned.write() as session:
        done(session, EVERYTHING, row.id, Actor("x", at(second, 17), second), on=second)

    with planned.read() as session:
        above = orgs.find_org(session, "E")
        ask = {"today": date(2026, 4, 21)}
        kept = requested_digest(session, EVERYTHING, SETTINGS, above, week="2026-W16", **ask)
        now = requested_digest(session, EVERYTHING, SETTINGS, above, **ask)
        for week, why in (("2026-W18", "还没有到，本周是 2026-W17"), ("2026-W10", "没有留存")):
            with pytest.raises(Refused, match=why):
                requested_digest(session, EVERYTHING, SETTINGS, above, week=week, **ask)

    assert then.overdue > 0
    assert (kept.week, kept.numbers, kept.listed) == ("2026-W16", then, False)
    assert kept.day == first
    assert now.change == now.numbers.overdue - then.overdue == -1


def test_an_organization_that_is_moved_leaves_past_weeks_as_they_were(planned: Database) -> None:
    """In the middle of the week 第二党支部 goes from the school to the committee above it."""
    day = date(2026, 4, 13)
    morning(planned, EVERYTHING, day)
    school, whole = view(planned, "S", day), view(planned, "E", day)
    moved = next(child for child in school.children if child.org_code == "B2")
    assert moved.numbers.overdue > 0

    with planned.write() as session:
        above, old, new = (orgs.find_org(session, code) for code in ("E", "S", "B2"))
        assert old.subtree_end == new.position  # the last of its school, so that none else moves
        session.execute(update(org).where(org.c.id == old.id).values(subtree_end=new.position - 1))
        session.execute(update(org).where(org.c.id == new.id).values(supervisor_id=above.id))

    later = view(planned, "S", day + 2 * DAY)
    assert later.numbers.overdue == school.numbers.overdue - moved.numbers.overdue
    assert "B2" not in {child.org_code for child in later.children}
    assert "第二党支部" not in {line.org_name for line in later.still_overdue}
    assert view(planned, "E", day + 2 * DAY).numbers == whole.numbers
    with planned.read() as session:
        above = orgs.find_org(session, "S")
        kept = requested_digest(
            session, EVERYTHING, SETTINGS, above, week="2026-W16", today=date(2026, 4, 21)
        )
    assert kept.numbers == school.numbers


def test_an_empty_digest_is_kept_and_goes_out_only_where_the_site_says_so(
    planned: Database,
) -> None:
    day = date(2026, 3, 9)  # nothing is overdue yet
    morning(planned, EVERYTHING, day)
    with planned.read() as session:
        assert digests.unsent(session, "2026-W11") == []
        assert len(kept(session, "2026-W11")) == 2

    eager = replace(SETTINGS, digest_when_empty=True)
    morning(planned, EVERYTHING, date(2026, 3, 16), eager)

    with planned.read() as session:
        above = orgs.find_org(session, "E").id
        assert kept(session, "2026-W12")[above].message_id is not None


def test_weeks_without_a_digest_are_covered_by_the_next(late: Database) -> None:
    """The last digest before an outage of four weeks was made on the 15th of June."""
    with late.write() as session:
        digests.write(session, "2026-W25", [(orgs.find_org(session, "E").id, {}, False)], at(START))

    found = view(late, "E")

    assert found.since == date(2026, 6, 15)
    assert found.newly_overdue == tuple(
        line for line in (*found.newly_overdue, *found.still_overdue) if line.due > date(2026, 6, 8)
    )


def test_who_could_not_be_reached_is_told_the_news_of_all_these_weeks(late: Database) -> None:
    """The district had nothing to be told in these weeks, the school's letters reached nobody."""
    with late.write() as session:
        district, school = (orgs.find_org(session, code).id for code in ("E", "S"))
        for number in range(23, 29):
            week = f"2026-W{number}"
            rows = [(district, {}, False), (school, {}, number > 23)]
            digests.write(session, week, rows, at(START))

    assert view(late, "E").since == date(2026, 7, 6)
    assert view(late, "S").since == date(2026, 6, 1)
    new = {code: {line.due for line in view(late, code).newly_overdue} for code in ("E", "S")}
    assert new == {"E": {date(2026, 6, 30)}, "S": {date(2026, 5, 29), date(2026, 6, 30)}}


def test_a_first_digest_that_waits_is_covered_by_the_second(late: Database) -> None:
    with late.write() as session:
        school = orgs.find_org(session, "S").id
        digests.write(session, "2026-W28", [(school, {}, True)], at(START))

    assert view(late, "S").since == date(2026, 6, 29)


def test_what_was_missing_is_said_after_the_first_week_of_the_month_was_not(
    planned: Database,
) -> None:
    """W10 begins on the 2nd of March. In W11 nothing else asks for a letter."""
    with planned.write() as session:
        session.execute(
            update(appointment).where(appointment.c.office == "书记").values(until=START)
        )
        school = orgs.find_org(session, "S").id
        digests.write(session, "2026-W10", [(school, {}, True)], at(START))
    morning(planned, EVERYTHING, date(2026, 3, 9))

    with planned.read() as session:
        assert kept(session, "2026-W11")[school].worth_sending
