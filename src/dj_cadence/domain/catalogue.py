"""The rules, reminder plans and calendar that hold together: what `plan --apply` stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dj_cadence.domain.calendar import WorkCalendar
from dj_cadence.domain.canonical import digest
from dj_cadence.domain.duty import Duty, TermNotice
from dj_cadence.domain.reminder_plan import ReminderPlan


@dataclass(frozen=True)
class Catalogue:
    """An immutable version of everything that dates and reminders are worked out from."""

    duties: Mapping[str, Duty]
    plans: Mapping[str, ReminderPlan]
    calendar: WorkCalendar
    hash: str
    """Of the content; equal hashes mean equal plans."""

    def enabled(self) -> list[Duty]:
        """The duties that are switched on, in the catalogue's order."""
        return [duty for duty in self.duties.values() if duty.enabled]

    def binding(self) -> list[str]:
        """Keys of the duties that superiors see as late."""
        return [duty.key for duty in self.enabled() if duty.binds]

    @cached_property
    def _calendar_digest(self) -> str:
        return digest(self.calendar)

    @cached_property
    def _dates_digests(self) -> dict[str, str]:
        return {}

    def dates_digest(self, duty: Duty) -> str:
        """Of all that the dates of a duty's slots depend on, cohorts apart."""
        if duty.key not in self._dates_digests:
            self._dates_digests[duty.key] = self._digest(duty)
        return self._dates_digests[duty.key]

    def _digest(self, duty: Duty) -> str:
        recurrence = duty.recurrence
        term = self.duties[recurrence.term_of] if isinstance(recurrence, TermNotice) else None
        return digest(
            duty.key,
            recurrence,
            term and (term.recurrence, term.owed_by),
            duty.owed_by,
            duty.effective_from,
            duty.effective_until,
            self.plans[duty.remind],
            self._calendar_digest,
        )
