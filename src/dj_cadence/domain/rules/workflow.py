"""A workflow: the few steps around a duty's own task that are dated and reminded of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.rules.basis import Basis, Certainty, certainty_of
from dj_cadence.domain.tasks.task import OWED, State

OWN = ""
"""The step of the duty's own task, in the key of a task."""


class Mark(StrEnum):
    """A date of the own task that a step may be counted from, instead of another step."""

    OPENS = "opens"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from a day; at most one is not zero, negative ones lie before it."""

    days: int = 0
    working_days: int = 0
    months: int = 0

    def from_(self, day: date, calendar: WorkCalendar) -> date:
        """The day so far away; months are cut to the month's end."""
        if self.working_days:
            return calendar.add_working_days(day, self.working_days)
        return add_months(day, self.months) + self.days * DAY

    @property
    def text(self) -> str:
        """The distance in Chinese: 15日, 10个工作日, 2个月 (without before or after)."""
        if self.working_days:
            return f"{abs(self.working_days)}个工作日"
        return f"{abs(self.months)}个月" if self.months else f"{abs(self.days)}日"

    @property
    def sign(self) -> int:
        total = self.days + self.working_days + self.months
        return (total > 0) - (total < 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a workflow. The duty's own task has neither reference nor offsets."""

    key: str
    """As in the rules; the own task's step has a key there too, so that others can name it."""
    title: str
    counted_from: str = ""
    """A `Mark`, or the key of a step that stands before it: the day on which it was done,
    else the day for which it is planned. Empty for the own task."""
    not_before: Offset = Offset()
    not_after: Offset = Offset()
    office: str = ""
    """Empty: that of the duty."""
    instructions: str = ""
    checklist: tuple[str, ...] = ()
    """What belongs to it and reminds nobody."""
    basis: tuple[Basis, ...] = ()
    by_planning: bool = False
    """Settled as soon as the own task has its day."""
    letters: tuple[DocumentKind, ...] = ()
    """The official letters that are written in it, and in answer to it."""
    in_calendar: bool = False
    """Whether it is a meeting or a legal date, and so belongs into people's calendars."""

    @property
    def is_own(self) -> bool:
        return not self.counted_from

    @property
    def certainty(self) -> Certainty:
        """How sure its dates are."""
        return certainty_of(self.basis, "period")


@dataclass(frozen=True, slots=True)
class Workflow:
    """Steps in their order, the duty's own task among them."""

    key: str
    title: str
    remind: str
    """The reminder plan of its steps; the own task has the duty's."""
    steps: tuple[Step, ...]

    @property
    def own(self) -> Step:
        return next(step for step in self.steps if step.is_own)

    @property
    def references(self) -> frozenset[str]:
        """The marks and keys that steps are counted from."""
        return frozenset(step.counted_from for step in self.steps if step.counted_from)

    def step(self, task_step: str) -> Step | None:
        """The step of a task; None where the rules no longer have it."""
        return next((s for s in self.steps if self.task_step(s.key) == task_step), None)

    def task_step(self, key: str) -> str:
        """The step in a task's key."""
        return OWN if key == self.own.key else key

    def before(self, task_step: str) -> tuple[str, ...]:
        """The steps in front of one, as in the keys of tasks."""
        order = [self.task_step(step.key) for step in self.steps]
        return tuple(order[: order.index(task_step)]) if task_step in order else ()

    def current(self, standing: Mapping[str, tuple[State, date]], today: date) -> str | None:
        """The one step that reminds: the first that is owed, or the own task once it is late.

        `standing` has state and due date of the tasks there are, by their step.
        """
        state, due = standing.get(OWN, (State.DONE, date.max))
        if state in OWED and today > due:
            return OWN
        order = (self.task_step(step.key) for step in self.steps)
        return next((s for s in order if s in standing and standing[s][0] in OWED), None)
