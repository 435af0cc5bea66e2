"""What only a superior may give, on both databases."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_grant
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.roster import orgs, people
from tests.world.engine import (
    EVERYTHING,
    GROUPS,
    PARTY_DAY,
    acts,
    advance_to,
    apply,
    at,
    catalogue,
    everything,
    notices,
    roll,
    the_task,
)

TODAY = date(2026, 4, 2)
CONFIRMED = catalogue(replace(PARTY_DAY, confirm=True))


@pytest.fixture
def district(planned: Database) -> Database:
    """On Thursday 2026-04-02: March waits to be recorded."""
    advance_to(planned, EVERYTHING, TODAY)
    return planned


def postpone(
    database: Database, task_id: int, until: date, by: str = "教育工委", **how: Any
) -> None:
    actor, known = Actor(by, at(TODAY, 17), TODAY), {"reason": "校舍维修"}
    with database.write() as session:
        superior_decisions.postpone(
            session, EVERYTHING, task_id, actor, until=until, **(known | how)
        )


def waive(database: Database, task_id: int, reason: str = "支部拟撤并") -> None:
    with database.write() as session:
        superior_decisions.waive(
            session, EVERYTHING, task_id, Actor("教育工委", at(TODAY, 17), TODAY), reason=reason
        )


def test_a_postponed_task_is_open_again_until_the_new_day(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")

    postpone(district, task.id, date(2026, 4, 10))
    advance_to(district, EVERYTHING, date(2026, 4, 3))

    after = the_task(district, "party_day", "B1", "2026-03")
    assert (task.state, after.state) == ("unrecorded", "open")
    assert (after.due, after.postponed_to) == (date(2026, 4, 10), date(2026, 4, 10))
    assert acts(district, task.id) == [("postpone", "教育工委", "校舍维修")]


def test_a_plan_does_not_take_the_postponement_back(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    postpone(district, task.id, date(2026, 4, 10))

    apply(district, EVERYTHING)

    assert the_task(district, "party_day", "B1", "2026-03").due == date(2026, 4, 10)


@pytest.mark.parametrize(
    ("until", "how", "said"),
    [
        (date(2026, 4, 10), {"reason": " "}, "请写明延期的原因。"),
        (date(2026, 3, 31), {}, "截止日本来就是2026年3月31日（周二），没有改动。"),
    ],
)
def test_a_postponement_that_is_none_changes_nothing(
    district: Database, until: date, how: dict[str, str], said: str
) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    before = everything(district)

    with pytest.raises(Refused) as refused:
        postpone(district, task.id, until, **how)

    assert str(refused.value) == said
    assert everything(district) == before


def test_a_term_is_extended_by_more_than_a_year_only_when_confirmed(district: Database) -> None:
    term = the_task(district, "term", "B1", "term-2023-08-31")
    assert term.due == date(2026, 8, 31)

    with pytest.raises(Refused, match="不超过一年"):
        postpone(district, term.id, date(2027, 9, 1))
    postpone(district, term.id, date(2027, 9, 1), confirmed=True)

    assert the_task(district, "term", "B1", "term-2023-08-31").due == date(2027, 9, 1)


STEPS: dict[str, list[tuple[date, bool]]] = {
    "in steps of less than a year": [(date(2027, 3, 31), True), (date(2028, 1, 31), False)],
    "shortened, then extended": [
        (date(2027, 8, 31), True),
        (date(2027, 1, 31), True),
        (date(2027, 12, 31), False),
    ],
    "to the day, and one more": [(date(2027, 8, 31), True), (date(2027, 9, 1), False)],
    "brought forward in steps": [(date(2025, 12, 31), True), (date(2025, 5, 31), False)],
    "forward, then a year from there": [(date(2026, 1, 31), True), (date(2026, 12, 31), True)],
}
"""Each day that is asked for, and whether it is granted without a confirmation."""


@pytest.mark.parametrize("asked", STEPS.values(), ids=STEPS)
def test_the_year_counts_from_the_expiry_however_often_it_is_moved(
    district: Database, asked: list[tuple[date, bool]]
) -> None:
    term = the_task(district, "term", "B1", "term-2023-08-31")

    for number, (until, granted) in enumerate(asked):
        by = ("教育工委", "党总支")[number % 2]
        if granted:
            postpone(district, term.id, until, by=by)
        else:
            with pytest.raises(Refused, match="本届2026年8月31日（周一）届满"):
                postpone(district, term.id, until, by=by)

    last = [until for until, granted in asked if granted][-1]
    assert the_task(district, "term", "B1", "term-2023-08-31").due == last


def test_what_was_confirmed_once_is_asked_again(district: Database) -> None:
    term = the_task(district, "term", "B1", "term-2023-08-31")
    postpone(district, term.id, date(2028, 1, 31), confirmed=True)

    with pytest.raises(Refused, match="不超过一年"):
        postpone(district, term.id, date(2028, 2, 29))
    postpone(district, term.id, date(2028, 2, 29), confirmed=True)
    postpone(district, term.id, date(2027, 8, 31))

    assert the_task(district, "term", "B1", "term-2023-08-31").due == date(2027, 8, 31)


def test_a_plan_made_anew_forgets_no_expiry(district: Database) -> None:
    term = the_task(district, "term", "B1", "term-2023-08-31")
    postpone(district, term.id, date(2027, 6, 30))
    apply(district, EVERYTHING, today=TODAY)

    with pytest.raises(Refused, match="本届2026年8月31日（周一）届满"):
        postpone(district, term.id, date(2027, 10, 31))


def test_a_waived_task_is_settled_and_says_nothing_more(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")

    waive(district, task.id)
    advance_to(district, EVERYTHING, date(2026, 5, 20))

    after = the_task(district, "party_day", "B1", "2026-03")
    assert (after.state, after.next_on) == ("waived", None)
    with pytest.raises(Refused, match="不再办理"):
        waive(district, task.id)


@pytest.mark.parametrize(
    ("office_at", "allowed"), [("E", True), ("S", True), ("B1", False), ("T", False)]
)
def test_only_those_above_may_grant(district: Database, office_at: str, allowed: bool) -> None:
    with district.read() as session:
        org = orgs.find_org(session, "B1")
        holder = people.holders(session, [orgs.find_org(session, office_at).id], TODAY)
        secretary = next(h for (_, office), h in holder.items() if office == "书记")
        visitor = Visitor(secretary.person_id, "x", secretary.name)
        assert may_grant(session, visitor, org.id, TODAY) is allowed


def test_what_is_handed_up_waits_silently_until_accepted(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")

    submit(district, task.id)
    advance_to(district, CONFIRMED, date(2026, 5, 20))
    waiting = the_task(district, "party_day", "B1", "2026-03")
    with district.write() as session:
        superior_decisions.accept(
            session, CONFIRMED, task.id, Actor("教育工委", at(date(2026, 5, 20)), date(2026, 5, 20))
        )

    assert (waiting.state, waiting.next_on) == ("submitted", None)
    after = the_task(district, "party_day", "B1", "2026-03")
    assert (after.state, after.completed_on) == ("done", date(2026, 3, 30))


def test_what_is_sent_back_is_owed_again(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-04")
    submit(district, task.id, on=date(2026, 4, 1))

    with district.write() as session:
        superior_decisions.return_(
            session, CONFIRMED, task.id, Actor("教育工委", at(TODAY, 18), TODAY), reason="缺少签到"
        )
    advance_to(district, CONFIRMED, date(2026, 4, 3))

    after = the_task(district, "party_day", "B1", "2026-04")
    assert (after.state, after.amount, after.completed_on) == ("returned", 0, None)
    assert [kind for kind, _, _ in acts(district, task.id)] == ["done", "return"]
    advance_to(district, CONFIRMED, date(2026, 5, 20))
    assert the_task(district, "party_day", "B1", "2026-04").state == "overdue"


def test_what_was_not_handed_up_cannot_be_accepted(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")

    with pytest.raises(Refused, match="没有等待确认的报送"), district.write() as session:
        superior_decisions.accept(
            session, EVERYTHING, task.id, Actor("教育工委", at(TODAY, 17), TODAY)
        )


def submit(database: Database, task_id: int, on: date = date(2026, 3, 30)) -> None:
    with database.write() as session:
        record.done(session, CONFIRMED, task_id, Actor("李书记", at(TODAY, 17), TODAY), on=on)


# --- shortened, ended, taken back ---------------------------------------------------------------


def dates_of(database: Database, duty: str, label: str) -> tuple[str, date, date, date | None]:
    """(state, opens, due, what was granted)."""
    row = the_task(database, duty, "B1", label)
    return row.state, row.opens, row.due, row.postponed_to


def take_back(database: Database, task_id: int, reason: str = "批错了") -> None:
    with database.write() as session:
        undo(session, EVERYTHING, task_id, Actor("教育工委", at(TODAY, 18), TODAY), reason=reason)


@pytest.mark.parametrize(
    ("until", "kept", "granted"),
    [
        (date(2026, 4, 20), date(2026, 4, 20), date(2026, 4, 20)),
        (TODAY, TODAY, TODAY),
        (date(2026, 3, 31), date(2026, 3, 31), None),  # the rule's own day: it is ended
    ],
)
def test_a_postponement_is_shortened_or_ended_with_its_reason(
    district: Database, until: date, kept: date, granted: date | None
) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    postpone(district, task.id, date(2026, 5, 29))

    postpone(district, task.id, until, reason="校舍已修好")
    apply(district, EVERYTHING)

    assert dates_of(district, "party_day", "2026-03")[2:] == (kept, granted)
    assert [(kind, reason) for kind, _, reason in acts(district, task.id)] == [
        ("postpone", "校舍维修"),
        ("postpone", "校舍已修好"),
    ]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (date(2026, 3, 30), "规定的截止日是2026年3月31日（周二），不能改得更早。"),
        (
            date(2026, 4, 1),
            "缩短后的日期不能早于今天。要取消延期，请写规定的截止日2026年3月31日（周二）。",
        ),
    ],
)
def test_nothing_is_shortened_into_the_past_or_below_the_rule(
    district: Database, until: date, said: str
) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    postpone(district, task.id, date(2026, 5, 29))
    before = everything(district)

    with pytest.raises(Refused) as refused:
        postpone(district, task.id, until)

    assert str(refused.value) == said
    assert everything(district) == before


@pytest.mark.parametrize("until", [date(2029, 3, 1), date(2026, 12, 31), date(2026, 8, 31)])
def test_a_term_postponed_beyond_a_year_is_shortened_without_a_confirmation(
    district: Database, until: date
) -> None:
    term = the_task(district, "term", "B1", "term-2023-08-31")
    postpone(district, term.id, date(2030, 8, 31), confirmed=True)

    postpone(district, term.id, until, reason="可以换届了")
    roll(district, EVERYTHING, TODAY)

    ended = until == term.due
    _, opens, due, granted = dates_of(district, "term", "term-2023-08-31")
    assert (due, granted) == (until, None if ended else until)
    assert opens <= term.opens


@pytest.mark.parametrize("until", [date(2026, 5, 29), date(2030, 1, 31)])
def test_what_was_granted_is_taken_back_with_the_dates_before(
    district: Database, until: date
) -> None:
    for duty, label in (("party_day", "2026-03"), ("term", "term-2023-08-31")):
        task, before = the_task(district, duty, "B1", label), dates_of(district, duty, label)
        postpone(district, task.id, until, confirmed=True)
        take_back(district, task.id)
        assert dates_of(district, duty, label) == before
        assert acts(district, task.id)[-1] == ("undo", "教育工委", "批错了")


def test_a_waiver_is_taken_back_and_the_task_owed_as_before(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    said = notices(district, task.id)
    waive(district, task.id)
    advance_to(district, EVERYTHING, TODAY)

    take_back(district, task.id, "支部不撤了")

    after = the_task(district, "party_day", "B1", "2026-03")
    assert (after.state, after.settled_at, after.has_acts) == ("unrecorded", None, False)
    assert notices(district, task.id) == said
    assert [(kind, reason) for kind, _, reason in acts(district, task.id)] == [
        ("waive", "支部拟撤并"),
        ("undo", "支部不撤了"),
    ]


def test_what_waits_for_the_superior_is_decided_before_its_date_is_moved(
    district: Database,
) -> None:
    task = the_task(district, "party_day", "B1", "2026-03")
    who = Actor("李书记", at(TODAY, 16), TODAY)
    with district.write() as session:
        record.done(session, CONFIRMED, task.id, who, on=TODAY)

    with pytest.raises(Refused, match="请先确认或退回，再改期限"):
        postpone(district, task.id, date(2026, 5, 29))


def test_what_a_superior_accepted_the_branch_cannot_take_back_first(district: Database) -> None:
    first, second = (the_task(district, duty, "B1", "2026-03") for duty in ("party_day", "groups"))
    joint = replace(PARTY_DAY, confirm=True, counts_for=("groups",))
    rules = catalogue(joint, GROUPS)
    who = Actor("李书记", at(TODAY, 16), TODAY)
    with district.write() as session:
        record.done(session, rules, first.id, who, on=TODAY, also=[second.id])
        superior_decisions.accept(session, rules, first.id, who)
    before = everything(district)

    with (
        pytest.raises(Refused, match="上级已经确认，须由上级先撤回确认。"),
        district.write() as session,
    ):
        undo(session, rules, second.id, who, reason="登错")

    assert everything(district) == before
