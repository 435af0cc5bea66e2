"""The states of a task and what time alone does to them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.task import (
    BEGUN,
    IN_TIME,
    LATE,
    LET_OFF,
    OWED,
    SETTLED,
    SILENT,
    UNSETTLED,
    State,
    TaskDates,
    first_overdue_day,
    next_change,
    overdue_days,
    state_on,
)
from tests.world.published import CALENDAR

DUE = date(2026, 1, 30)
DATES = TaskDates(date(2026, 1, 1), None, DUE)


@pytest.mark.parametrize(
    ("day", "grace", "state"),
    [
        (date(2025, 12, 31), 5, State.PLANNED),
        (date(2026, 1, 1), 5, State.OPEN),
        (date(2026, 1, 30), 5, State.OPEN),  # the due day counts whole
        (date(2026, 1, 31), 5, State.UNRECORDED),
        (date(2026, 2, 6), 5, State.UNRECORDED),  # the fifth working day
        (date(2026, 2, 7), 5, State.OVERDUE),
        (date(2026, 1, 30), 0, State.OPEN),
        (date(2026, 1, 31), 0, State.OVERDUE),  # a term has no days of grace
    ],
)
def test_what_a_task_is_on_a_day(day: date, grace: int, state: State) -> None:
    assert state_on(day, DATES, grace, CALENDAR) is state


def test_the_grace_is_counted_in_working_days() -> None:
    assert first_overdue_day(date(2026, 2, 13), 5, CALENDAR) == date(2026, 2, 28)  # 14, 24…27
    assert first_overdue_day(date(2026, 9, 30), 5, CALENDAR) == date(2026, 10, 14)


def test_overdue_days_count_from_the_due_date_and_only_while_overdue() -> None:
    assert overdue_days(date(2026, 2, 9), DUE, State.OVERDUE) == 10
    assert overdue_days(date(2026, 2, 5), DUE, State.UNRECORDED) == 0


def test_every_state_is_either_owed_or_settled() -> None:
    assert set(State) == OWED | SILENT
    assert not OWED & SILENT
    assert {State.SUBMITTED} == SILENT - SETTLED
    assert [state for state in State if state.is_settled] == [
        State.DONE,
        State.MISSED,
        State.WAIVED,
        State.WITHDRAWN,
    ]


def test_the_sets_of_states_hold_together() -> None:
    assert {State.PLANNED} == OWED - BEGUN
    assert BEGUN - IN_TIME == LATE
    assert {State.SUBMITTED} == UNSETTLED - OWED
    assert {State.DONE, State.MISSED} == SETTLED - LET_OFF


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.tuples(*[st.dates(date(2025, 12, 1), date(2027, 2, 1))] * 3).map(sorted), st.integers(0, 10)
)
def test_a_state_changes_on_the_day_that_was_foretold_and_on_none_before(
    days: list[date], grace: int
) -> None:
    start, opens, due = days
    day, seen, dates = start, [start], TaskDates(opens, None, due)
    while (change := next_change(day, dates, grace, CALENDAR)) is not None:
        assert state_on(change - DAY, dates, grace, CALENDAR) is state_on(
            seen[-1], dates, grace, CALENDAR
        )
        day = change
        seen.append(day)

    assert state_on(seen[-1], dates, grace, CALENDAR) is State.OVERDUE
