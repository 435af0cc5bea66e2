"""The rules, reminder plans and calendar that hold together: what `plan --apply` stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.plan import ReminderPlan
from dj_cadence.domain.rules.duty import Duty, TermNotice
from dj_cadence.domain.rules.workflow import OWN, Step
from dj_cadence.fingerprint import digest

STEP_GRACE = 5
"""Of the steps of workflows, and of what the rules no longer have."""


@dataclass(frozen=True)
class Catalogue:
    """An immutable version of everything that dates and reminders are worked out from."""

    duties: Mapping[str, Duty]
    plans: Mapping[str, ReminderPlan]
    calendar: WorkCalendar
    hash: str
    """Of the content; equal hashes mean equal plans."""
    _dates_digests: dict[str, str] = field(init=False, default_factory=dict, compare=False)

    def enabled(self) -> list[Duty]:
        """The duties that are switched on, in the catalogue's order."""
        return [duty for duty in self.duties.values() if duty.enabled]

    def binding(self) -> list[str]:
        """Keys of the duties that superiors see as late."""
        return [duty.key for duty in self.enabled() if duty.binds]

    def is_confidential(self, duty: str, subject_id: int) -> bool:
        """Whether a task is seen by its organization and who approves for it only.

        Of what the rules no longer have, every case is.
        """
        rule = self.duties.get(duty)
        return rule.confidential if rule else subject_id < 0

    def step(self, duty: str, task_step: str) -> Step | None:
        """The workflow's step that a task is; None for a duty without a workflow."""
        rule = self.duties.get(duty)
        return rule.workflow.step(task_step) if rule and rule.workflow else None

    def title(self, duty: str, task_step: str) -> str:
        """What a task is called: the duty's title, and the step's for all but the own task."""
        rule, step = self.duties.get(duty), self.step(duty, task_step)
        title = rule.title if rule else duty
        return f"{title}·{step.title}" if step and not step.is_own else title

    def office(self, duty: str, task_step: str) -> str:
        """Who is reminded of a task; the 书记 of what the rules no longer have."""
        rule, step = self.duties.get(duty), self.step(duty, task_step)
        return (step and step.office) or (rule.office if rule else "书记")

    def recording_grace(self, duty: str, task_step: str) -> int:
        """Working days after due in which a task waits to be recorded."""
        rule = self.duties.get(duty)
        return rule.recording_grace if rule and task_step == OWN else STEP_GRACE

    def instructions(self, duty: str, task_step: str) -> str:
        """One sentence on what to do."""
        rule, step = self.duties.get(duty), self.step(duty, task_step)
        if step and not step.is_own:
            return step.instructions
        return rule.instructions if rule else ""

    @cached_property
    def _calendar_digest(self) -> str:
        return digest(self.calendar)

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
            duty.workflow and (duty.workflow, self.plans[duty.workflow.remind]),
            self.plans[duty.remind],
            self._calendar_digest,
        )
