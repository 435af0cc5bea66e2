"""A duty: one standing obligation, as the rules state it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dj_cadence.chinese import LabelledEnum
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.rules.basis import Basis, Certainty, certainty_of
from dj_cadence.domain.rules.workflow import Workflow


class Tier(StrEnum):
    """Who gives the period: A the standard, B a national rule, C nobody, D other rules."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class OwedBy:
    """Who owes a duty. A condition that is None is not tested."""

    kinds: frozenset[OrgKind]
    top_of_school: bool | None = None
    has_committee: bool | None = None
    has_groups: bool | None = None
    branches_below: bool | None = None
    stages: frozenset[str] | None = None
    """Names of 学段; None: any."""
    ownership: frozenset[str] | None = None
    boarding: bool | None = None

    def admits(self, facts: Facts) -> bool:
        """Whether an organization with these facts owes the duty."""
        return (
            facts.kind in self.kinds
            and (self.stages is None or facts.stage in self.stages)
            and (self.ownership is None or facts.ownership in self.ownership)
            and all(
                wanted is None or wanted == fact
                for wanted, fact in (
                    (self.top_of_school, facts.top_of_school),
                    (self.has_committee, facts.has_committee),
                    (self.has_groups, facts.groups > 0),
                    (self.branches_below, facts.branches_below),
                    (self.boarding, facts.boarding),
                )
            )
        )


@dataclass(frozen=True, slots=True, order=True)
class DayOfYear:
    """A month and day, `year` years from the year a period begins in (-1, 0 or 1)."""

    year: int
    month: int
    day: int


class Vacation(LabelledEnum):  # what becomes of a period that lies in the vacation
    KEEP = "keep"
    """Owed as always; no rule that was read exempts a vacation month."""
    SHIFT = "shift_within_period", "假期里的计划日移到开学日"
    """Owed, with the planned day on a day of school where the period has one."""
    WAIVE = "waive", "假期月份不要求"
    """Not owed where more than half of the period's days lie outside the semesters."""


class PartialPeriod(LabelledEnum):
    """How much of a period an organization must have existed to owe it."""

    HALF = "half", "成立或撤销当期，存在满一半才要求"
    ANY = "any", "成立或撤销当期也要求"
    FULL = "full", "成立或撤销当期不要求"


@dataclass(frozen=True, slots=True)
class Every:
    """Once (or `times` times) in every period."""

    unit: Unit
    day: str = ""
    """A day rule for `planned`, used where the organization has none of its own."""
    own_day: str = ""
    """The fact that holds the organization's own day rule: theme_day or empty."""
    opens: DayOfYear | None = None
    due: DayOfYear | None = None
    """With `opens`: a window of its own. Not moved off a day of rest."""
    before: tuple[str, ...] = ()
    """With a window: names of holidays. It ends on the last working day before the first of them
    that follows `opens`, and on `due` only where no calendar says when that is."""
    due_day: str = ""
    """A day rule in the period's last month, instead of its last working day. Not moved."""
    times: int | str = 1
    """A number, or the fact that holds it (`groups`)."""
    counted_in: str = "次"
    vacation: Vacation = Vacation.KEEP
    partial_period: PartialPeriod | None = None
    """None: half of it; a year is owed by who was founded before 1 October."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of office that runs from the last election."""

    years: Mapping[OrgKind, int]
    opens_months_before: int = 6

    def years_of(self, facts: Facts) -> int:
        """The organization's own length of a term, else that of its kind; 0 where it has none."""
        return facts.term_years or self.years.get(facts.kind, 0)


@dataclass(frozen=True, slots=True)
class TermNotice:
    """The superior's notice before the term of an organization directly below it ends."""

    term_of: str
    """The key of the duty whose term is meant."""
    months_before: int = 6
    opens_months_before: int = 7


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline that starts with an event; exactly one of the lengths is not zero."""

    event: str
    """What is recorded when it happens: petition, unqualified_member, …"""
    days: int = 0
    working_days: int = 0
    months: int = 0
    extend_at_most: int = 0
    """Days by which it may be postponed, once; 0: no limit is known."""


Recurrence = Every | Term | TermNotice | Clock


@dataclass(frozen=True)
class Duty:
    """One standing obligation."""

    key: str
    title: str
    tier: Tier
    rows: tuple[str, ...]
    """The cells of the standard it answers, like 2.4."""
    owed_by: OwedBy
    recurrence: Recurrence
    office: str
    remind: str
    """The key of its reminder plan."""
    basis: tuple[Basis, ...]
    enabled: bool = True
    recording_grace: int = 5
    """Working days after due in which it waits to be recorded."""
    counts_for: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    confirm: bool = False
    """Whether it is done only when the superior has accepted the record."""
    effective_from: date | None = None
    """Periods, terms and cases that begin before it are not owed by this rule."""
    effective_until: date | None = None
    """Nor are those that begin after it."""
    instructions: str = ""
    """One sentence on what to do, shown in messages."""
    workflow: Workflow | None = None
    """The steps around its own task, each a task of its own."""
    confidential: bool = False
    """Whether it is about a person: seen by its organization and who approves for it only."""
    sentences: tuple[str, ...] = ()
    """The parts of the standard that it keeps, like 2.4.3."""
    source: str = field(default="", compare=False)
    """The file it was read from."""

    def is_effective(self, beginning: date) -> bool:
        """Whether the rule holds for a period, term or case that begins on that day."""
        first, last = self.effective_from or date.min, self.effective_until or date.max
        return first <= beginning <= last

    @property
    def certainty(self) -> Certainty:
        """That of its period: the surest basis that supports it."""
        return certainty_of(self.basis, "period")

    @property
    def binds(self) -> bool:
        """Whether superiors see it as late without having adopted it."""
        return self.certainty.binds

    @property
    def unit(self) -> Unit | None:
        """The unit of its period; None for terms."""
        return self.recurrence.unit if isinstance(self.recurrence, Every) else None

    @property
    def may_be_missed(self) -> bool:
        """Whether a period that went by is closed as missed: up to a semester, never more."""
        return self.unit in (Unit.MONTH, Unit.QUARTER, Unit.HALF_YEAR, Unit.SEMESTER)
