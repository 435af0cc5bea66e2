"""What runs on the first day: owed once, asked about once, and late only after time to answer."""

from collections import defaultdict
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.dates.arithmetic import DAY, add_years
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.planning.cohort import cohort_of
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.reminders.plan import ASKED
from dj_cadence.domain.rules.duty import Duty, Every
from dj_cadence.domain.tasks.task import State, dates_of, last_answer_day, state_on
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.simulation.simulate import simulate
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate
from tests.world.engine import Cells, Channel, a_site, at, found_district, shipped


def said_once() -> dict[str, Any]:
    """The shipped rules, but that nothing is said again and again: a year's walk is quicker."""
    content = deepcopy(dict(shipped().content))
    for reminder_step in (
        reminder_step for plan in content["plans"] for reminder_step in plan["rungs"]
    ):
        reminder_step.pop("repeat_weeks", None)
        reminder_step.pop("repeat_months", None)
    return content


CONTENT = said_once()
RULES = catalogue_from_content(CONTENT)
CALENDAR = RULES.calendar
STARTS = (*(date(2026, month, 1) for month in range(1, 13)), date(2026, 11, 28))
IN_A_YEAR = {
    Unit.QUARTER: 4,
    Unit.HALF_YEAR: 2,
    Unit.SEMESTER: 2,
    Unit.YEAR: 1,
    Unit.SCHOOL_YEAR: 1,
}
LONG = [
    duty
    for duty in RULES.enabled()
    if isinstance(duty.recurrence, Every) and duty.unit is not Unit.MONTH
]
BRANCH: Cells = {
    "kind": "党支部",
    "full_members": "12",
    "has_committee": "是",
    "groups": "2",
    "theme_day": "5日",
}
A_SCHOOL: tuple[Cells, ...] = (
    {"code": "E", "name": "教育工委", "kind": "上级机关"},
    {"code": "S", "name": "学校党委", "kind": "党委", "supervisor": "E", "stage": "高中"},
    {"code": "G", "name": "党总支", "kind": "党总支", "supervisor": "S"},
    {"code": "B", "name": "党支部", "supervisor": "G", **BRANCH},
    {"code": "U", "name": "工会", "kind": "工会", "supervisor": "S"},
    {"code": "L", "name": "团委", "kind": "团委", "supervisor": "S"},
)


def site_of(folder: Path, orgs: tuple[Cells, ...], start: date) -> Database:
    """A site begun on `start` with the shipped rules in force."""
    database = open_database(f"sqlite:///{folder / 'site.db'}")
    migrate(database)
    found_district(database, orgs, (), starts_on=start)
    planner.apply(
        database,
        RULES,
        CONTENT,
        planner.default_span(start, start),
        by="管理员",
        today=start,
        now=at(start, 0),
    )
    return database


Events = list[dict[str, Any]]


def walked(database: Database, since: date, until: date) -> dict[str, Events]:
    """What happens to the tasks of each organization where nobody ever answers."""
    found: dict[str, Events] = defaultdict(list)

    def note(event: Any) -> None:
        if "task" in event:
            found[event["org"]].append({**event, "day": date.fromisoformat(event["at"][:10])})

    simulate(a_site(database, Channel()), since, until, None, note)
    return found


def look_at_year(kind: OrgKind, events: Events, start: date) -> None:
    """Each duty of the year once, and nothing called late before it could be answered."""
    until = add_years(start, 1)
    due: dict[str, dict[str, date]] = defaultdict(dict)
    for event in events:
        if not event["step"] and date.fromisoformat(event["due"]) < until:
            due[event["duty"]].setdefault(event["period"], date.fromisoformat(event["due"]))
    assert {duty.key: sorted(due[duty.key].values()) for duty in LONG if duty.key in due} == {
        duty.key: list(days)
        for duty in LONG
        if (days := [day for day in due_days(duty, kind) if start <= day < until])
    }
    last = last_answer_day(start, CALENDAR)
    asked = [event["task"] for event in events if event.get("reminder_step") == ASKED]
    assert asked
    assert len(asked) == len(set(asked))
    assert {e["day"] for e in events if e.get("reminder_step") == ASKED} == {
        CALENDAR.on_or_after(start)
    }
    assert min(event["day"] for event in events if is_reproach(event)) > last


def is_reproach(event: dict[str, Any]) -> bool:
    return event["event"] in ("overdue", "escalated") or event.get("reminder_step") == "late"


# --- the kinds of duties and of days ----------------------------------------------------------


def facts(kind: OrgKind, **more: Any) -> Facts:
    """One of the kind that owes as much as one of it can."""
    committee = kind in (OrgKind.BRANCH, OrgKind.JOINT_BRANCH)
    return Facts(
        kind,
        top_of_school=kind in (OrgKind.PARTY_COMMITTEE, OrgKind.SUPERVISOR),
        has_committee=committee,
        groups=2 if committee else 0,
        branches_below=not committee,
        stage="高中",
        boarding=True,
        ownership="公办",
        **more,
    )


def slots(duty: Duty, one: Facts, site_start: date, until: date) -> list[Slot]:
    cohort = cohort_of(duty, one, site_start)
    return slots_of(duty, cohort, RULES, site_start, until) if cohort else []


@cache
def due_days(duty: Duty, kind: OrgKind) -> tuple[date, ...]:
    """When the duty is due at one that was always there."""
    always = slots(duty, facts(kind), date(2024, 1, 1), date(2028, 12, 31))
    return tuple(slot.due for slot in always)


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(date(2025, 9, 1), date(2026, 12, 31)),
    entered=st.integers(-40, 120),
    own=st.booleans(),
)
def test_on_any_day_what_is_longer_than_a_month_is_owed_once_until_its_last_day(
    start: date, entered: int, own: bool
) -> None:
    """Of site or organization; entered before, on or after that day."""
    known_on = start + entered * DAY
    site_start = date(2025, 1, 1) if own else start
    until, answered = add_years(start, 1), last_answer_day(max(known_on, start), CALENDAR)
    for kind in OrgKind:
        one = facts(kind, known_on=known_on, starts_on=start if own else None)
        for duty in LONG:
            found = slots(duty, one, site_start, until)
            due = [slot.due for slot in found if slot.due < until]
            assert due == [day for day in due_days(duty, kind) if start <= day < until], duty.key
            for slot in found:
                assert (slot.asked_on is not None) == (slot.opens < max(known_on, start))
                if slot.asked_on:
                    grace = duty.recording_grace
                    state = state_on(answered, dates_of(slot), grace, CALENDAR)
                    assert (slot.asked_on, state is State.OVERDUE) == (max(known_on, start), False)


@pytest.mark.parametrize("start", STARTS)
def test_a_year_from_each_first_has_each_duty_as_often_as_a_year_has(start: date) -> None:
    until = add_years(start, 1)
    for kind in OrgKind:
        for duty in LONG:
            if not due_days(duty, kind):
                continue
            found = [s for s in slots(duty, facts(kind), start, until) if s.due < until]
            assert duty.unit
            assert len(found) == IN_A_YEAR[duty.unit], (duty.key, kind)
            assert len({s.period for s in found}) == len(found)


# --- walked ----------------------------------------------------------------------------------


def test_a_year_from_each_first_day_asks_once_and_is_late_only_after_time_to_answer(
    tmp_path: Path,
) -> None:
    """One branch for each first day, in one walk."""
    branches = [
        {
            "code": f"{start:%m%d}",
            "name": f"{start:%m%d}支部",
            "supervisor": "S",
            "starts_on": start.isoformat(),
            **BRANCH,
        }
        for start in STARTS
    ]
    database = site_of(tmp_path, (*A_SCHOOL[:2], *branches), STARTS[0])
    events = walked(database, STARTS[0], date(2027, 11, 27))
    for start in STARTS:
        look_at_year(OrgKind.BRANCH, events[f"{start:%m%d}"], start)
    database.engine.dispose()


def test_a_site_begun_on_28_november_is_asked_about_its_running_periods(tmp_path: Path) -> None:
    """A Saturday in the last quarter, with one of each kind that owes most."""
    start = date(2026, 11, 28)
    database = site_of(tmp_path, A_SCHOOL, start)

    events = walked(database, start, date(2027, 11, 27))

    for code, kind in (
        ("B", OrgKind.BRANCH),
        ("G", OrgKind.GENERAL_BRANCH),
        ("S", OrgKind.PARTY_COMMITTEE),
    ):
        look_at_year(kind, events[code], start)
    branch = {(e["duty"], e["period"]) for e in events["B"] if e.get("reminder_step") == ASKED}
    assert {("org_life_meeting", "2026"), ("branch_general_meeting", "2026-Q4")} <= branch
    database.engine.dispose()
