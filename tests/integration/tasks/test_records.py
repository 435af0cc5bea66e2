"""What people say about their tasks, on both databases."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.tasks import record as records
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import record, start_event
from tests.world.engine import EVERYTHING, acts, advance_to, at, everything, notices, roll, the_task

TODAY = date(2026, 4, 2)


@pytest.fixture
def district(planned: Database) -> Database:
    """On Thursday 2026-04-02: March waits to be recorded."""
    advance_to(planned, EVERYTHING, TODAY)
    return planned


def say(
    database: Database, what: Callable[..., None], task_id: int, by: str = "李书记", **how: Any
) -> None:
    actor = Actor(by, at(TODAY, 17), TODAY)
    with database.write() as session:
        what(session, EVERYTHING, task_id, actor, **how)


def march(database: Database, duty: str = "party_day", org: str = "B1") -> Any:
    return the_task(database, duty, org, "2026-03")


def test_done_on_the_due_date_is_not_late(district: Database) -> None:
    task = march(district)

    say(district, records.done, task.id, on=date(2026, 3, 31), note="学习", by="吴书记")

    after = march(district)
    assert (after.state, after.amount, after.completed_on, after.next_on, after.has_acts) == (
        "done",
        1,
        date(2026, 3, 31),
        None,
        True,
    )
    assert after.settled_at == at(TODAY, 17)
    assert acts(district, task.id) == [("done", "吴书记", "学习")]
    assert after.completed_on <= after.due


def test_done_late_keeps_the_day_it_was_done(district: Database) -> None:
    say(district, records.done, march(district).id, on=date(2026, 4, 2))

    after = march(district)
    assert (after.state, after.completed_on, after.due) == (
        "done",
        date(2026, 4, 2),
        date(2026, 3, 31),
    )


def test_a_target_of_two_groups_needs_two_records(district: Database) -> None:
    task = march(district, "groups")

    say(district, records.done, task.id, on=date(2026, 3, 20))
    half = march(district, "groups")
    assert (half.state, half.amount, half.completed_on, half.settled_at) == (
        "unrecorded",
        1,
        None,
        None,
    )

    say(district, records.done, task.id, on=date(2026, 3, 12))
    whole = march(district, "groups")
    assert (whole.state, whole.amount, whole.completed_on) == ("done", 2, date(2026, 3, 20))


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 4, 3), "2026年4月3日（周五）还没有到，请在办理之后登记。"),
        (
            date(2026, 2, 28),
            "2026年2月28日（周六）早于这项任务的开始日2026年3月1日（周日），请检查日期；是上一期办的，请登记在上一期的任务里。",
        ),
    ],
)
def test_a_day_to_come_or_before_the_period_is_refused(
    district: Database, on: date, said: str
) -> None:
    before = everything(district)

    with pytest.raises(Refused) as refused:
        say(district, records.done, march(district).id, on=on)

    assert str(refused.value) == said
    assert everything(district) == before


def test_a_task_not_open_yet_cannot_be_done(district: Database) -> None:
    may = the_task(district, "party_day", "B1", "2026-05")

    with pytest.raises(Refused, match="早于这项任务的开始日2026年5月1日"):
        say(district, records.done, may.id, on=TODAY)


def test_what_is_settled_is_not_recorded_twice(district: Database) -> None:
    task = march(district)
    say(district, records.done, task.id, on=date(2026, 3, 31))
    before = everything(district)

    for again in (
        lambda: say(district, records.done, task.id, on=date(2026, 3, 30)),
        lambda: say(district, records.missed, task.id, reason="没开"),
        lambda: say(district, records.set_planned, task.id, on=date(2026, 3, 30)),
    ):
        with pytest.raises(Refused, match="已经是“已完成”，日期2026年3月31日"):
            again()
    assert everything(district) == before


def test_an_unknown_task_is_refused(district: Database) -> None:
    with pytest.raises(Refused, match="没有编号为 999 的任务"):
        say(district, records.done, 999, on=TODAY)


# --- missed ------------------------------------------------------------------------------------


def test_a_month_gone_by_can_be_closed_as_missed(district: Database) -> None:
    task = march(district)

    say(district, records.missed, task.id, reason=" 放假 ")

    after = march(district)
    assert (after.state, after.completed_on, after.next_on) == ("missed", None, None)
    assert acts(district, task.id) == [("missed", "李书记", "放假")]


@pytest.mark.parametrize(
    ("duty", "label", "reason", "said"),
    [
        ("party_day", "2026-04", "放假", "还没有过"),
        ("party_day", "2026-03", "  ", "请写明未按期开展的原因"),
        ("term", "term-2023-08-31", "没选", "须办理完成后才能结束"),
    ],
)
def test_missed_is_only_for_short_periods_gone_by_and_with_a_reason(
    district: Database, duty: str, label: str, reason: str, said: str
) -> None:
    before = everything(district)

    with pytest.raises(Refused, match=said):
        say(district, records.missed, the_task(district, duty, "B1", label).id, reason=reason)

    assert everything(district) == before


# --- planned -----------------------------------------------------------------------------------


def test_a_day_is_planned_inside_the_period(district: Database) -> None:
    task = the_task(district, "party_day", "B1", "2026-04")

    say(district, records.set_planned, task.id, on=date(2026, 4, 23), at="14:30", place=" 会议室 ")

    after = the_task(district, "party_day", "B1", "2026-04")
    assert (after.planned, after.planned_time, after.place, after.planned_by_person) == (
        date(2026, 4, 23),
        "14:30",
        "会议室",
        True,
    )
    assert (after.due, after.sequence) == (task.due, task.sequence + 1)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"on": date(2026, 5, 6)}, "应在2026年4月1日（周三）至2026年4月30日（周四）之间"),
        ({"on": date(2026, 3, 31)}, "不在其中"),
        ({"on": date(2026, 4, 23), "at": "25:00"}, "时间“25:00”写法不对"),
        ({"on": date(2026, 4, 23), "at": "下午"}, "写法不对"),
    ],
)
def test_a_day_outside_or_a_wrong_hour_is_refused(
    district: Database, how: dict[str, Any], said: str
) -> None:
    task = the_task(district, "party_day", "B1", "2026-04")
    before = everything(district)

    with pytest.raises(Refused, match=said):
        say(district, records.set_planned, task.id, **how)

    assert everything(district) == before


# --- reopen ------------------------------------------------------------------------------------


def test_what_was_recorded_by_mistake_is_taken_back_one_by_one(district: Database) -> None:
    task = march(district, "groups")
    said = notices(district, task.id)
    say(district, records.done, task.id, on=date(2026, 3, 20))
    say(district, records.done, task.id, on=date(2026, 3, 20))

    say(district, undo, task.id, reason="登错了支部")
    half = march(district, "groups")
    say(district, undo, task.id, reason="都登错了")
    none = march(district, "groups")

    assert [
        (row.state, row.amount, row.completed_on, row.settled_at, row.has_acts)
        for row in (half, none)
    ] == [("unrecorded", 1, None, None, True), ("unrecorded", 0, None, None, False)]
    assert notices(district, task.id) == said
    with district.read() as session:
        assert session.scalars(select(record.c.voided_at)).all() == [at(TODAY, 17)] * 2
    assert acts(district, task.id) == [
        ("done", "李书记", ""),
        ("done", "李书记", ""),
        ("undo", "李书记", "登错了支部"),
        ("undo", "李书记", "都登错了"),
    ]

    say(district, records.done, task.id, on=date(2026, 3, 21))
    assert march(district, "groups").amount == 1  # what was voided counts no more


@pytest.mark.parametrize(
    ("settled", "reason", "said"),
    [(False, "错了", "没有可以撤回的登记"), (True, " ", "请写明撤回的原因")],
)
def test_reopening_needs_something_settled_and_a_reason(
    district: Database, settled: bool, reason: str, said: str
) -> None:
    task = march(district)
    if settled:
        say(district, records.done, task.id, on=TODAY)
    before = everything(district)

    with pytest.raises(Refused, match=said):
        say(district, undo, task.id, reason=reason)

    assert everything(district) == before


# --- elections -----------------------------------------------------------------------------------


def elections(database: Database, org_id: int) -> list[tuple[date, bool, str]]:
    query = select(start_event.c.day, start_event.c.current, start_event.c.source)
    with database.read() as session:
        mine = session.execute(
            query.where(start_event.c.org_id == org_id).order_by(start_event.c.day)
        )
        return [(row.day, row.current, row.source) for row in mine]


def test_an_election_begins_a_term(district: Database) -> None:
    task = the_task(district, "term", "B1", "term-2023-08-31")

    say(district, records.done, task.id, on=date(2026, 3, 28))
    roll(district, EVERYTHING, TODAY)

    assert elections(district, task.org_id) == [
        (date(2023, 8, 31), False, "roster"),
        (date(2026, 3, 28), True, "record"),
    ]
    assert the_task(district, "term", "B1", "term-2026-03-28").due == date(2029, 3, 28)


def test_an_election_recorded_by_mistake_is_taken_back_with_its_term(district: Database) -> None:
    task = the_task(district, "term", "B1", "term-2023-08-31")
    say(district, records.done, task.id, on=date(2026, 3, 28))
    roll(district, EVERYTHING, TODAY)

    say(district, undo, task.id, reason="点错了")
    roll(district, EVERYTHING, TODAY)

    assert elections(district, task.org_id) == [
        (date(2023, 8, 31), True, "roster"),
        (date(2026, 3, 28), False, "record"),
    ]
    assert the_task(district, "term", "B1", "term-2026-03-28").state == "withdrawn"
    again = the_task(district, "term", "B1", "term-2023-08-31")
    assert (again.id, again.due, again.completed_on) == (task.id, date(2026, 8, 31), None)


def test_an_election_whose_term_was_acted_upon_stays(district: Database) -> None:
    task = the_task(district, "term", "B1", "term-2023-08-31")
    say(district, records.done, task.id, on=date(2026, 3, 28))
    roll(district, EVERYTHING, TODAY)
    following = the_task(district, "term", "B1", "term-2026-03-28")
    say(district, records.done, following.id, on=date(2026, 4, 1))

    with pytest.raises(Refused, match="新一届已有办理记录，或又登记了换届"):
        say(district, undo, task.id, reason="点错了")


def test_the_same_said_twice_is_said_once(district: Database) -> None:
    task = march(district)
    say(district, records.done, task.id, on=date(2026, 3, 31))
    before = everything(district)

    say(district, records.done, task.id, on=date(2026, 3, 31))

    assert everything(district) == before


@pytest.mark.parametrize(
    ("text", "kept"), [("参观\x00纪念馆\x0b", "参观纪念馆"), ("字" * 500, "字" * 500)]
)
def test_what_is_typed_is_kept_without_control_characters(
    district: Database, text: str, kept: str
) -> None:
    say(district, records.done, march(district).id, on=date(2026, 3, 31), note=text)

    with district.read() as session:
        assert session.scalars(select(record.c.note)).one() == kept


def test_what_is_too_long_is_refused(district: Database) -> None:
    before = everything(district)

    with pytest.raises(Refused, match="备注最长 500 个字，现在有 501 个。"):
        say(district, records.done, march(district).id, on=date(2026, 3, 31), note="字" * 501)

    assert everything(district) == before


@pytest.mark.parametrize("on", [date(2023, 8, 31), date(2023, 8, 30)])
def test_an_election_is_later_than_the_one_before(district: Database, on: date) -> None:
    task = the_task(district, "term", "B1", "term-2023-08-31")
    before = everything(district)

    with pytest.raises(Refused, match="早于这项任务的开始日2023年8月31日"):
        say(district, records.done, task.id, on=on)

    assert everything(district) == before


def test_an_election_long_before_its_time_counts(district: Database) -> None:
    task = the_task(district, "term", "B2", "term-2025-03-01")

    say(district, records.done, task.id, on=date(2025, 9, 1))
    roll(district, EVERYTHING, TODAY)

    assert the_task(district, "term", "B2", "term-2025-09-01").due == date(2028, 9, 1)
