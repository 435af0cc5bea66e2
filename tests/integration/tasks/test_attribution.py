"""Records that name no task: late ones, those of another period, and those too many."""

from datetime import date

import pytest
from sqlalchemy import select

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.explain import explain
from dj_cadence.services.tasks import record as records
from dj_cadence.services.tasks import record_by_day
from dj_cadence.services.tasks.record_by_day import Attributed
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import record, record_task
from tests.world.engine import EVERYTHING, SHANGHAI, advance_to, at, everything, roll, the_task

TODAY = date(2027, 4, 20)


@pytest.fixture
def later(planned: Database) -> Database:
    """The district in the spring of 2027, nothing recorded yet."""
    roll(planned, EVERYTHING, TODAY)
    advance_to(planned, EVERYTHING, TODAY)
    return planned


def hold(database: Database, duty: str, on: date, org: str = "B1", **more: object) -> Attributed:
    with database.write() as session:
        return record_by_day.hold(
            session, EVERYTHING, duty, org, Actor("李书记", at(TODAY, 17), TODAY), on=on, **more
        )


def standing(database: Database, duty: str, label: str) -> tuple[str, date | None, int]:
    row = the_task(database, duty, "B1", label)
    return row.state, row.completed_on, row.amount


def test_a_meeting_in_february_counts_for_the_year_whose_window_is_open(later: Database) -> None:
    found = hold(later, "winter", date(2027, 2, 10))

    assert (found.period, found.surplus, found.late_days) == ("2026", False, 0)
    assert standing(later, "winter", "2026") == ("done", date(2027, 2, 10), 1)
    assert standing(later, "winter", "2027") == ("planned", None, 0)


def test_a_day_after_the_last_one_is_late_for_its_own_period(later: Database) -> None:
    found = hold(later, "party_day", date(2026, 5, 30))  # a Saturday; due was Friday the 29th

    assert (found.period, found.late_days) == ("2026-05", 1)
    assert standing(later, "party_day", "2026-05") == ("done", date(2026, 5, 30), 1)
    assert standing(later, "party_day", "2026-06") == ("overdue", None, 0)


def test_a_day_in_no_window_is_refused_and_the_nearest_tasks_are_named(later: Database) -> None:
    of_2026 = the_task(later, "winter", "B1", "2026").id
    of_2027 = the_task(later, "winter", "B1", "2027").id
    before = everything(later)

    with pytest.raises(Refused) as refused:
        hold(later, "winter", date(2027, 4, 15))

    assert str(refused.value) == (
        "2027年4月15日（周四）不在“组织生活会”任何一项任务的办理时段内。最近的是："
        f"任务 {of_2026}（2026年，2026年10月1日（周四）至2027年3月31日（周三），逾期）、"
        f"任务 {of_2027}（2027年，2027年10月1日（周五）至2028年3月31日（周五），未开始）。"
        "要记给其中一项，请写任务编号登记。"
    )
    assert everything(later) == before


def test_surplus_stays_with_its_task_and_does_not_carry_over(later: Database) -> None:
    first = hold(later, "party_day", date(2026, 6, 5))
    second = hold(later, "party_day", date(2026, 6, 18), note="又一次")
    again = hold(later, "party_day", date(2026, 6, 18))

    assert [one.surplus for one in (first, second, again)] == [False, True, True]
    assert second.record_id == again.record_id
    assert standing(later, "party_day", "2026-06") == ("done", date(2026, 6, 5), 2)
    assert standing(later, "party_day", "2026-07") == ("overdue", None, 0)
    with later.read() as session:
        days = select(record.c.day).join(record_task).where(record_task.c.task_id == first.task_id)
        told = explain(session, EVERYTHING, first.task_id, today=TODAY, zone=SHANGHAI)
        assert session.scalars(days.order_by(record.c.id)).all() == [
            date(2026, 6, 5),
            date(2026, 6, 18),
        ]
    assert "  2027-04-20 李书记：又登记一次（已办结，不计入别的周期），又一次。" in told


def test_an_election_counts_for_the_running_term_whenever_it_was_held(later: Database) -> None:
    found = hold(later, "term", date(2026, 1, 15))  # before the six months

    assert (found.period, standing(later, "term", "term-2023-08-31")[0]) == (
        "term-2023-08-31",
        "done",
    )


def test_a_task_closed_as_missed_is_not_matched(later: Database) -> None:
    missed = the_task(later, "party_day", "B1", "2026-06").id
    with later.write() as session:
        records.missed(session, EVERYTHING, missed, Actor("x", at(TODAY), TODAY), reason="停电")

    with pytest.raises(Refused, match="这项任务已经是“未按期开展”"):
        hold(later, "party_day", date(2026, 6, 5))


@pytest.mark.parametrize(
    ("duty", "on", "said"),
    [
        ("party_dya", date(2026, 6, 5), "没有规则 party_dya，是否想写“party_day”"),
        ("notice", date(2026, 6, 5), "这个组织没有这项任务。"),
        ("party_day", date(2027, 4, 21), "还没有到"),
    ],
)
def test_a_record_that_fits_no_task_is_refused(
    later: Database, duty: str, on: date, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        hold(later, duty, on)
