"""What is asked of whom, duty by duty: worked out once, for looking and for writing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import periods
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.override import segments
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.fingerprint import digest
from dj_cadence.services.planning.plan_source import PlanSource
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
        self._source = PlanSource(catalogue, sites.load(session).starts_on)
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
        inputs = digest(rule, self._source.site_start, announced)
        changed_after = None
        if run:
            before = DateRange(run.since, run.until)
            whole = before.joined(span)
            if run.inputs == inputs and whole == before:
                changed_after = run.data_version
            # Of a duty that is switched off nothing stays, also beyond the window asked for:
            # nobody looks at it again.
            span = whole if run.inputs == inputs or not rule else span
        return DutyToPlan(key, inputs, span, bool(announced), changed_after)

    def pass_by(self, session: Session, jobs: list[DutyToPlan]) -> list[DutyToPlan]:
        """The jobs without those for which nothing that changed matters; these are noted so."""
        version, duties = task_changes.hold_data(session), set()
        for since in {job.changed_after for job in jobs}:
            if since is None or not org_selection.are_few(session, since):
                continue
            part = OrgSelection(changed_after=since)
            stored = cohorts.assigned(session, part)
            rows: dict[str, Sequence[AnyRow]] = {}
            for job in jobs:
                if job.changed_after != since or job.announced:
                    continue
                target, steps, now = self._target(job), self._step_target(job), {}
                if target:
                    if target.found_by not in rows:
                        rows[target.found_by] = target.rows(session, part)
                    now = target.memberships(session, rows[target.found_by])
                if now == stored.get(job.duty, {}) and (
                    steps is None or steps.is_stored(session, part)
                ):
                    duties.add(job.duty)
        plan_runs.note_seen(session, duties, version)
        return [job for job in jobs if job.duty not in duties]

    def stage(
        self, session: Session, job: DutyToPlan, part: OrgSelection, *, create: bool
    ) -> ComparedTasks:
        """Lay out the duty's own tasks, all where it has no workflow; none of one switched off."""
        target = self._target(job)
        if target is None:
            target_tables.stage(session)
        else:
            parts = segments(overrides.spreads(session, job.duty)) if job.announced else []
            target.stage(session, part, parts, create=create)
        kind = TaskKind.OWN if self._step_target(job) else TaskKind.ALL
        return ComparedTasks(
            job.duty, job.span, part, kind, job.announced, switched_off=target is None
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

    def _duty(self, job: DutyToPlan) -> Duty | None:
        """The job's duty, None where it is not switched on any more."""
        duty = self.catalogue.duties.get(job.duty)
        return duty if duty and duty.enabled else None

    def _step_target(self, job: DutyToPlan) -> StepTarget | None:
        duty = self._duty(job)
        if duty and duty.workflow and job not in self._step_targets:
            target = StepTarget(self._source, duty, duty.workflow, job.span)
            self._step_targets[job] = target
        return self._step_targets.get(job)

    def _target(self, job: DutyToPlan) -> PlanTarget | None:
        duty = self._duty(job)
        if duty and job not in self._targets:
            self._targets[job] = PlanTarget(self._source, duty, job.span)
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
        duty = self._duty(job)
        steps = len(duty.workflow.steps) if duty and duty.workflow else 1
        if duty is None or duty.unit is None:
            return steps
        semesters = self.catalogue.calendar.semesters_for("", "")
        within = periods(duty.unit, job.span.since, job.span.until, semesters)
        return steps * max(1, len(list(within)))

    def write_portion(self, session: Session, portion: Portion, version: int, actor: Actor) -> int:
        """Write one portion and that it is written; returns how many tasks were.

        `version` is that of the data when the first portion of the job was written.
        """
        job, part = portion.job, portion.part
        written = self._write(session, self.stage(session, job, part, create=True), actor)
        if steps := self.stage_steps(session, job, part, create=True, ahead=False):
            written += self._write(session, steps, actor)
        if portion.is_last and not self._duty(job):
            plan_runs.forget_run(session, job.duty)
        else:
            inputs = job.inputs if portion.is_last else ""
            plan_runs.note_run(session, job.duty, inputs, job.span, version, actor.now)
        if portion.is_last:
            self._targets.pop(job, None)  # a province's slots are not needed to the end
        return written

    def _write(self, session: Session, scope: ComparedTasks, actor: Actor) -> int:
        """Write what differs between the temporary tables and what is stored."""
        cohorts.store_slots(session)
        duty = self.catalogue.duties.get(scope.duty)
        snapshot_id = self._snapshot_id(session, duty, scope.kind) if duty else None
        is_new = not comparison.stored(session, scope)
        counts = {} if is_new else comparison.count(session, scope)
        for kind in (ActKind.MOVE, ActKind.REOPEN, ActKind.WITHDRAW):
            if kind in counts:
                task_changes.write(session, scope, kind, actor)
        if "relink" in counts:
            task_changes.relink(session, scope, actor)
        written = sum(counts.values())
        if snapshot_id and (is_new or "create" in counts):
            made = task_changes.create(
                session, scope.duty, snapshot_id, actor.now, beside_others=not is_new
            )
            written = written or made
        if snapshot_id and not is_new:
            task_changes.use_snapshot(session, scope, snapshot_id, actor.today)
        if scope.kind is not TaskKind.STEPS:
            cohorts.assign(session, scope)
        return written

    def _snapshot_id(self, session: Session, duty: Duty, kind: TaskKind) -> int:
        steps = kind is TaskKind.STEPS and duty.workflow
        plan = self.catalogue.plans[steps.remind if steps else duty.remind]
        return plan_snapshots.save(session, plan)
