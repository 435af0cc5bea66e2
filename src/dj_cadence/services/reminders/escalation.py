"""When a superior is told of what is overdue. Only what binds goes upwards."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from dj_cadence.domain.reminders.daily_update import Escalation, next_escalation, steps_from_text
from dj_cadence.domain.reminders.plan import EscalationStep, ReminderPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import Task, first_overdue_day
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides
from dj_cadence.store.tasks.overrides import UpwardChoice


def escalations(
    session: Session,
    catalogue: Catalogue,
    tasks: Sequence[Task],
    plans: Mapping[int, ReminderPlan],
    today: date,
) -> dict[int, Escalation]:
    """The level to be told next about each of these tasks that is overdue and goes upwards.

    `plans` by snapshot. To be asked after today's reminders are written down.
    """
    late = [
        row
        for row in tasks  # steps of workflows are the organization's own affair
        if row.step == OWN and row.due < today and _overdue_on(row, catalogue) <= today
    ]
    lines = ReportingLines(session, catalogue, late)
    return lines.next_escalations([(row, plans[row.plan_snapshot_id]) for row in late])


def escalation_ahead(
    session: Session, catalogue: Catalogue, task: Task, plan: ReminderPlan
) -> tuple[Escalation, int] | None:
    """Who further up hears next should a task stay undone, and the organization's id."""
    if task.step != OWN:
        return None
    lines = ReportingLines(session, catalogue, [task])
    ahead = lines.next_escalations([(task, plan)]).get(task.id)
    return (ahead, lines.above(task)[ahead.level - 1]) if ahead else None


def _overdue_on(task: Task, catalogue: Catalogue) -> date:
    grace = catalogue.recording_grace(task.duty, task.step)
    return first_overdue_day(task.due, grace, catalogue.calendar, task.asked_on)


class ReportingLines:
    """Which of some tasks concern superiors, and how far up."""

    def __init__(self, session: Session, catalogue: Catalogue, tasks: Sequence[Task]) -> None:
        self._session, self._catalogue = session, catalogue
        self._by_duty = overrides.upward(session, {row.duty for row in tasks})
        chosen = {row.org_id for row in tasks if row.duty in self._by_duty}
        self._positions = orgs.positions(session, chosen)
        self._above = orgs.superiors(session, {row.org_id for row in tasks})

    def above(self, task: Task) -> Sequence[int]:
        """The superiors, the nearest first."""
        return self._above[task.org_id]

    def binds(self, task: Task) -> bool:
        """Whether superiors see the task as late: its rule binds, or one of them adopted it."""
        duty = self._catalogue.duties.get(task.duty)
        adopted = any(choice.key == OverrideKey.ADOPTED for choice in self._choices(task))
        return task.step == OWN and (adopted or bool(duty and duty.binds))

    def next_escalations(self, tasks: Iterable[tuple[Task, ReminderPlan]]) -> dict[int, Escalation]:
        """By id, the level to be told next about each of these tasks, by its plan."""
        upward = [(row, steps) for row, plan in tasks if (steps := self._steps(row, plan))]
        days_told = notices.days_told_late(self._session, [row.id for row, _ in upward])
        escalations = {
            row.id: next_escalation(
                steps,
                _overdue_on(row, self._catalogue),
                days_told.get(row.id, {}),
                len(self.above(row)),
                self._catalogue.calendar,
            )
            for row, steps in upward
        }
        return {task_id: escalation for task_id, escalation in escalations.items() if escalation}

    def _steps(self, task: Task, plan: ReminderPlan) -> tuple[EscalationStep, ...]:
        """As the uppermost superior chose, and up to it; further up as the reminder plan says."""
        own, above = plan.escalate if self.binds(task) else (), self.above(task)
        for choice in self._choices(task):
            if choice.key == OverrideKey.ESCALATE and choice.org_id in above:
                chosen = steps_from_text(choice.value)[: above.index(choice.org_id) + 1]
                return chosen + own[len(chosen) :]
        return own

    def _choices(self, task: Task) -> Iterable[UpwardChoice]:
        """What was chosen by the organization and those above it, the uppermost first."""
        if task.duty not in self._by_duty:
            return ()
        place = self._positions[task.org_id]
        choices = self._by_duty[task.duty]
        return (choice for choice in choices if choice.first <= place <= choice.last)
