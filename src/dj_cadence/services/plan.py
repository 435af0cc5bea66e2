"""Plan, look, apply: from the rules in force to the tasks of every organization.

What is the same is not looked at: a duty is planned again where its rule changed or the
window grew, and otherwise for the organizations that changed since it was planned last.
"""

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dj_cadence.domain.canonical import digest, plain
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.dates import month_end
from dj_cadence.domain.duty import Duty
from dj_cadence.domain.override import segments
from dj_cadence.domain.period import periods
from dj_cadence.errors import Refused
from dj_cadence.services.first_days import FirstDays
from dj_cadence.services.outline import Outline
from dj_cadence.services.profiles import Profiles
from dj_cadence.services.step_outline import StepOutline
from dj_cadence.store import differences, overrides, planning, wanted
from dj_cadence.store import site as sites
from dj_cadence.store.database import Database
from dj_cadence.store.differences import Scope, Span, Stage
from dj_cadence.store.memberships import Enrolled
from dj_cadence.store.types import AnyRow
from dj_cadence.store.wanted import Part

AHEAD = timedelta(days=400)
"""How far the plan reaches beyond today."""
SAMPLES = 5
_SHOWN = ("create", "move", "reopen", "withdraw", "keep")


@dataclass
class PlanReport:
    """What a plan would change, or has changed."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """By (duty, change)."""
    samples: list[dict[str, Any]] = field(default_factory=list)
    owed_before: int = 0
    """How many tasks are owed; counted only where some would be withdrawn."""

    def total(self, change: str) -> int:
        return sum(n for (_, kind), n in self.counts.items() if kind == change)

    @property
    def withdrawals_refused(self) -> bool:
        """More than a fifth of a hundred or a twentieth of all: someone must say so."""
        return self.total("withdraw") > max(20, self.owed_before // 20)


@dataclass(frozen=True, slots=True)
class _Job:
    """One duty that is not planned to the end."""

    duty: str
    inputs: str
    span: Span
    announced: bool
    """Whether superiors have laid something over it."""
    changed_after: int | None
    """Plan only the organizations that changed after this data version; None: all."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """The organizations for which a job is written at a time."""

    job: _Job
    part: Part
    is_last: bool


def default_span(site_start: date, today: date) -> Span:
    return Span(site_start, today + AHEAD)


def horizon(today: date) -> date:
    """How far the engine plans: whole months, so that on most days nothing new comes in sight."""
    return month_end(today + AHEAD)


def preview(
    database: Database,
    catalogue: Catalogue,
    span: Span,
    *,
    every_change: bool = False,
    anew: bool = False,
) -> PlanReport:
    """What applying `catalogue` over `span` would change. Nothing is written.

    `anew` trusts no earlier run and compares everything with what is stored.
    """
    planner = _Planner(database, catalogue)
    return _preview(database, planner, span, every_change=every_change, anew=anew)


def _preview(
    database: Database,
    planner: "_Planner",
    span: Span,
    *,
    every_change: bool = False,
    anew: bool = False,
) -> PlanReport:
    report = PlanReport()
    with database.read() as session:
        for job in planner.jobs(session, span, anew=anew):
            part = Part(changed_after=job.changed_after)
            planner.lay_out(session, job, part, create=False)
            scope = planner.scope(job, part)
            if not (anew and scope.stage is Stage.ALL and differences.are_none(session, scope)):
                _look(session, scope, report, every_change=every_change)
            if steps := planner.lay_out_steps(session, job, part, create=False):
                _look(session, steps, report, every_change=every_change)
        if report.total("withdraw"):
            report.owed_before = planning.owed_tasks(session)
        session.rollback()
    return report


def apply(
    database: Database,
    catalogue: Catalogue,
    content: object,
    span: Span,
    *,
    by: str,
    today: date,
    now: datetime,
    allow_withdrawals: int = 0,
) -> PlanReport:
    """Put `catalogue` in force and write its plan.

    Raises Refused, with nothing changed, where more tasks would be withdrawn than
    `allow_withdrawals` and the ordinary limit permit.
    """
    planner = _Planner(database, catalogue)
    report = _preview(database, planner, span)
    gone = report.total("withdraw")
    if report.withdrawals_refused and gone > allow_withdrawals:
        raise Refused(
            f"这次会撤回 {gone} 项任务，超出常规，没有应用。"
            f"请先用 plan 查看；确认无误后加上 --allow-withdrawals {gone} 再应用。"
        )
    with database.write() as session:
        sites.apply_catalogue(session, catalogue.hash, content, by=by, now=now)
    _write(database, planner, span, by, today, now)
    return report


def roll(
    database: Database, catalogue: Catalogue, *, until: date, today: date, now: datetime
) -> bool:
    """Take the applied version forward to `until` and with the facts; False if nothing changed."""
    with database.read() as session:
        span = Span(sites.load(session).starts_on, until)
    return _write(database, _Planner(database, catalogue), span, "dj-cadence", today, now)


def _write(
    database: Database, planner: "_Planner", span: Span, by: str, today: date, now: datetime
) -> bool:
    """Write what is not planned yet; False if there was nothing.

    Duties go one after the other, in transactions of about as many tasks each: nobody waits
    for long, and the indexes are not gone through for each small duty. Repeating a broken
    run completes it.
    """
    with database.read() as session:
        jobs = planner.jobs(session, span)
        orgs = {n: planning.organizations(session, n) for n in {j.changed_after for j in jobs}}
    same = _pass_by(database, planner, jobs)
    left = sorted((job for job in jobs if job.duty not in same), key=planner.reading)
    pieces = [piece for job in left for piece in planner.pieces(job, orgs)]
    writer = _Writer(database, planner, by, today, now)
    if any(job.changed_after is None for job in left):
        # A run that dies has not come to its last piece, so that the next one comes by here.
        with database.write(durable=False) as session:
            planning.put_off_indexes(session)
        writer.write(pieces[:-1])
        with database.write(sorting=True) as session:
            planning.complete_indexes(session)
        pieces = pieces[-1:]
    writer.write(pieces)
    return bool(jobs)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes pieces one after the other, as many in a transaction as `TASKS_AT_ONCE` says."""

    database: Database
    planner: "_Planner"
    by: str
    today: date
    now: datetime
    begun_at: dict[str, int] = field(default_factory=dict)
    """The version of the data when the first piece of each duty was written."""

    def write(self, pieces: Sequence[_Piece]) -> None:
        left = deque(pieces)
        while left:
            with self.database.write(joined=True) as session:
                version, written = planning.hold_data(session), 0
                while left and written < planning.TASKS_AT_ONCE:
                    piece = left.popleft()
                    begun_at = self.begun_at.setdefault(piece.job.duty, version)
                    written += self.planner.write_piece(
                        session, piece, begun_at, self.by, self.today, self.now
                    )


def _pass_by(database: Database, planner: "_Planner", jobs: list[_Job]) -> set[str]:
    """The duties whose cohorts are the same as before at every organization that changed."""
    if all(job.changed_after is None for job in jobs):
        return set()
    with database.write(durable=False) as session:
        version = planning.hold_data(session)
        same = planner.unmoved(session, jobs)
        planning.note_seen(session, same, version)
    return same


def _look(session: Session, scope: Scope, report: PlanReport, *, every_change: bool) -> None:
    found = differences.count(session, scope)
    for change in _SHOWN:
        if change in found:
            shown = report.counts.get((scope.duty, change), 0)
            report.counts[scope.duty, change] = shown + found[change]
            limit = None if every_change else SAMPLES
            rows = differences.samples(session, scope, change, limit)
            report.samples += [{**row, "duty": scope.duty} for row in rows]


class _Planner:
    """What is worked out once for looking and for writing."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        with database.read() as session:
            self.site_start = sites.load(session).starts_on
        self._profiles = Profiles()
        self._first_days = FirstDays(catalogue)
        self._outlines: dict[_Job, Outline] = {}

    def jobs(self, session: Session, span: Span, *, anew: bool = False) -> list[_Job]:
        """The duties that are not planned to the end; with `anew`, all."""
        runs, version = planning.runs(session), sites.load(session).data_version
        announced = overrides.by_duty(session)
        enabled = [duty.key for duty in self.catalogue.enabled()]
        keys = [*enabled, *sorted(set(runs).difference(enabled))]
        found = [
            self._job(key, announced.get(key), span, None if anew else runs.get(key))
            for key in keys
        ]
        return [job for job in found if job.changed_after is None or job.changed_after < version]

    def _job(self, key: str, announced: object, span: Span, run: AnyRow | None) -> _Job:
        duty = self.catalogue.duties.get(key)
        rule = self.catalogue.dates_digest(duty) if duty and duty.enabled else ""
        inputs = digest(rule, self.site_start, announced)
        if run is None:
            return _Job(key, inputs, span, bool(announced), None)
        before = Span(run.since, run.until)
        whole = before.joined(span)
        if run.inputs != inputs:
            # Of a duty that is switched off nothing stays, also beyond the window asked for:
            # nobody looks at it again.
            return _Job(key, inputs, span if rule else whole, bool(announced), None)
        changed_after = run.data_version if whole == before else None
        return _Job(key, inputs, whole, bool(announced), changed_after)

    def duty(self, job: _Job) -> Duty | None:
        """The job's duty, None where it is not switched on any more."""
        duty = self.catalogue.duties.get(job.duty)
        return duty if duty and duty.enabled else None

    def unmoved(self, session: Session, jobs: list[_Job]) -> set[str]:
        """The duties for which nothing that changed since their last plan matters."""
        found = set()
        for since in {job.changed_after for job in jobs}:
            if since is None or not planning.are_few(session, since):
                continue
            part = Part(changed_after=since)
            stored = planning.enrolled(session, part)
            mine = [job for job in jobs if job.changed_after == since and not job.announced]
            wanted_now = self._enrolled(session, mine, part)
            found |= {
                job.duty
                for job in mine
                if wanted_now[job.duty] == stored.get(job.duty, {})
                and self._steps_are_stored(session, job, part)
            }
        return found

    def _enrolled(self, session: Session, jobs: list[_Job], part: Part) -> dict[str, Enrolled]:
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

    def _steps_are_stored(self, session: Session, job: _Job, part: Part) -> bool:
        outline = self._step_outline(job)
        return outline is None or outline.is_stored(session, part)

    def scope(self, job: _Job, part: Part) -> Scope:
        """What the duty's own tasks are compared with; all of them where it has no workflow."""
        duty = self.duty(job)
        stage = Stage.OWN if duty and duty.workflow else Stage.ALL
        return Scope(job.duty, job.span, part, stage)

    def lay_out_steps(
        self, session: Session, job: _Job, part: Part, *, create: bool
    ) -> Scope | None:
        """Lay out the steps of the duty's workflow; None where it has none."""
        outline = self._step_outline(job)
        if outline is None:
            return None
        outline.lay_out(session, part, create=create)
        return Scope(job.duty, job.span, part, Stage.STEPS)

    def lay_out(self, session: Session, job: _Job, part: Part, *, create: bool) -> None:
        """Fill the temporary tables; nothing is wanted of a duty that is switched off."""
        outline = self._outline(job)
        if outline is None:
            wanted.lay_out(session)
            return
        found = segments(overrides.spreads(session, job.duty)) if job.announced else []
        outline.lay_out(session, part, found, create=create)

    def _step_outline(self, job: _Job) -> StepOutline | None:
        duty = self.duty(job)
        if duty is None or duty.workflow is None:
            return None
        return StepOutline(self.catalogue, duty, duty.workflow, job.span, self._first_days)

    def _outline(self, job: _Job) -> Outline | None:
        duty = self.duty(job)
        if duty and job not in self._outlines:
            self._outlines[job] = Outline(
                self.catalogue, duty, self.site_start, job.span, self._profiles, self._first_days
            )
        return self._outlines.get(job)

    def reading(self, job: _Job) -> str:
        """Equal for jobs that ask for the same memberships; next to each other they share them."""
        outline = self._outline(job)
        return outline.asks_for if outline else ""

    def pieces(self, job: _Job, orgs: Mapping[int | None, Sequence[int]]) -> list[_Piece]:
        """The job cut into as many tasks as are written at a time.

        `orgs` are the organizations that changed after a data version.
        """
        at_once = planning.TASKS_AT_ONCE // self._tasks_each(job)
        parts = planning.parts(orgs[job.changed_after], job.changed_after, max(1, at_once))
        return [_Piece(job, part, part is parts[-1]) for part in parts]

    def _tasks_each(self, job: _Job) -> int:
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
        self, session: Session, piece: _Piece, version: int, by: str, today: date, now: datetime
    ) -> int:
        """Write one piece and that it is written; returns how many tasks were.

        `version` is that of the data when the first piece of the job was written.
        """
        job, part = piece.job, piece.part
        self.lay_out(session, job, part, create=True)
        written = self._write(session, self.scope(job, part), by, today, now)
        if steps := self.lay_out_steps(session, job, part, create=True):
            written += self._write(session, steps, by, today, now)
        if piece.is_last and not self.duty(job):
            planning.forget_run(session, job.duty)
        else:
            inputs = job.inputs if piece.is_last else ""
            planning.note_run(session, job.duty, inputs, job.span, version, now)
        if piece.is_last:
            self._outlines.pop(job, None)  # a province's slots are not needed to the end
        return written

    def _write(self, session: Session, scope: Scope, by: str, today: date, now: datetime) -> int:
        """Write what differs between the temporary tables and what is stored."""
        wanted.store_slots(session)
        duty = self.catalogue.duties.get(scope.duty)
        chain = self._chain(session, duty, scope.stage) if duty else None
        written = 0
        if differences.are_stored(session, scope):
            written = self._write_differences(session, scope, chain, by, today, now)
        elif chain:
            written = planning.create(session, scope.duty, chain, now, beside_others=False)
        if scope.stage is not Stage.STEPS:
            planning.store_memberships(session, scope)
        return written

    def _chain(self, session: Session, duty: Duty, stage: Stage) -> int:
        steps = stage is Stage.STEPS and duty.workflow
        plan = self.catalogue.plans[steps.remind if steps else duty.remind]
        return planning.chain_id(session, digest(plan), plain(plan))

    def _write_differences(
        self,
        session: Session,
        scope: Scope,
        chain: int | None,
        by: str,
        today: date,
        now: datetime,
    ) -> int:
        found = differences.count(session, scope)
        if "move" in found:
            planning.move(session, scope, by, today, now)
        if "hang" in found:
            planning.hang(session, scope, now)
        if "reopen" in found:
            planning.reopen(session, scope, by, today, now)
        if "withdraw" in found:
            planning.withdraw(session, scope, by, now)
        if chain:
            if "create" in found:
                planning.create(session, scope.duty, chain, now, beside_others=True)
            planning.use_chain(session, scope, chain, today)
        return sum(found.values())
