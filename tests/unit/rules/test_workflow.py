"""Steps around a task: their dates, their order, and whose turn it is."""

from datetime import date

import pytest

from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, WorkCalendar
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.step_slots import Reference, steps_from
from dj_cadence.domain.rules.workflow import Offset, Step, Workflow
from dj_cadence.domain.tasks.task import State

CALENDAR = WorkCalendar({2026: HolidayYear(2026, CalendarStatus.OFFICIAL, "通知")})
FLOW = Workflow(
    "flow",
    "流程",
    "step",
    (
        Step("schedule", "定会期", "opens", not_after=Offset(months=2), by_planning=True),
        Step("papers", "送文件", "meeting", Offset(days=-30), Offset(working_days=-3)),
        Step("meeting", "开会"),
        Step("report", "报送", "meeting", not_after=Offset(days=15)),
        Step("close", "归档", "report", Offset(months=1), Offset(months=2)),
    ),
)


def from_(counted_from: str, day: date, *, is_planned: bool = False) -> list[Slot]:
    reference = Reference(counted_from, day, "2026", is_planned)
    return list(steps_from(FLOW, reference, CALENDAR))


def dates(slots: list[Slot]) -> list[tuple[str, date, date, bool]]:
    return [(slot.step, slot.opens, slot.due, slot.provisional) for slot in slots]


def test_steps_are_counted_from_a_mark_until_the_meeting_has_its_day() -> None:
    opens = date(2026, 10, 1)

    assert dates(from_("opens", opens)) == [("schedule", opens, date(2026, 12, 1), False)]
    assert from_("opens", opens, is_planned=True) == []


def test_steps_before_and_after_a_meeting_are_dated_from_its_day() -> None:
    assert dates(from_("meeting", date(2026, 12, 14))) == [
        ("papers", date(2026, 11, 14), date(2026, 12, 9), False),
        ("report", date(2026, 12, 14), date(2026, 12, 29), False),
    ]


def test_months_are_cut_to_the_month_and_working_days_may_be_provisional() -> None:
    assert dates(from_("report", date(2026, 12, 31))) == [
        ("close", date(2027, 1, 31), date(2027, 2, 28), False)
    ]
    (papers, _) = dates(from_("meeting", date(2027, 3, 8)))
    assert papers == ("papers", date(2027, 2, 6), date(2027, 3, 3), True)


@pytest.mark.parametrize(
    ("elected", "end", "opens"),
    [
        ("2024-02-29", date(2027, 2, 28), date(2026, 8, 28)),  # from the expiry, which was cut
        ("2025-02-28", date(2028, 2, 28), date(2027, 8, 28)),  # the expiry is no 29th
        ("2023-08-31", date(2026, 8, 31), date(2026, 2, 28)),
        ("2023-08-30", date(2026, 8, 30), date(2026, 2, 28)),
        ("2025-08-30", date(2028, 8, 30), date(2028, 2, 29)),
        ("2024-02-29", date(2027, 5, 31), date(2026, 11, 30)),  # its end was postponed
    ],
)
def test_months_before_the_end_of_a_term_are_counted_from_that_end(
    elected: str, end: date, opens: date
) -> None:
    early = Step("prepare", "筹备", "due", Offset(months=-6), Offset(months=-1))
    flow = Workflow("election", "换届", "step", (early, Step("election", "换届选举")))
    reference = Reference("due", end, f"term-{elected}", is_planned=False)

    assert [slot.opens for slot in steps_from(flow, reference, CALENDAR)] == [opens]


@pytest.mark.parametrize(
    ("label", "period"),
    [("2026", "2026"), ("term-2023-05-10", "term"), ("case-12", "case"), ("2026-03", "2026-03")],
)
def test_a_step_shares_the_period_of_its_own_task(label: str, period: str) -> None:
    reference = Reference("meeting", date(2026, 12, 14), label, is_planned=True)

    assert {slot.period for slot in steps_from(FLOW, reference, CALENDAR)} == {period}


def test_the_derivation_says_from_what_and_how_far() -> None:
    (_, report) = from_("meeting", date(2026, 12, 14))

    assert report.derivation == (
        "环节“报送”，从“开会”的日期2026年12月14日（周一）起算",
        "最早当天，2026年12月14日（周一）",
        "最迟15日后，2026年12月29日（周二）",
    )


def test_only_the_first_owed_step_is_current_until_the_meeting_is_late() -> None:
    due = {"schedule": date(2026, 12, 1), "": date(2027, 3, 31), "report": date(2027, 4, 15)}
    owed = {step: (State.OPEN, day) for step, day in due.items()}

    assert FLOW.current(owed, date(2026, 11, 2)) == "schedule"
    assert FLOW.current(owed, date(2027, 4, 1)) == ""
    assert FLOW.current({**owed, "": (State.DONE, due[""])}, date(2027, 4, 1)) == "schedule"
    del owed["schedule"], owed[""]
    assert FLOW.current(owed, date(2027, 4, 1)) == "report"
    assert FLOW.current({"report": (State.DONE, due["report"])}, date(2027, 4, 1)) is None


def test_a_workflow_knows_the_order_of_its_steps() -> None:
    assert FLOW.before("") == ("schedule", "papers")
    assert FLOW.before("close") == ("schedule", "papers", "", "report")
    assert FLOW.before("gone") == ()
    assert FLOW.references == {"opens", "meeting", "report"}
    assert FLOW.step("") is FLOW.own
    assert FLOW.step("gone") is None
