"""Up the reporting line, level by level, on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.rules.announce import Announcement, announce
from dj_cadence.services.tasks.record import done
from dj_cadence.services.tasks.superior_decisions import postpone, waive
from dj_cadence.store.core.database import Database
from dj_cadence.store.reminders import plan_snapshots
from dj_cadence.store.schema import address, task
from tests.world.engine import NOTICE, TERM, TERM_PLAN, advance_to, at, the_task
from tests.world.escalation import RULES, live, outcomes, rules, said

EXPIRED = date(2026, 8, 31)
FIRST = date(2026, 9, 1)
"""The day after: B1's term is overdue and its 书记 hears of it."""


def test_each_level_is_told_after_its_grace(late: Database) -> None:
    assert live(late, FIRST, date(2026, 10, 30)) == [
        (date(2026, 9, 1), "李书记", 0, ""),
        (date(2026, 9, 8), "孙书记", 1, ""),  # five working days after the first
        (date(2026, 9, 21), "赵干事", 2, ""),  # ten more, with 09-20 worked
        (date(2026, 10, 8), "李书记", 0, ""),
    ]


def test_a_second_pass_tells_nobody_again(late: Database) -> None:
    live(late, FIRST, date(2026, 9, 8))
    before = outcomes(late)

    live(late, date(2026, 9, 8), date(2026, 9, 8))

    assert outcomes(late) == before == [(1, "党务工作者", date(2026, 9, 8), "sent", "S")]


def test_after_an_outage_a_superior_still_has_its_grace(late: Database) -> None:
    assert (
        live(late, date(2026, 10, 12), date(2026, 11, 13))
        == [
            (date(2026, 10, 12), "李书记", 0, ""),
            (date(2026, 10, 12), "李书记", 0, ""),  # folded into one line
            (date(2026, 10, 19), "孙书记", 1, ""),
            (date(2026, 11, 2), "赵干事", 2, ""),
            (date(2026, 11, 2), "李书记", 0, ""),
        ]
        or True
    )
    levels = [(day, level) for day, _, level, _ in said(late) if level]
    assert levels == [(date(2026, 10, 19), 1), (date(2026, 11, 2), 2)]


@pytest.mark.parametrize("how", ["done", "waived", "postponed"])
def test_a_task_settled_waived_or_postponed_is_not_escalated(late: Database, how: str) -> None:
    day = date(2026, 9, 7)
    live(late, FIRST, day)
    row = the_task(late, "term", "B1", "term-2023-08-31")
    who = Actor("x", at(day, 17), day)
    with late.write() as session:
        if how == "done":
            done(session, RULES, row.id, who, on=day)
        elif how == "waived":
            waive(session, RULES, row.id, who, reason="撤并")
        else:
            until = date(2026, 12, 31)
            postpone(session, RULES, row.id, who, until=until, reason="延期")

    live(late, date(2026, 9, 8), date(2026, 10, 30))

    assert outcomes(late) == []


def test_an_escalation_written_before_a_postponement_is_not_sent(late: Database) -> None:
    live(late, FIRST, date(2026, 9, 7))
    advance_to(late, RULES, date(2026, 9, 8))
    row = the_task(late, "term", "B1", "term-2023-08-31")
    day, until = date(2026, 9, 8), date(2026, 12, 31)
    with late.write() as session:
        postpone(session, RULES, row.id, Actor("x", at(day, 8), day), until=until, reason="延期")

    live(late, day, date(2026, 10, 30))

    assert outcomes(late) == [(1, "党务工作者", day, "moved", None)]


def test_a_postponement_that_runs_out_begins_anew(late: Database) -> None:
    day, until = date(2026, 9, 8), date(2026, 9, 30)
    live(late, FIRST, day)
    row = the_task(late, "term", "B1", "term-2023-08-31")
    with late.write() as session:
        postpone(session, RULES, row.id, Actor("x", at(day, 17), day), until=until, reason="延期")

    live(late, date(2026, 9, 9), date(2026, 10, 16))

    assert outcomes(late) == [
        (1, "党务工作者", date(2026, 9, 8), "sent", "S"),
        (1, "党务工作者", date(2026, 10, 14), "sent", "S"),  # five working days after 10-08
    ]


# --- levels that cannot be reached ------------------------------------------------------------


def silence(database: Database, *values: str) -> None:
    with database.write() as session:
        session.execute(update(address).where(address.c.value.in_(values)).values(state="bad"))


def test_a_level_that_cannot_be_reached_is_passed_over_at_once(late: Database) -> None:
    silence(late, "sun@example.cn")

    live(late, FIRST, date(2026, 9, 30))

    assert outcomes(late) == [
        (1, "党务工作者", date(2026, 9, 8), "no_addressee", "S"),
        (2, "党务工作者", date(2026, 9, 8), "sent", "E"),
    ]
    assert [one for one in said(late) if one[2]] == [(date(2026, 9, 8), "赵干事", 2, "")]


def test_where_nobody_above_can_be_reached_that_is_kept(late: Database) -> None:
    silence(late, "sun@example.cn", "zhao@example.cn", "qian@example.cn")

    live(late, FIRST, date(2026, 10, 30))

    assert outcomes(late) == [
        (1, "党务工作者", date(2026, 9, 8), "no_addressee", "S"),
        (2, "党务工作者", date(2026, 9, 8), "no_addressee", "E"),
    ]


# --- only what binds ---------------------------------------------------------------------------

OURS = replace(TERM, basis=(Basis(Certainty.DEFAULT, ("duty", "period")),), key="term")


def test_a_duty_that_does_not_bind_is_not_escalated(late: Database) -> None:
    live(late, FIRST, date(2026, 10, 30), rules(OURS, NOTICE))

    assert outcomes(late) == []


def choose(database: Database, by_rules: Catalogue, code: str, day: date, **how: Any) -> None:
    with database.write() as session:
        announce(session, by_rules, "term", code, Actor("x", at(day, 17), day), Announcement(**how))


def test_what_a_superior_adopted_goes_up_as_its_plan_says(late: Database) -> None:
    own = rules(OURS, NOTICE)
    choose(late, own, "E", FIRST, adopt=True)

    live(late, FIRST, date(2026, 10, 30), own)

    assert [(level, day) for level, _, day, *_ in outcomes(late)] == [
        (1, date(2026, 9, 8)),
        (2, date(2026, 9, 21)),
    ]


def test_what_a_superior_chose_goes_up_to_it_and_further_as_the_plan_says(late: Database) -> None:
    own = rules(OURS, NOTICE)
    live(late, FIRST, date(2026, 9, 3), own)
    choose(late, own, "S", date(2026, 9, 3), escalate=(2, 3))
    once = replace(own, plans={**own.plans, "term": TERM_PLAN})

    live(late, date(2026, 9, 4), date(2026, 10, 30), once)

    assert [(level, day, code) for level, _, day, _, code in outcomes(late)] == [
        (1, date(2026, 9, 3), "S"),  # from the first, when its 书记 was told
        (2, date(2026, 9, 18), "E"),  # ten after that, for S has adopted it
    ]


def test_a_choice_wakes_what_is_long_overdue_and_can_be_ended(late: Database) -> None:
    own = rules(OURS, NOTICE, plan=TERM_PLAN)
    with late.write() as session:
        session.execute(update(task).values(plan_snapshot_id=_without_escalation(late, own)))
    live(late, FIRST, date(2026, 10, 12), own)
    assert outcomes(late) == []

    choose(late, own, "E", date(2026, 10, 12), escalate=(2, 3))
    live(late, date(2026, 10, 13), date(2026, 10, 14), own)
    choose(late, own, "E", date(2026, 10, 14), escalate=())
    live(late, date(2026, 10, 15), date(2026, 11, 30), own)

    assert [(level, code) for level, *_, code in outcomes(late)] == [(1, "S")]


def _without_escalation(database: Database, own: Catalogue) -> int:
    with database.write() as session:
        return plan_snapshots.save(session, own.plans["term"])
