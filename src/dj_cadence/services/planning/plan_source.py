"""What one run of the planner works its targets out from, each thing once for all duties."""

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from datetime import date
from operator import attrgetter

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.reminders.plan import next_reminder
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import TaskDates, dates_of

_BITS = {fact.name: 1 << n for n, fact in enumerate(fields(Facts))}
_COMPARED = [value.name for value in fields(Slot) if value.compare]


class ProfileClasses:
    """Which profile stands for all in which certain facts are the same."""

    def __init__(self, names: frozenset[str], facts: dict[int, Facts]) -> None:
        self.key = sum(_BITS[name] for name in names)
        """A number for the names, the same for equal ones; 0 for none."""
        self._read = attrgetter(*sorted(names), "changes")
        self._facts = facts
        self._by_facts: dict[Hashable, int] = {}
        self._by_profile = {0: 0}

    def representative(self, profile_id: int) -> int:
        """A profile that is read like this one, whose facts are known; 0 for none."""
        if profile_id not in self._by_profile:
            read = self._read(self._facts[profile_id])
            self._by_profile[profile_id] = self._by_facts.setdefault(read, profile_id)
        return self._by_profile[profile_id]


@dataclass
class PlanSource:
    """The rules, and what one run knows of profiles and slots; a profile never changes."""

    catalogue: Catalogue
    site_start: date
    facts: dict[int, Facts] = field(default_factory=dict)
    _readings: dict[frozenset[str], ProfileClasses] = field(default_factory=dict)
    _spoken: dict[tuple[str, TaskDates], date] = field(default_factory=dict)

    def reading(self, names: frozenset[str]) -> ProfileClasses:
        """The reading of these facts, one for all duties that read the same."""
        return self._readings.setdefault(names, ProfileClasses(names, self.facts))

    def slot_row(self, slot: Slot, plan: str, cohort_id: int, *, new: bool) -> dict[str, object]:
        """The slot as a row of the temporary table.

        Its first day and how the dates come about are kept with new slots, and never compared.
        """
        row = {name: getattr(slot, name) for name in _COMPARED}
        first_on = self._first_on(slot, plan) if new else FIRST_DAY
        derivation = list(slot.derivation) if new else []
        return {**row, "cohort_id": cohort_id, "first_on": first_on, "derivation": derivation}

    def _first_on(self, slot: Slot, plan: str) -> date:
        """The day on which it opens, or is spoken of by the reminder plan if that is earlier."""
        dates = dates_of(slot)
        if (plan, dates) not in self._spoken:
            plans, calendar = self.catalogue.plans, self.catalogue.calendar
            spoken = next_reminder(plans[plan], dates, calendar, FIRST_DAY)
            self._spoken[plan, dates] = min(slot.opens, spoken or slot.opens)
        return max(self._spoken[plan, dates], slot.silent_until or FIRST_DAY)
