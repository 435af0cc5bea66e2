"""What time does to tasks, on both databases."""

from dataclasses import replace
from datetime import date
from threading import Thread

import pytest
from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.rules.duty import DayOfYear, Every
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import notice, task
from tests.world.engine import (
    CALENDAR,
    EVERYTHING,
    LECTURE,
    PARTY_DAY,
    SETTINGS,
    TERM,
    WINTER,
    advance_to,
    apply,
    at,
    catalogue,
    everything,
    found_district,
    notices,
    tasks,
    the_task,
)


@pytest.fixture
def months(planned: Database) -> Database:
    """Everything is planned; these tests look at the monthly duty."""
    return planned


def state(database: Database, org: str = "T", label: str = "2026-03") -> str:
    return str(the_task(database, "party_day", org, label).state)


def plan_on(database: Database, task_id: int, on: date, today: date) -> None:
    with database.write() as session:
        set_planned(session, EVERYTHING, task_id, Actor("李书记", at(today), today), on=on)


def test_a_task_goes_through_its_states_on_the_days_that_are_promised(months: Database) -> None:
    seen = []
    day = date(2026, 3, 1)
    while day <= date(2026, 4, 12):
        advance_to(months, EVERYTHING, day)
        if not seen or seen[-1][1] != state(months):
            seen.append((day, state(months)))
        day += DAY

    assert seen == [
        (date(2026, 3, 1), "open"),
        (date(2026, 4, 1), "unrecorded"),  # the 31st counts whole
        (date(2026, 4, 9), "overdue"),  # after 1, 2, 3, 7 and 8
    ]


def test_a_second_pass_of_a_day_changes_nothing(months: Database) -> None:
    advance_to(months, EVERYTHING, date(2026, 3, 2))
    before = everything(months)

    assert advance_to(months, EVERYTHING, date(2026, 3, 2)) == 0
    assert everything(months) == before


def test_each_day_writes_down_what_falls_due_on_it(months: Database) -> None:
    task = the_task(months, "party_day", "B1", "2026-03")  # planned on Thursday the 5th
    day = date(2026, 3, 1)
    while day <= date(2026, 4, 13):
        advance_to(months, EVERYTHING, day)
        day += DAY

    assert notices(months, task.id) == [
        ("list", 0, date(2026, 3, 2), ""),
        ("nudge", 0, date(2026, 3, 2), ""),
        ("late", 0, date(2026, 4, 1), ""),
        ("late", 0, date(2026, 4, 7), ""),  # Monday is 清明
        ("late", 0, date(2026, 4, 13), ""),
    ]


def test_an_outage_of_30_days_ends_as_if_every_day_had_been_lived(months: Database) -> None:
    advance_to(months, EVERYTHING, date(2026, 3, 1))

    advance_to(months, EVERYTHING, date(2026, 4, 14))

    task = the_task(months, "party_day", "B1", "2026-03")
    assert [(reminder_step, day) for reminder_step, _, day, _ in notices(months, task.id)] == [
        ("list", date(2026, 3, 2)),
        ("nudge", date(2026, 3, 2)),
        ("late", date(2026, 4, 1)),
        ("late", date(2026, 4, 7)),
        ("late", date(2026, 4, 13)),
    ]
    assert task.state == "overdue"
    assert task.next_on == date(2026, 4, 20)


def test_a_term_is_overdue_on_the_day_after_it_ran_out(planned: Database) -> None:

    for day, expected in ((date(2026, 8, 31), "open"), (date(2026, 9, 1), "overdue")):
        advance_to(planned, EVERYTHING, day)
        assert the_task(planned, "term", "B1", "term-2023-08-31").state == expected


def test_a_superior_is_told_when_the_notice_opens(planned: Database) -> None:
    advance_to(planned, EVERYTHING, date(2026, 11, 3))

    notice = the_task(planned, "notice", "E", "term-2024-06-01")
    assert (notice.opens, notice.state) == (date(2026, 11, 1), "open")
    assert notices(planned, notice.id) == [("opens", 0, date(2026, 11, 2), "")]


def test_a_settled_task_is_spoken_of_no_more(months: Database) -> None:
    advance_to(months, EVERYTHING, date(2026, 3, 2))
    task = the_task(months, "party_day", "T", "2026-03")
    with months.write() as session:
        done(
            session,
            EVERYTHING,
            task.id,
            Actor("吴书记", at(date(2026, 3, 2)), date(2026, 3, 2)),
            on=date(2026, 3, 2),
        )

    advance_to(months, EVERYTHING, date(2026, 4, 20))

    assert [reminder_step for reminder_step, *_ in notices(months, task.id)] == ["list"]
    assert state(months) == "done"


def test_a_task_taken_back_is_in_its_state_again_and_says_nothing_twice(months: Database) -> None:
    advance_to(months, EVERYTHING, date(2026, 4, 1))
    task = the_task(months, "party_day", "T", "2026-03")
    when = Actor("吴书记", at(date(2026, 4, 2)), date(2026, 4, 2))
    with months.write() as session:
        done(session, EVERYTHING, task.id, when, on=date(2026, 3, 30))
        undo(session, EVERYTHING, task.id, when, reason="登错了")

    advance_to(months, EVERYTHING, date(2026, 4, 2))

    assert state(months) == "unrecorded"
    assert [reminder_step for reminder_step, *_ in notices(months, task.id)] == ["list", "late"]


# --- dates that change --------------------------------------------------------------------------


def test_a_rung_goes_out_again_only_if_its_day_is_back_in_the_future(months: Database) -> None:
    task = the_task(months, "party_day", "B1", "2026-03")
    advance_to(months, EVERYTHING, date(2026, 3, 3))  # list and nudge of the 2nd are out

    plan_on(months, task.id, date(2026, 3, 20), date(2026, 3, 3))
    for day in range(3, 31):
        advance_to(months, EVERYTHING, date(2026, 3, day))

    assert notices(months, task.id) == [
        ("list", 0, date(2026, 3, 2), ""),
        ("nudge", 0, date(2026, 3, 2), ""),
        ("nudge", 1, date(2026, 3, 17), ""),
    ]


def test_a_due_date_that_came_closer_is_told(database: Database) -> None:
    found_district(database)
    apply(database, catalogue(WINTER), until=date(2027, 4, 1))
    task = the_task(database, "winter", "T", "2026")
    advance_to(database, catalogue(WINTER), date(2026, 11, 20))
    assert notices(database, task.id) == []

    november = DayOfYear(0, 11, 25)
    window = replace(WINTER.recurrence, due=november)  # type: ignore[type-var]
    closer = catalogue(replace(WINTER, recurrence=window), version="v2")
    apply(database, closer, today=date(2026, 11, 20), until=date(2027, 4, 1))
    advance_to(database, closer, date(2026, 11, 20))

    assert [
        (reminder_step, revision) for reminder_step, revision, *_ in notices(database, task.id)
    ] == [("week", 1)]
    assert the_task(database, "winter", "T", "2026").due == date(2026, 11, 25)


def test_what_re_dating_makes_due_at_once_is_due_that_day_and_not_late(months: Database) -> None:
    task = the_task(months, "party_day", "T", "2026-03")  # without a planned day
    advance_to(months, EVERYTHING, date(2026, 3, 10))
    on_the_11th = replace(PARTY_DAY, recurrence=Every(Unit.MONTH, day="11日"))

    apply(months, catalogue(on_the_11th, version="v2"), today=date(2026, 3, 10))
    advance_to(months, EVERYTHING, date(2026, 3, 10))  # the nudge was on the 6th

    assert notices(months, task.id)[1:] == [("nudge", 1, date(2026, 3, 10), "")]


def test_who_has_just_set_a_near_day_is_not_told_that_it_is_near(months: Database) -> None:
    task = the_task(months, "party_day", "T", "2026-03")
    advance_to(months, EVERYTHING, date(2026, 3, 10))

    plan_on(months, task.id, date(2026, 3, 11), date(2026, 3, 10))
    advance_to(months, EVERYTHING, date(2026, 3, 10))

    assert [reminder_step for reminder_step, *_ in notices(months, task.id)] == ["list"]


def test_a_due_date_moved_out_of_the_past_makes_the_task_open_again(database: Database) -> None:
    found_district(database)
    apply(database, catalogue(LECTURE))
    years = dict(CALENDAR.years)
    years[2026] = replace(years[2026], days_off=years[2026].days_off | {date(2026, 6, 30)})
    early = catalogue(LECTURE, version="v0", calendar=replace(CALENDAR, years=years))
    apply(database, early)
    advance_to(database, early, date(2026, 6, 30))
    assert {r.state for r in tasks(database, "lecture") if r.label == "2026-Q2"} == {"unrecorded"}

    apply(database, catalogue(LECTURE), today=date(2026, 6, 30))
    advance_to(database, catalogue(LECTURE), date(2026, 6, 30))

    assert {r.state for r in tasks(database, "lecture") if r.label == "2026-Q2"} == {"open"}


def test_notices_go_to_the_office_of_the_duty(planned: Database) -> None:
    advance_to(planned, EVERYTHING, date(2026, 3, 2))

    with planned.read() as session:
        query = select(task.c.duty, notice.c.office).join_from(notice, task).distinct()
        found = {tuple(row) for row in session.execute(query)}
    assert found == {("party_day", "书记"), ("groups", "党小组长"), ("notice", "党务工作者")}


def test_a_duty_gone_from_the_catalogue_does_not_stop_the_others(months: Database) -> None:
    touched = the_task(months, "party_day", "T", "2026-03")
    advance_to(months, EVERYTHING, date(2026, 3, 2))
    plan_on(months, touched.id, date(2026, 3, 20), date(2026, 3, 2))
    rules = catalogue(TERM, version="v2")
    apply(months, rules, allow_withdrawals=50)

    advance_to(months, rules, date(2026, 4, 30))

    assert state(months) == "overdue"
    assert PARTY_DAY.key not in rules.duties


def test_what_was_withdrawn_before_it_was_told_is_told_when_it_is_back(months: Database) -> None:
    off = catalogue(replace(PARTY_DAY, enabled=False), version="off")
    advance_to(months, EVERYTHING, date(2026, 3, 2))
    apply(months, off, today=date(2026, 3, 2), allow_withdrawals=50)
    bundle(months, off, SETTINGS, now=at(date(2026, 3, 2)))

    apply(months, EVERYTHING, today=date(2026, 3, 3))
    advance_to(months, EVERYTHING, date(2026, 3, 3))

    task = the_task(months, "party_day", "T", "2026-03")
    assert notices(months, task.id) == [
        ("list", 0, date(2026, 3, 2), "settled_before"),
        ("list", 1, date(2026, 3, 3), ""),
    ]


def test_what_a_person_does_during_a_pass_stands(months: Database) -> None:
    row = the_task(months, "party_day", "T", "2026-03")
    advance_to(months, EVERYTHING, date(2026, 3, 31))
    meanwhile = Thread(target=advance_to, args=(months, EVERYTHING, date(2026, 4, 1)))
    when = date(2026, 3, 31)
    with months.write() as session:
        done(session, EVERYTHING, row.id, Actor("吴书记", at(when, 23), when), on=when)
        meanwhile.start()
        meanwhile.join(0.3)  # it waits for this transaction
        assert meanwhile.is_alive()
    meanwhile.join()

    after = the_task(months, "party_day", "T", "2026-03")
    assert (after.state, after.next_on) == ("done", None)
