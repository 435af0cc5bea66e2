"""What is asked of whom, duty by duty: worked out once, for looking and for writing."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import periods
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.override import segments
from dj_cadence.fingerprint import digest
from dj_cadence.services.planning.first_days import FirstDays
from dj_cadence.services.planning.profiles import Profiles
from dj_cadence.services.planning.step_target import StepTarget
from dj_cadence.services.planning.target import PlanTarget
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.planning import (
    cohorts,
    comparison,
    org_selection,
    plan_runs,
    target_tables,
    task_changes,
)
from dj_cadence.store.planning.differences import ComparedTasks, TaskKind
from dj_cadence.store.planning.memberships import CohortAssignments
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.reminders import plan_snapshots
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks import overrides


@dataclass(frozen=True, slots=True)
class DutyToPlan:
    """One duty that is not planned to the end."""

    duty: str
    inputs: str
    span: DateRange
    announced: bool
    """Whether superiors have laid something over it."""
    changed_after: int | None
    """Plan only the organizations that changed after this data version; None: all."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The organizations for which a job is written at a time."""

    job: DutyToPlan
    part: OrgSelection
    is_last: bool


class Planner:
    """What is worked out once for looking and for writing."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.site_start = sites.load(session).starts_on
        self._profiles = Profiles()
        self._first_days = FirstDays(catalogue)
        self._targets: dict[DutyToPlan, PlanTarget] = {}
        self._step_targets: dict[DutyToPlan, StepTarget] = {}

    def jobs(self, session: Session, span: DateRange, *, anew: bool = False) -> list[DutyToPlan]:
        """The duties that are not planned to the end; with `anew`, all."""
        runs, version = plan_runs.runs(session), sites.load(session).data_version
        announced = overrides.by_duty(session)
        enabled = [duty.key for duty in self.catalogue.enabled()]
        keys = [*enabled, *sorted(set(runs).difference(enabled))]
        jobs = [
            self._job(key, announced.get(key), span, None if anew else runs.get(key))
            for key in keys
        ]
        return [job for job in jobs if job.changed_after is None or job.changed_after < version]

    def _job(self, key: str, announced: object, span: DateRange, run: AnyRow | None) -> DutyToPlan:
        duty = self.catalogue.duties.get(key)
        rule = self.catalogue.dates_digest(duty) if duty and duty.enabled else ""
        inputs = digest(rule, self.site_start, announced)
        if run is None:
            return DutyToPlan(key, inputs, span, bool(announced), None)
        before = DateRange(run.since, run.until)
        whole = before.joined(span)
        if run.inputs != inputs:
            # Of a duty that is switched off nothing stays, also beyond the window asked for:
            # nobody looks at it again.
            return DutyToPlan(key, inputs, span if rule else whole, bool(announced), None)
        changed_after = run.data_version if whole == before else None
        return DutyToPlan(key, inputs, whole, bool(announced), changed_after)

    def duty(self, job: DutyToPlan) -> Duty | None:
        """The job's duty, None where it is not switched on any more."""
        duty = self.catalogue.duties.get(job.duty)
        return duty if duty and duty.enabled else None

    def unchanged(self, session: Session, jobs: list[DutyToPlan]) -> set[str]:
        """The duties for which nothing that changed since their last plan matters."""
        duties = set()
        for since in {job.changed_after for job in jobs}:
            if since is None or not org_selection.are_few(session, since):
                continue
            part = OrgSelection(changed_after=since)
            stored = cohorts.assigned(session, part)
            mine = [job for job in jobs if job.changed_after == since and not job.announced]
            assigned_now = self._assignments(session, mine, part)
            duties |= {
                job.duty
                for job in mine
                if assigned_now[job.duty] == stored.get(job.duty, {})
                and self._steps_are_stored(session, job, part)
            }
        return duties

    def _assignments(
        self, session: Session, jobs: list[DutyToPlan], part: OrgSelection
    ) -> dict[str, CohortAssignments]:
        """Who belongs to which cohort now, by duty."""
        rows: dict[Hashable, Sequence[AnyRow]] = {}
        assignments: dict[str, CohortAssignments] = {}
        for job in jobs:
            target = self._target(job)
            if target and target.found_by not in rows:
                rows[target.found_by] = target.rows(session, part)
            assignments[job.duty] = (
                target.memberships(session, rows[target.found_by]) if target else {}
            )
        return assignments

    def _steps_are_stored(self, session: Session, job: DutyToPlan, part: OrgSelection) -> bool:
        target = self._step_target(job)
        return target is None or target.is_stored(session, part)

    def scope(self, job: DutyToPlan, part: OrgSelection) -> ComparedTasks:
        """What the duty's own tasks are compared with; all of them where it has no workflow."""
        duty = self.duty(job)
        stage = TaskKind.OWN if duty and duty.workflow else TaskKind.ALL
        return ComparedTasks(
            job.duty, job.span, part, stage, job.announced, switched_off=duty is None
        )

    def stage_steps(
        self, session: Session, job: DutyToPlan, part: OrgSelection, *, create: bool, ahead: bool
    ) -> ComparedTasks | None:
        """Lay out the steps of the duty's workflow; None where it has none."""
        target = self._step_target(job)
        if target is None:
            return None
        target.stage(session, part, create=create, ahead=ahead)
        return ComparedTasks(job.duty, job.span, part, TaskKind.STEPS)

    def stage(self, session: Session, job: DutyToPlan, part: OrgSelection, *, create: bool) -> None:
        """Fill the temporary tables; nothing is wanted of a duty that is switched off."""
        target = self._target(job)
        if target is None:
            target_tables.stage(session)
            return
        parts = segments(overrides.spreads(session, job.duty)) if job.announced else []
        target.stage(session, part, parts, create=create)

    def _step_target(self, job: DutyToPlan) -> StepTarget | None:
        duty = self.duty(job)
        if duty is None or duty.workflow is None:
            return None
        if job not in self._step_targets:
            self._step_targets[job] = StepTarget(
                self.catalogue, duty, duty.workflow, job.span, self._first_days
            )
        return self._step_targets[job]

    def _target(self, job: DutyToPlan) -> PlanTarget | None:
        duty = self.duty(job)
        if duty and job not in self._targets:
            self._targets[job] = PlanTarget(
                self.catalogue, duty, self.site_start, job.span, self._profiles, self._first_days
            )
        return self._targets.get(job)

    def reading(self, job: DutyToPlan) -> str:
        """Equal for jobs that ask for the same memberships; next to each other they share them."""
        target = self._target(job)
        return target.asks_for if target else ""

    def portions(self, job: DutyToPlan, orgs: Mapping[int | None, Sequence[int]]) -> list[Portion]:
        """The job cut into as many tasks as are written at a time.

        `orgs` are the organizations that changed after a data version.
        """
        at_once = task_changes.TASKS_AT_ONCE // self._tasks_each(job)
        parts = org_selection.parts(orgs[job.changed_after], job.changed_after, max(1, at_once))
        return [Portion(job, part, part is parts[-1]) for part in parts]

    def _tasks_each(self, job: DutyToPlan) -> int:
        """About how many tasks one organization has of the duty in the window."""
        duty = self.duty(job)
        if duty is None:
            return 1
        steps = len(duty.workflow.steps) if duty.workflow else 1
        if duty.unit is None:
            return steps
        all_semesters = self.catalogue.calendar.semesters_for("", "")
        return steps * max(
            1, sum(1 for _ in periods(duty.unit, job.span.since, job.span.until, all_semesters))
        )

    def write_portion(
        self, session: Session, portion: Portion, version: int, by: str, today: date, now: datetime
    ) -> int:
        """Write one portion and that it is written; returns how many tasks were.

        `version` is that of the data when the first portion of the job was written.
        """
        job, part = portion.job, portion.part
        self.stage(session, job, part, create=True)
        written = self._write(session, self.scope(job, part), by, today, now)
        if steps := self.stage_steps(session, job, part, create=True, ahead=False):
            written += self._write(session, steps, by, today, now)
        if portion.is_last and not self.duty(job):
            plan_runs.forget_run(session, job.duty)
        else:
            inputs = job.inputs if portion.is_last else ""
            plan_runs.note_run(session, job.duty, inputs, job.span, version, now)
        if portion.is_last:
            self._targets.pop(job, None)  # a province's slots are not needed to the end
        return written

    def _write(
        self, session: Session, scope: ComparedTasks, by: str, today: date, now: datetime
    ) -> int:
        """Write what differs between the temporary tables and what is stored."""
        cohorts.store_slots(session)
        duty = self.catalogue.duties.get(scope.duty)
        snapshot_id = self._snapshot_id(session, duty, scope.kind) if duty else None
        written = 0
        if comparison.are_stored(session, scope):
            written = self._write_differences(session, scope, snapshot_id, by, today, now)
        elif snapshot_id:
            written = task_changes.create(
                session, scope.duty, snapshot_id, now, beside_others=False
            )
        if scope.kind is not TaskKind.STEPS:
            cohorts.assign(session, scope)
        return written

    def _snapshot_id(self, session: Session, duty: Duty, kind: TaskKind) -> int:
        steps = kind is TaskKind.STEPS and duty.workflow
        plan = self.catalogue.plans[steps.remind if steps else duty.remind]
        return plan_snapshots.save(session, plan)

    def _write_differences(
        self,
        session: Session,
        scope: ComparedTasks,
        snapshot_id: int | None,
        by: str,
        today: date,
        now: datetime,
    ) -> int:
        counts = comparison.count(session, scope)
        if "move" in counts:
            task_changes.move(session, scope, by, today, now)
        if "relink" in counts:
            task_changes.relink(session, scope, today, now)
        if "reopen" in counts:
            task_changes.reopen(session, scope, by, today, now)
        if "withdraw" in counts:
            task_changes.withdraw(session, scope, by, now)
        if snapshot_id:
            if "create" in counts:
                task_changes.create(session, scope.duty, snapshot_id, now, beside_others=True)
            task_changes.use_snapshot(session, scope, snapshot_id, today)
        return sum(counts.values())
