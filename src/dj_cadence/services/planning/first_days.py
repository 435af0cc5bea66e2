"""The first day of each task's life, worked out once for equal dates."""

from datetime import date

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.reminders.plan import next_reminder
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import TaskDates, dates_of


class FirstDays:
    """When something first happens to a task of a slot."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._plans = catalogue.plans
        self._calendar = catalogue.calendar
        self._known: dict[tuple[str, TaskDates], date] = {}

    def of(self, slot: Slot, plan: str) -> date:
        """The day on which it opens, or is spoken of by the reminder plan if that is earlier."""
        dates = dates_of(slot)
        if (plan, dates) not in self._known:
            spoken = next_reminder(self._plans[plan], dates, self._calendar, FIRST_DAY)
            self._known[plan, dates] = min(slot.opens, spoken or slot.opens)
        return max(self._known[plan, dates], slot.silent_until or FIRST_DAY)
