"""A whole year of the demo site, simulated: what it asks of people and when."""

from collections import Counter
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import chinese_calendar
import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.store.core.database import open_database
from dj_cadence.store.schema import metadata
from tests.world.terminal import Terminal

Events = list[dict[str, Any]]
YEAR = ("--from", "2026-01-01", "--until", "2026-12-31", "--json")
SUPERIOR = "yx."
"""The education committee's people oversee everybody."""


def contents(terminal: Terminal) -> str:
    """A hash over every row of every table."""
    database = open_database(f"sqlite:///{terminal.site / 'dj-cadence.db'}")
    with database.read() as session:
        rows = [
            str(session.execute(select(table).order_by(*table.primary_key)).all())
            for table in metadata.sorted_tables
        ]
    database.engine.dispose()
    return sha256("".join(rows).encode()).hexdigest()


@pytest.fixture(scope="module")
def on_time(look: Terminal) -> Events:
    before = contents(look)
    answer = look("simulate", *YEAR, "--answer", "on-time")
    assert answer.code == 0, answer.err
    assert contents(look) == before
    return answer.objects


@pytest.fixture(scope="module")
def never(look: Terminal) -> Events:
    return look("simulate", "--from", "2026-01-01", "--until", "2026-04-30", "--json").objects


def messages(events: Events) -> Events:
    return [event for event in events if event["event"] == "message"]


def day_of(event: dict[str, Any]) -> date:
    return datetime.fromisoformat(event["at"]).date()


def opened(events: Events, duty: str) -> Counter[str]:
    """How often each organization was asked for a duty of 2026."""
    return Counter(e["org"] for e in events if e["event"] == "opened" and e["duty"] == duty)


@pytest.fixture(scope="module")
def branches(look: Terminal) -> dict[str, tuple[bool, int]]:
    """Each branch of the demo that was there all year: (has a committee, groups)."""
    tree = look("tasks", "--duty", "theme_party_day", "--json").objects
    committees = {
        r["org"] for r in look("tasks", "--duty", "branch_committee_meeting", "--json").objects
    }
    groups = {
        r["org"]: r["target"]
        for r in look("tasks", "--duty", "party_group_meeting", "--json").objects
    }
    codes = {row["org"] for row in tree}
    return {code: (code in committees, groups.get(code, 0)) for code in sorted(codes)}


def test_a_branch_owes_twelve_party_days_and_four_meetings(
    on_time: Events, branches: dict[str, tuple[bool, int]]
) -> None:
    full_year = {code for code in branches if code != "LH-3"}  # which starts later
    days, meetings = opened(on_time, "theme_party_day"), opened(on_time, "branch_general_meeting")

    assert {days[code] for code in full_year} == {12}
    assert {meetings[code] for code in full_year} == {4}
    assert len(full_year) == 17


def test_committee_and_group_meetings_only_where_there_are_such(
    on_time: Events, branches: dict[str, tuple[bool, int]]
) -> None:
    full_year = {code: facts for code, facts in branches.items() if code != "LH-3"}
    committee = opened(on_time, "branch_committee_meeting")
    groups = opened(on_time, "party_group_meeting")

    assert {code: committee[code] for code in full_year} == {
        code: 12 if has else 0 for code, (has, _) in full_year.items()
    }
    assert {code: groups[code] for code in full_year} == {
        code: 12 if number else 0 for code, (_, number) in full_year.items()
    }
    assert {has for has, _ in full_year.values()} == {True, False}
    assert {number for _, number in full_year.values()} == {0, 2}


@pytest.mark.parametrize("events", ["on_time", "never"])
def test_no_message_goes_out_on_a_day_off(request: pytest.FixtureRequest, events: str) -> None:
    days = {day_of(message) for message in messages(request.getfixturevalue(events))}

    assert len(days) > 30
    assert [day for day in sorted(days) if not chinese_calendar.is_workday(day)] == []


@pytest.mark.parametrize("events", ["on_time", "never"])
def test_nobody_has_two_messages_on_a_day(request: pytest.FixtureRequest, events: str) -> None:
    told = Counter(
        (message["to"], day_of(message)) for message in messages(request.getfixturevalue(events))
    )

    assert set(told.values()) == {1}


@pytest.mark.parametrize("events", ["on_time", "never"])
def test_nothing_is_late_except_what_was_past_when_the_year_began(
    request: pytest.FixtureRequest, events: str
) -> None:
    late = {
        day_of(message) for message in messages(request.getfixturevalue(events)) if message["late"]
    }

    assert late <= {date(2026, 1, 4)}  # the year's first working day, a Sunday


def test_digests_go_out_on_the_weeks_first_working_day(never: Events) -> None:
    days = {day_of(event) for event in never if event["event"] == "digest"}

    assert len(days) > 10
    for day in days - {date(2026, 1, 4)}:  # the first working day of the simulation
        monday = day - day.weekday() * DAY
        earlier = [monday + n * DAY for n in range(day.weekday())]
        assert [other for other in earlier if chinese_calendar.is_workday(other)] == []


def test_whoever_does_things_on_time_has_at_most_forty_days_of_messages(on_time: Events) -> None:
    summary = on_time[-1]

    assert summary["event"] == "summary"
    counted = Counter(message["to"] for message in messages(on_time))
    assert summary["message_days"] == dict(sorted(counted.items()))
    assert {to: n for to, n in counted.items() if n > 40 and not to.startswith(SUPERIOR)} == {}


def test_doing_all_on_time_leaves_nothing_overdue_but_what_had_run_out(on_time: Events) -> None:
    overdue = [e for e in on_time if e["event"] == "overdue"]

    assert [e for e in overdue if e["due"] >= "2026-01-01"] == []


def test_never_answering_brings_reminders_and_reports(never: Events) -> None:
    kinds = Counter(event["event"] for event in never)

    assert set(kinds) == {
        "opened",
        "notice",
        "message",
        "unrecorded",
        "overdue",
        "digest",
        "summary",
    }
    assert never[-1]["events"] == {
        kind: n for kind, n in sorted(kinds.items()) if kind != "summary"
    }


def test_events_are_in_order_and_say_when(on_time: Events) -> None:
    instants = [datetime.fromisoformat(event["at"]) for event in on_time[:-1]]

    assert instants == sorted(instants)
    assert all(instant.utcoffset() is not None for instant in instants)
    assert set(messages(on_time)[0]) >= {"at", "event", "to", "channel", "tasks", "late"}
