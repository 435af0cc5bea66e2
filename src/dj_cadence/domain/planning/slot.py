"""One period of one cohort, dated."""

from dataclasses import dataclass, field, replace
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.tasks.task import last_answer_day

TERM = "term"
"""The period in the key of a term's slot: the term hangs on its election, not on a label."""
CASE = "case"
"""The period in the key of a case's slot."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One period of one cohort: its dates and how they came about (in Chinese)."""

    period: str
    label: str
    opens: date
    planned: date | None
    due: date
    provisional: bool
    derivation: tuple[str, ...] = field(compare=False)
    target: int = 1
    unit: str = "次"
    step: str = ""
    asked_on: date | None = None
    """The day on which the organization began here with this under way: it is asked then
    whether it was done already, and is late only when there was time to answer."""
    silent_until: date | None = field(default=None, compare=False)
    """The start, where it was under way by then: nothing happens to it before."""
    theme: str = ""
    """What the superior announced it to be about."""


def asked(slot: Slot, day: date, calendar: WorkCalendar, start: date | None = None) -> Slot:
    """The slot, asked about on `day` where it was under way by then; silent until the `start`."""
    if slot.opens >= day:
        return slot
    last = last_answer_day(day, calendar)
    stands = "还没有结束，仍要办理" if slot.due >= day else "已经结束"
    why = (
        f"{day_text(day)}起用或录入时已经开始、{stands}：先问一次是否已经办过，"
        f"到{day_text(last)}为止不算逾期"
    )
    silent = start if start and slot.opens < start else None
    return replace(slot, asked_on=day, silent_until=silent, derivation=(*slot.derivation, why))
