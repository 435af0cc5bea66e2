"""Who further up is told next of what is overdue. Only what binds goes upwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.reminders.escalation import Escalation, next_rise, steps_written
from dj_cadence.domain.reminders.plan import EscalationStep, ReminderPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import first_overdue_day
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.reminders import notice_history
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides


def rises(
    session: Session,
    catalogue: Catalogue,
    rows: Sequence[AnyRow],
    plans: Mapping[int, ReminderPlan],
    today: date,
) -> dict[int, Escalation]:
    """The level to be told next about each task of `rows` that is overdue and goes upwards.

    To be asked after today's reminders are written down.
    """
    late = [row for row in rows if _is_late(row, catalogue, today)]
    up = Upward(session, catalogue, late)
    steps = {row.id: up.steps(row, plans[row.plan_snapshot_id]) for row in late}
    told = notice_history.days_told_late(session, [id_ for id_, found in steps.items() if found])
    found = {
        row.id: next_rise(
            steps[row.id],
            _overdue_on(row, catalogue),
            told.get(row.id, {}),
            up.levels(row),
            catalogue.calendar,
        )
        for row in late
        if steps[row.id]
    }
    return {task_id: rise for task_id, rise in found.items() if rise}


def coming(
    session: Session, catalogue: Catalogue, row: AnyRow, plan: ReminderPlan
) -> tuple[Escalation, int] | None:
    """Who further up hears next should a task stay undone, and the organization's id."""
    if row.step != OWN:
        return None
    up = Upward(session, catalogue, [row])
    told = notice_history.days_told_late(session, [row.id]).get(row.id, {})
    rise = next_rise(
        up.steps(row, plan),
        _overdue_on(row, catalogue),
        told,
        up.levels(row),
        catalogue.calendar,
    )
    return (
        (rise, orgs.superiors(session, [row.org_id])[row.org_id][rise.level - 1]) if rise else None
    )


def _is_late(row: AnyRow, catalogue: Catalogue, today: date) -> bool:
    """Steps of workflows are the organization's own affair."""
    return bool(row.step == OWN and row.due < today and _overdue_on(row, catalogue) <= today)


def _overdue_on(row: AnyRow, catalogue: Catalogue) -> date:
    grace = catalogue.recording_grace(row.duty, row.step)
    return first_overdue_day(row.due, grace, catalogue.calendar, row.asked_on)


@dataclass(frozen=True, slots=True)
class _Choice:
    key: str
    value: str
    org_id: int
    first: int
    last: int


class Upward:
    """Which of some tasks concern superiors, and how far up."""

    def __init__(self, session: Session, catalogue: Catalogue, rows: Sequence[AnyRow]) -> None:
        self._catalogue = catalogue
        self._by_duty: dict[str, list[_Choice]] = {}
        for duty, *rest in overrides.upward(session, {row.duty for row in rows}):
            self._by_duty.setdefault(duty, []).append(_Choice(*rest))
        touched = {row.org_id for row in rows if row.duty in self._by_duty}
        self._positions = orgs.positions(session, touched)
        self._above = orgs.superiors(session, {row.org_id for row in rows})

    def levels(self, row: AnyRow) -> int:
        """How many superiors there are."""
        return len(self._above[row.org_id])

    def binds(self, row: AnyRow) -> bool:
        """Whether superiors see the task as late: its rule binds, or one of them adopted it."""
        rule = self._catalogue.duties.get(row.duty)
        adopted = any(one.key == OverrideKey.ADOPTED for one in self._over(row))
        return row.step == OWN and (adopted or bool(rule and rule.binds))

    def steps(self, row: AnyRow, plan: ReminderPlan) -> tuple[EscalationStep, ...]:
        """As the uppermost superior chose, and up to it; further up as its reminder plan says."""
        own, above = plan.escalate if self.binds(row) else (), self._above[row.org_id]
        for one in self._over(row):
            if one.key == OverrideKey.ESCALATE and one.org_id in above:
                asked = steps_written(one.value)[: above.index(one.org_id) + 1]
                return asked + own[len(asked) :]
        return own

    def _over(self, row: AnyRow) -> Iterable[_Choice]:
        """What was chosen by the organization and those above it, the uppermost first."""
        if row.duty not in self._by_duty:
            return ()
        place = self._positions[row.org_id]
        return (one for one in self._by_duty[row.duty] if one.first <= place <= one.last)
