"""Up the reporting line, one level after the other, each after a grace of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.plan import EscalationStep


@dataclass(frozen=True, slots=True)
class Escalation:
    """The level to be told next."""

    level: int
    day: date | None
    """From which day on; None: not before the level below has heard of it."""
    office: str


def next_escalation(
    steps: Sequence[EscalationStep],
    overdue_on: date,
    days_told: Mapping[int, date | None],
    levels: int,
    calendar: WorkCalendar,
) -> Escalation | None:
    """Who is to be told next of what is overdue since `overdue_on`; None where nobody is left.

    `days_told` has the day on which each level heard that it is late, None where that is written
    down and has not gone out yet. A level that is missing was told nothing. `levels` is how
    many superiors there are. Each has its grace from when it was told, so that after an
    outage not all of them hear of it at once.
    """
    highest = max(days_told, default=0)
    if highest >= min(len(steps), levels):
        return None
    step, told_on = steps[highest], days_told.get(highest, overdue_on)
    if told_on is None:
        return Escalation(highest + 1, None, step.office)
    day = calendar.add_working_days(max(told_on, overdue_on), step.grace)
    return Escalation(highest + 1, calendar.on_or_after(day), step.office)


def steps_from_text(text: str) -> tuple[EscalationStep, ...]:
    """The inverse of `graces_text`."""
    return tuple(EscalationStep(int(grace)) for grace in text.split(",") if grace)


def graces_text(graces: Sequence[int]) -> str:
    """What a superior chose, as an override keeps it: 5,10."""
    return ",".join(map(str, graces))
