"""Cases: an event starts a clock, on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.duty import Clock, OwedBy
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.tasks import cases, record
from dj_cadence.services.undo import take_back_case, undo
from dj_cadence.store.core.database import Database
from tests.world.engine import a_duty, apply, at, catalogue, everything, roll, tasks

TODAY = date(2026, 4, 2)
NOTICE = a_duty("told", "书面告知", Clock("petition", days=15), recording_grace=0)
CLOSED = a_duty("closed", "办结", Clock("petition", days=60), recording_grace=0)
OFF = replace(a_duty("off", "停用的", Clock("other", days=5)), enabled=False)
SMALL = a_duty(
    "small",
    "小支部的事",
    Clock("small", days=5),
    owed_by=OwedBy(frozenset({OrgKind.BRANCH}), has_committee=False),
)
NEW = replace(a_duty("new", "新规", Clock("new", days=5)), effective_from=date(2026, 4, 1))
RULES = catalogue(NOTICE, CLOSED, OFF, SMALL, NEW)


@pytest.fixture
def clocks(district: Database) -> Database:
    """The district with nothing but two clocks for one event."""
    apply(district, RULES)
    return district


def open_case(database: Database, duty: str = "told", org: str = "B1", **how: object) -> int:
    known = {"on": date(2026, 4, 1), "ref": "2026-07"}
    actor = Actor("x", at(TODAY), TODAY)
    with database.write() as session:
        number = cases.open_case(session, RULES, duty, org, actor, **(known | how))  # type: ignore[arg-type]
    roll(database, RULES, TODAY)
    return number


def test_one_event_starts_every_case_duty_that_waits_for_it(clocks: Database) -> None:
    assert tasks(clocks) == []

    number = open_case(clocks)

    assert [(t.duty, t.opens, t.due, t.start_event_id) for t in tasks(clocks)] == [
        ("closed", date(2026, 4, 1), date(2026, 5, 31), number),
        ("told", date(2026, 4, 1), date(2026, 4, 16), number),
    ]


def test_two_cases_at_one_organization_are_two_tasks(clocks: Database) -> None:
    first, second = open_case(clocks), open_case(clocks, on=date(2026, 4, 2), ref="2026-08")

    told = sorted((t.start_event_id, t.due) for t in tasks(clocks) if t.duty == "told")
    assert told == [(first, date(2026, 4, 16)), (second, date(2026, 4, 17))]
    with clocks.read() as session:
        assert [(c.id, c.ref) for c in cases.cases(session)] == [
            (second, "2026-08"),
            (first, "2026-07"),
        ]


def test_finishing_one_clock_leaves_the_other(clocks: Database) -> None:
    open_case(clocks)
    told = next(t for t in tasks(clocks) if t.duty == "told")

    with clocks.write() as session:
        record.done(session, RULES, told.id, Actor("x", at(TODAY, 17), TODAY), on=TODAY)
    roll(clocks, RULES, TODAY)

    assert {t.duty: t.state for t in tasks(clocks)} == {"told": "done", "closed": "planned"}


@pytest.mark.parametrize(
    ("duty", "how", "said"),
    [
        ("tod", {}, "没有按事项计时的规则 tod，是否想写“told”？"),
        ("off", {}, "“停用的”没有启用。请在站点的规则里启用并应用后再立项。"),
        ("told", {"on": date(2026, 4, 3)}, "2026-04-03 还没有到，请在事项发生之后登记。"),
        ("told", {"org": "S"}, "青禾小学党委不承担“书面告知”，没有立项。承担的是：党支部。"),
        (
            "small",
            {},
            "第一党支部不承担“小支部的事”，没有立项。承担的是：党支部；不属于“设支委会”。",
        ),
        (
            "new",
            {"on": date(2026, 3, 31)},
            ("“新规”自2026年4月1日（周三）起施行，2026-03-31 发生的事项不按它计时，没有立项。"),
        ),
        ("told", {"ref": "字" * 41}, "编号最长 40 个字；只写内部编号，不写姓名和内容。"),
    ],
)
def test_an_event_that_starts_no_case_is_refused(
    clocks: Database, duty: str, how: dict[str, object], said: str
) -> None:
    before = everything(clocks)

    with pytest.raises(Refused) as refused:
        open_case(clocks, duty, **how)  # type: ignore[arg-type]

    assert str(refused.value) == said
    assert everything(clocks) == before


# --- taken back ----------------------------------------------------------------------------------


def take_back(database: Database, number: int, reason: str = "登错了支部") -> None:
    who = Actor("x", at(TODAY, 18), TODAY)
    with database.write() as session:
        take_back_case(session, RULES, number, who, reason=reason)


def test_a_case_recorded_by_mistake_is_gone_with_its_tasks_and_no_other(clocks: Database) -> None:
    kept, mistaken = open_case(clocks), open_case(clocks, org="T")

    take_back(clocks, mistaken)
    roll(clocks, RULES, TODAY)

    assert [(t.duty, t.code, t.state) for t in tasks(clocks)] == [
        ("closed", "B1", "planned"),
        ("told", "B1", "planned"),
        ("closed", "T", "withdrawn"),
        ("told", "T", "withdrawn"),
    ]
    with clocks.read() as session:
        assert [row.id for row in cases.cases(session)] == [kept]
    with pytest.raises(Refused, match=f"没有 {mistaken} 号事项"):
        take_back(clocks, mistaken)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_case_is_not_taken_back_without_a_reason(clocks: Database, reason: str) -> None:
    number = open_case(clocks)

    with pytest.raises(Refused, match="请写明撤回的原因"):
        take_back(clocks, number, reason)


def test_a_case_on_which_somebody_acted_waits_for_that_to_be_taken_back(clocks: Database) -> None:
    number = open_case(clocks)
    told = next(row for row in tasks(clocks) if row.duty == "told")
    who = Actor("x", at(TODAY, 17), TODAY)
    with clocks.write() as session:
        record.done(session, RULES, told.id, who, on=TODAY)

    with pytest.raises(Refused, match=f"请先撤回任务 {told.id} 的登记"):
        take_back(clocks, number)
    with clocks.write() as session:
        undo(session, RULES, told.id, who, reason="登错了")
    take_back(clocks, number)

    assert {row.state for row in tasks(clocks)} == {"withdrawn"}
