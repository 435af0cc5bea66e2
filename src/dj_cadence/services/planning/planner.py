"""What is asked of whom, duty by duty: worked out once, for looking and for writing."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
from dj_cadence.store.planning import comparison, target_tables, writes
from dj_cadence.store.planning.differences import DateRange, Scope, Stage
from dj_cadence.store.planning.memberships import Enrolled
from dj_cadence.store.planning.target_tables import Part
from dj_cadence.store.reminders import plan_snapshots
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks import overrides


@dataclass(frozen=True, slots=True)
class Job:
    """One duty that is not planned to the end."""

    duty: str
    inputs: str
    span: DateRange
    announced: bool
    """Whether superiors have laid something over it."""
    changed_after: int | None
    """Plan only the organizations that changed after this data version; None: all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The organizations for which a job is written at a time."""

    job: Job
    part: Part
    is_last: bool


class Planner:
    """What is worked out once for looking and for writing."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.site_start = sites.load(session).starts_on
        self._profiles = Profiles()
        self._first_days = FirstDays(catalogue)
        self._outlines: dict[Job, PlanTarget] = {}
        self._step_outlines: dict[Job, StepTarget] = {}

    def jobs(self, session: Session, span: DateRange, *, anew: bool = False) -> list[Job]:
        """The duties that are not planned to the end; with `anew`, all."""
        runs, version = writes.runs(session), sites.load(session).data_version
        announced = overrides.by_duty(session)
        enabled = [duty.key for duty in self.catalogue.enabled()]
        keys = [*enabled, *sorted(set(runs).difference(enabled))]
        found = [
            self._job(key, announced.get(key), span, None if anew else runs.get(key))
            for key in keys
        ]
        return [job for job in found if job.changed_after is None or job.changed_after < version]

    def _job(self, key: str, announced: object, span: DateRange, run: AnyRow | None) -> Job:
        duty = self.catalogue.duties.get(key)
        rule = self.catalogue.dates_digest(duty) if duty and duty.enabled else ""
        inputs = digest(rule, self.site_start, announced)
        if run is None:
            return Job(key, inputs, span, bool(announced), None)
        before = DateRange(run.since, run.until)
        whole = before.joined(span)
        if run.inputs != inputs:
            # Of a duty that is switched off nothing stays, also beyond the window asked for:
            # nobody looks at it again.
            return Job(key, inputs, span if rule else whole, bool(announced), None)
        changed_after = run.data_version if whole == before else None
        return Job(key, inputs, whole, bool(announced), changed_after)

    def duty(self, job: Job) -> Duty | None:
        """The job's duty, None where it is not switched on any more."""
        duty = self.catalogue.duties.get(job.duty)
        return duty if duty and duty.enabled else None

    def unmoved(self, session: Session, jobs: list[Job]) -> set[str]:
        """The duties for which nothing that changed since their last plan matters."""
        found = set()
        for since in {job.changed_after for job in jobs}:
            if since is None or not writes.are_few(session, since):
                continue
            part = Part(changed_after=since)
            stored = writes.enrolled(session, part)
            mine = [job for job in jobs if job.changed_after == since and not job.announced]
            wanted_now = self._enrolled(session, mine, part)
            found |= {
                job.duty
                for job in mine
                if wanted_now[job.duty] == stored.get(job.duty, {})
                and self._steps_are_stored(session, job, part)
            }
        return found

    def _enrolled(self, session: Session, jobs: list[Job], part: Part) -> dict[str, Enrolled]:
        """Who belongs to which cohort now, by duty."""
        rows: dict[Hashable, Sequence[AnyRow]] = {}
        found: dict[str, Enrolled] = {}
        for job in jobs:
            outline = self._outline(job)
            if outline and outline.found_by not in rows:
                rows[outline.found_by] = outline.rows(session, part)
            found[job.duty] = (
                outline.memberships(session, rows[outline.found_by]) if outline else {}
            )
        return found

    def _steps_are_stored(self, session: Session, job: Job, part: Part) -> bool:
        outline = self._step_outline(job)
        return outline is None or outline.is_stored(session, part)

    def scope(self, job: Job, part: Part) -> Scope:
        """What the duty's own tasks are compared with; all of them where it has no workflow."""
        duty = self.duty(job)
        stage = Stage.OWN if duty and duty.workflow else Stage.ALL
        return Scope(job.duty, job.span, part, stage, job.announced, switched_off=duty is None)

    def lay_out_steps(
        self, session: Session, job: Job, part: Part, *, create: bool, ahead: bool
    ) -> Scope | None:
        """Lay out the steps of the duty's workflow; None where it has none."""
        outline = self._step_outline(job)
        if outline is None:
            return None
        outline.lay_out(session, part, create=create, ahead=ahead)
        return Scope(job.duty, job.span, part, Stage.STEPS)

    def lay_out(self, session: Session, job: Job, part: Part, *, create: bool) -> None:
        """Fill the temporary tables; nothing is wanted of a duty that is switched off."""
        outline = self._outline(job)
        if outline is None:
            target_tables.lay_out(session)
            return
        found = segments(overrides.spreads(session, job.duty)) if job.announced else []
        outline.lay_out(session, part, found, create=create)

    def _step_outline(self, job: Job) -> StepTarget | None:
        duty = self.duty(job)
        if duty is None or duty.workflow is None:
            return None
        if job not in self._step_outlines:
            self._step_outlines[job] = StepTarget(
                self.catalogue, duty, duty.workflow, job.span, self._first_days
            )
        return self._step_outlines[job]

    def _outline(self, job: Job) -> PlanTarget | None:
        duty = self.duty(job)
        if duty and job not in self._outlines:
            self._outlines[job] = PlanTarget(
                self.catalogue, duty, self.site_start, job.span, self._profiles, self._first_days
            )
        return self._outlines.get(job)

    def reading(self, job: Job) -> str:
        """Equal for jobs that ask for the same memberships; next to each other they share them."""
        outline = self._outline(job)
        return outline.asks_for if outline else ""

    def pieces(self, job: Job, orgs: Mapping[int | None, Sequence[int]]) -> list[Piece]:
        """The job cut into as many tasks as are written at a time.

        `orgs` are the organizations that changed after a data version.
        """
        at_once = writes.TASKS_AT_ONCE // self._tasks_each(job)
        parts = writes.parts(orgs[job.changed_after], job.changed_after, max(1, at_once))
        return [Piece(job, part, part is parts[-1]) for part in parts]

    def _tasks_each(self, job: Job) -> int:
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

    def write_piece(
        self, session: Session, piece: Piece, version: int, by: str, today: date, now: datetime
    ) -> int:
        """Write one piece and that it is written; returns how many tasks were.

        `version` is that of the data when the first piece of the job was written.
        """
        job, part = piece.job, piece.part
        self.lay_out(session, job, part, create=True)
        written = self._write(session, self.scope(job, part), by, today, now)
        if steps := self.lay_out_steps(session, job, part, create=True, ahead=False):
            written += self._write(session, steps, by, today, now)
        if piece.is_last and not self.duty(job):
            writes.forget_run(session, job.duty)
        else:
            inputs = job.inputs if piece.is_last else ""
            writes.note_run(session, job.duty, inputs, job.span, version, now)
        if piece.is_last:
            self._outlines.pop(job, None)  # a province's slots are not needed to the end
        return written

    def _write(self, session: Session, scope: Scope, by: str, today: date, now: datetime) -> int:
        """Write what differs between the temporary tables and what is stored."""
        target_tables.store_slots(session)
        duty = self.catalogue.duties.get(scope.duty)
        chain = self._chain(session, duty, scope.stage) if duty else None
        written = 0
        if comparison.are_stored(session, scope):
            written = self._write_differences(session, scope, chain, by, today, now)
        elif chain:
            written = writes.create(session, scope.duty, chain, now, beside_others=False)
        if scope.stage is not Stage.STEPS:
            writes.store_memberships(session, scope)
        return written

    def _chain(self, session: Session, duty: Duty, stage: Stage) -> int:
        steps = stage is Stage.STEPS and duty.workflow
        plan = self.catalogue.plans[steps.remind if steps else duty.remind]
        return plan_snapshots.save(session, plan)

    def _write_differences(
        self,
        session: Session,
        scope: Scope,
        chain: int | None,
        by: str,
        today: date,
        now: datetime,
    ) -> int:
        found = comparison.count(session, scope)
        if "move" in found:
            writes.move(session, scope, by, today, now)
        if "hang" in found:
            writes.hang(session, scope, today, now)
        if "reopen" in found:
            writes.reopen(session, scope, by, today, now)
        if "withdraw" in found:
            writes.withdraw(session, scope, by, now)
        if chain:
            if "create" in found:
                writes.create(session, scope.duty, chain, now, beside_others=True)
            writes.use_snapshot(session, scope, chain, today)
        return sum(found.values())
