"""What `plan` shows is what `plan --apply` then does, steps of workflows included."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import DayOfYear, Every
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.planning import apply as plan
from dj_cadence.services.tasks import record
from dj_cadence.store.core.database import Database
from dj_cadence.store.planning.differences import DateRange
from dj_cadence.store.schema import org, slot, task
from tests.world.engine import START, advance_to, apply, at
from tests.world.workflows import LIFE, TERMS, act, the_step

UNTIL = date(2027, 6, 30)
TODAY = date(2026, 10, 8)

State = dict[tuple[Any, ...], tuple[Any, ...]]


def stored(database: Database) -> State:
    """Every task by what it is for: (state, opens, target, period as shown, planned, due)."""
    query = (
        select(org.c.code, task, slot.c.label)
        .join_from(task, org, org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
    )
    with database.read() as session:
        return {
            (row.code, row.duty, row.subject_id, row.start_event_id, row.period, row.step): (
                row.state,
                row.opens,
                row.target,
                row.label,
                row.planned,
                row.due,
            )
            for row in session.execute(query)
        }


def difference(before: State, after: State) -> list[tuple[Any, ...]]:
    """(change, org, duty, step, period, planned, due) of what became another."""
    found = []
    for key, now in after.items():
        was = before.get(key)
        if was is None:
            change = "create"
        elif was[0] != now[0]:
            change = {"withdrawn": "withdraw", "planned": "reopen"}[now[0]]
        elif was[1:3] + was[4:] != now[1:3] + now[4:]:
            change = "move"
        else:
            continue
        found.append((change, key[0], key[1], key[5], *now[3:]))
    return sorted(found, key=str)


def shown_and_done(
    database: Database, rules: Catalogue
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What the preview shows, and what applying then changes."""
    report = plan.preview(database, rules, DateRange(START, UNTIL), every_change=True)
    names = ("change", "org", "duty", "step", "period", "planned", "due")
    shown = [tuple(row[name] for name in names) for row in report.samples]
    before = stored(database)
    apply(database, rules, until=UNTIL, today=TODAY, allow_withdrawals=1000)
    return sorted((row for row in shown if row[0] != "keep"), key=str), difference(
        before, stored(database)
    )


def edited(rules: Catalogue, name: str, **fields: Any) -> Catalogue:
    """The only duty of `rules` with other fields."""
    ((key, duty),) = rules.duties.items()
    return replace(rules, duties={key: replace(duty, **fields)}, hash=f"{rules.hash} {name}")


def window(opens: DayOfYear, due: DayOfYear) -> Catalogue:
    """The 组织生活会 in another window."""
    recurrence = LIFE.duties["org_life_meeting"].recurrence
    assert isinstance(recurrence, Every)
    return edited(LIFE, "window", recurrence=replace(recurrence, opens=opens, due=due))


LATER = window(DayOfYear(0, 11, 2), DayOfYear(1, 2, 26))
OWED_BY = LIFE.duties["org_life_meeting"].owed_by
FEWER = edited(LIFE, "fewer", owed_by=replace(OWED_BY, has_committee=True))


def test_the_preview_shows_first_tasks_and_their_steps(district: Database) -> None:
    shown, done = shown_and_done(district, LIFE)

    assert shown == done
    assert {(row[0], row[3]) for row in done} == {("create", ""), ("create", "schedule")}


def test_a_moved_task_moves_the_steps_that_hang_on_it(district: Database) -> None:
    apply(district, LIFE, until=UNTIL)
    shown, done = shown_and_done(district, LATER)

    assert shown == done
    # 2025, which runs at the start, is over on 2026-02-26 under the other rule
    assert {(row[0], row[3]) for row in done} == {
        ("move", ""),
        ("move", "schedule"),
        ("withdraw", ""),
    }


def test_the_preview_shows_steps_dated_from_a_day_that_a_person_set(district: Database) -> None:
    apply(district, LIFE, until=UNTIL)
    advance_to(district, LIFE, TODAY)
    act(district, LIFE, "planned", the_step(district, "schedule").id, TODAY, on=date(2026, 12, 18))
    shown, done = shown_and_done(district, LATER)

    assert shown == done
    assert {row[0] for row in done} == {"move", "withdraw"}  # 2025, as above


def test_the_preview_shows_tasks_withdrawn_and_reopened_with_their_steps(
    district: Database,
) -> None:
    apply(district, LIFE, until=UNTIL)
    shown, done = shown_and_done(district, FEWER)
    assert shown == done
    assert {(row[0], row[3]) for row in done} == {("withdraw", ""), ("withdraw", "schedule")}

    shown, done = shown_and_done(district, LATER)
    assert shown == done
    assert {(row[0], row[3]) for row in done} >= {("reopen", ""), ("reopen", "schedule")}


@pytest.mark.parametrize("longer", [4, 5])
def test_terms_and_what_is_counted_from_their_end(district: Database, longer: int) -> None:
    apply(district, TERMS, until=UNTIL)
    recurrence = TERMS.duties["committee_term"].recurrence
    years = dict.fromkeys(recurrence.years, longer)  # type: ignore[union-attr]
    other = edited(TERMS, f"{longer} years", recurrence=replace(recurrence, years=years))  # type: ignore[type-var]
    shown, done = shown_and_done(district, other)

    assert shown == done
    assert "move" in {row[0] for row in done}


def test_of_a_duty_switched_off_stays_what_a_person_touched_and_nothing_else(
    district: Database,
) -> None:
    apply(district, LIFE, until=UNTIL)
    advance_to(district, LIFE, TODAY)
    act(district, LIFE, "planned", the_step(district, "", "B1").id, TODAY, on=date(2026, 12, 18))
    none = edited(LIFE, "none", enabled=False)
    report = plan.preview(district, none, DateRange(START, UNTIL), every_change=True)
    kept = sorted((row["org"], row["step"]) for row in report.samples if row["change"] == "keep")
    before = stored(district)
    apply(district, none, until=UNTIL, today=TODAY, allow_withdrawals=1000)
    after = stored(district)

    stays = {key for key, row in after.items() if row[0] in ("planned", "open") and key[0] == "B1"}
    assert kept == sorted((key[0], key[5]) for key in stays)
    assert report.total("withdraw") == len(difference(before, after))
    assert {row[0] for row in difference(before, after)} == {"withdraw"}
    assert plan.preview(district, none, DateRange(START, UNTIL), anew=True).counts == {}


def test_each_step_is_shown_with_what_brings_it(district: Database) -> None:
    def causes(rules: Catalogue, until: date) -> set[tuple[str, str]]:
        span = DateRange(START, until)
        report = plan.preview(district, rules, span, every_change=True)
        return {(s["step"], s["cause"]) for s in report.samples if s["change"] == "create"}

    new, later = "新纳入的组织或新启用的职责", "新的周期进入计划范围"
    assert causes(LIFE, date(2026, 12, 31)) == {("", new), ("schedule", new)}
    apply(district, LIFE, until=date(2026, 12, 31))
    assert causes(LIFE, date(2027, 12, 31)) == {("", later), ("schedule", later)}
    own = the_step(district, "")
    with district.write() as session:
        how = Actor("x", at(TODAY), TODAY)
        record.set_planned(session, LIFE, own.id, how, on=date(2026, 11, 20))
    before = "前一环节的日期或流程有变化"
    assert causes(LIFE, date(2026, 12, 31)) == {("report", before), ("rectify", before)}
