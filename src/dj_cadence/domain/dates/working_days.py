"""Working days and semesters, as published, with what is not yet published marked so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from dj_cadence.domain.dates.arithmetic import DAY, add_months


class CalendarStatus(StrEnum):
    """How much is known of a year's holidays."""

    OFFICIAL = "official"
    """The notice with its make-up days is in."""
    STATUTORY_ONLY = "statutory_only"
    """Only the days the regulation itself fixes; make-up days unknown."""
    MISSING = "missing"
    """Nothing but weekends."""


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """The days off and make-up working days (调休上班) of one notice.

    元旦 may begin in the December before `year`, with its make-up day.
    """

    year: int
    status: CalendarStatus
    source: str
    days_off: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()
    begins: tuple[tuple[str, date], ...] = ()
    """The holidays by their names, with the first day off of each."""


@dataclass(frozen=True, slots=True)
class Semester:
    """One semester of a school year; empty city or stage means "any"."""

    label: str
    """Like 2025-2026-S2."""
    first: date
    last: date
    provisional: bool
    source: str
    city: str = ""
    stage: str = ""


@dataclass(frozen=True)
class WorkCalendar:
    """Answers for local dates. A year without a table has weekends only."""

    years: Mapping[int, HolidayYear] = field(default_factory=dict)
    semesters: tuple[Semester, ...] = ()
    _by_school: dict[tuple[str, str], tuple[Semester, ...]] = field(
        init=False, default_factory=dict, compare=False
    )

    @cached_property
    def _named_days(self) -> tuple[frozenset[date], frozenset[date]]:
        """(off, worked). Of two notices that name the same December day the later one counts."""
        off: frozenset[date] = frozenset()
        worked: frozenset[date] = frozenset()
        for table in sorted(self.years.values(), key=lambda one: one.year):
            off = (off - table.make_up_days) | table.days_off
            worked = (worked - table.days_off) | table.make_up_days
        return off, worked

    def is_working_day(self, day: date) -> bool:
        """Weekends off, statutory holidays off, make-up days on."""
        off, worked = self._named_days
        return day in worked or (day.weekday() < 5 and day not in off)

    def is_provisional(self, *days: date) -> bool:
        """Whether any of `days` lies in a year whose notice is not in."""
        return any(self.status(day.year) is not CalendarStatus.OFFICIAL for day in days)

    def status(self, year: int) -> CalendarStatus:
        table = self.years.get(year)
        return table.status if table else CalendarStatus.MISSING

    def holiday_after(self, names: Collection[str], day: date) -> date | None:
        """The first day off of the first holiday with one of `names` in its own, after `day`.

        Looked for in the three months that follow; None where no table says.
        """
        begins = (
            first
            for table in self.years.values()
            for name, first in table.begins
            if any(wanted in name for wanted in names)
        )
        return min((d for d in begins if day < d <= add_months(day, 3)), default=None)

    def on_or_after(self, day: date) -> date:
        """The first working day from `day` on."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def on_or_before(self, day: date) -> date:
        """The last working day up to `day`."""
        while not self.is_working_day(day):
            day -= DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (before it, when negative); 0 is `day`."""
        step = DAY if count > 0 else -DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def semesters_for(self, city: str, stage: str) -> tuple[Semester, ...]:
        """The semesters of a school, the most particular entry for each label."""
        if (city, stage) not in self._by_school:
            self._by_school[city, stage] = self._semesters_for(city, stage)
        return self._by_school[city, stage]

    def _semesters_for(self, city: str, stage: str) -> tuple[Semester, ...]:
        by_label: dict[str, Semester] = {}
        for semester in sorted(self.semesters, key=lambda s: (bool(s.city), bool(s.stage))):
            if semester.city in ("", city) and semester.stage in ("", stage):
                by_label[semester.label] = semester
        return tuple(sorted(by_label.values(), key=lambda s: s.first))
