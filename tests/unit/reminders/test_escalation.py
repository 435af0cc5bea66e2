"""Which level hears next, and from which day on."""

from collections.abc import Mapping
from datetime import date

import pytest

from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.reminders.daily_update import (
    Escalation,
    graces_text,
    next_escalation,
    steps_from_text,
)
from dj_cadence.domain.reminders.plan import EscalationStep
from tests.world.published import CALENDAR

STEPS = (EscalationStep(5), EscalationStep(10, "书记"))
OVERDUE = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("told", "levels", "rise"),
    [
        (
            {},
            2,
            Escalation(1, date(2026, 9, 8), CLERK),
        ),  # nothing is said below: from the day itself
        ({0: OVERDUE}, 2, Escalation(1, date(2026, 9, 8), CLERK)),
        (
            {0: date(2026, 9, 14)},
            2,
            Escalation(1, date(2026, 9, 20), CLERK),
        ),  # a Sunday that is worked
        (
            {0: date(2026, 8, 20)},
            2,
            Escalation(1, date(2026, 9, 8), CLERK),
        ),  # not before it is overdue
        ({0: None}, 2, Escalation(1, None, CLERK)),
        ({0: OVERDUE, 1: date(2026, 9, 8)}, 2, Escalation(2, date(2026, 9, 21), "书记")),
        ({0: OVERDUE, 1: None}, 2, Escalation(2, None, "书记")),
        ({0: None, 1: date(2026, 9, 8)}, 2, Escalation(2, date(2026, 9, 21), "书记")),
        ({0: OVERDUE, 1: date(2026, 9, 8)}, 1, None),  # nobody further up
        ({0: OVERDUE, 1: OVERDUE, 2: OVERDUE}, 5, None),  # the plan goes no further
        ({}, 0, None),
    ],
)
def test_each_level_hears_after_the_one_below(
    told: Mapping[int, date | None], levels: int, rise: Escalation | None
) -> None:
    assert next_escalation(STEPS, OVERDUE, told, levels, CALENDAR) == rise


def test_without_steps_nobody_hears() -> None:
    assert next_escalation((), OVERDUE, {}, 3, CALENDAR) is None


def test_no_grace_is_the_first_working_day() -> None:
    saturday = date(2026, 9, 12)

    rise = next_escalation((EscalationStep(0),), saturday, {}, 1, CALENDAR)

    assert rise == Escalation(1, date(2026, 9, 14), CLERK)


@pytest.mark.parametrize("graces", [(), (5,), (5, 10, 0)])
def test_a_choice_reads_back(graces: tuple[int, ...]) -> None:
    assert steps_from_text(graces_text(graces)) == tuple(EscalationStep(grace) for grace in graces)
