"""Plan, look, apply: from the rules in force to the tasks of every organization.

What is the same is not looked at: a duty is planned again where its rule changed or the
window grew, and otherwise for the organizations that changed since it was planned last.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from dj_cadence.domain.dates.arithmetic import month_end
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.errors import Refused
from dj_cadence.services.planning.planner import DutyToPlan, Planner, Portion
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.planning import (
    comparison,
    differences,
    org_selection,
    plan_runs,
    task_changes,
)
from dj_cadence.store.planning.differences import ComparedTasks
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.rules.catalogue import StoredCatalogue
from dj_cadence.store.site import site as sites

AHEAD = timedelta(days=400)
"""How far the plan reaches beyond today."""
SAMPLES = 5
_BY = "dj-cadence"
_SHOWN = ("create", "move", "reopen", "withdraw", "keep")


@dataclass
class PlanReport:
    """What a plan would change, or has changed."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """By (duty, change)."""
    samples: list[dict[str, Any]] = field(default_factory=list)
    owed_before: int = 0
    """How many tasks are owed; counted only where some would be withdrawn."""
    past: dict[str, int] = field(default_factory=dict)
    """How many of those that would be created are past their last day, by duty."""

    def total(self, change: str) -> int:
        return sum(n for (_, kind), n in self.counts.items() if kind == change)

    @property
    def withdrawals_refused(self) -> bool:
        """More than a fifth of a hundred or a twentieth of all: someone must say so."""
        return self.total("withdraw") > max(20, self.owed_before // 20)


def default_span(site_start: date, today: date) -> DateRange:
    return DateRange(site_start, today + AHEAD)


def chosen_span(session: Session, today: date, since: date | None, until: date | None) -> DateRange:
    """The days that were asked for; what was left open is as in `default_span`."""
    usual = default_span(sites.load(session).starts_on, today)
    return DateRange(since or usual.since, until or usual.until)


def horizon(today: date) -> date:
    """How far the engine plans: whole months, so that on most days nothing new comes in sight."""
    return month_end(today + AHEAD)


def preview(
    database: Database,
    catalogue: Catalogue,
    span: DateRange,
    *,
    today: date | None = None,
    every_change: bool = False,
    anew: bool = False,
) -> PlanReport:
    """What applying `catalogue` over `span` would change. Nothing is written.

    `anew` trusts no earlier run and compares everything with what is stored. With `today` it
    counts what comes too late.
    """
    planner = _planner(database, catalogue)
    return _preview(database, planner, span, today=today, every_change=every_change, anew=anew)


def _preview(
    database: Database,
    planner: Planner,
    span: DateRange,
    *,
    today: date | None = None,
    every_change: bool = False,
    anew: bool = False,
) -> PlanReport:
    report = PlanReport()
    look = partial(_look, report=report, today=today, every_change=every_change, anew=anew)
    with database.read() as session:
        for job in planner.jobs(session, span, anew=anew):
            part = OrgSelection(changed_after=job.changed_after)
            planner.stage(session, job, part, create=False)
            ahead = look(session, planner.scope(job, part))
            if steps := planner.stage_steps(session, job, part, create=False, ahead=ahead):
                look(session, steps)
        if report.total("withdraw"):
            report.owed_before = task_changes.owed_tasks(session)
        session.rollback()
    return report


def apply(
    database: Database,
    catalogue: Catalogue,
    content: dict[str, Any],
    span: DateRange,
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
    planner = _planner(database, catalogue)
    report = _preview(database, planner, span, today=today)
    gone = report.total("withdraw")
    if report.withdrawals_refused and gone > allow_withdrawals:
        raise Refused(
            f"这次会撤回 {gone} 项任务，超出常规，没有应用。"
            f"请先用 plan 查看；确认无误后加上 --allow-withdrawals {gone} 再应用。"
        )
    with database.write() as session:
        version = StoredCatalogue(catalogue.hash, content)
        catalogues.apply(session, version, by=by, now=now)
    _write(database, planner, span, by, today, now)
    return report


def roll(
    database: Database, catalogue: Catalogue, *, until: date, today: date, now: datetime
) -> bool:
    """Take the applied version forward to `until` and with the facts; False if nothing changed."""
    with database.read() as session:
        span = DateRange(sites.load(session).starts_on, until)
    return _write(database, _planner(database, catalogue), span, _BY, today, now)


def _planner(database: Database, catalogue: Catalogue) -> Planner:
    with database.read() as session:
        return Planner(session, catalogue)


def replan(session: Session, catalogue: Catalogue, *, today: date, now: datetime) -> None:
    """Plan at once, in this transaction, the few organizations whose facts have just changed.

    What is to be planned for everybody, or for more than a few, is left to the next pass.
    """
    planner = Planner(session, catalogue)
    span = DateRange(today, today)  # no further than is planned already
    version = task_changes.hold_data(session)
    jobs = [
        job
        for job in planner.jobs(session, span)
        if job.changed_after is not None and org_selection.are_few(session, job.changed_after)
    ]
    same = planner.unchanged(session, jobs)
    plan_runs.note_seen(session, same, version)
    for job in jobs:
        if job.duty not in same:
            portion = Portion(job, OrgSelection(changed_after=job.changed_after), is_last=True)
            planner.write_portion(session, portion, version, _BY, today, now)


def _write(
    database: Database, planner: Planner, span: DateRange, by: str, today: date, now: datetime
) -> bool:
    """Write what is not planned yet; False if there was nothing.

    Duties go one after the other, in transactions of about as many tasks each: nobody waits
    for long, and the indexes are not gone through for each small duty. Repeating a broken
    run completes it.
    """
    with database.read() as session:
        jobs = planner.jobs(session, span)
        orgs = {n: org_selection.organizations(session, n) for n in {j.changed_after for j in jobs}}
    same = _pass_by(database, planner, jobs)
    left = sorted((job for job in jobs if job.duty not in same), key=planner.reading)
    portions = [portion for job in left for portion in planner.portions(job, orgs)]
    writer = _Writer(database, planner, by, today, now)
    if any(job.changed_after is None for job in left):
        # A run that dies has not come to its last portion, so that the next one comes by here.
        with database.write(durable=False) as session:
            task_changes.put_off_indexes(session)
        writer.write(portions[:-1])
        with database.write(sorting=True) as session:
            task_changes.complete_indexes(session)
        portions = portions[-1:]
    writer.write(portions)
    return bool(jobs)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes portions one after the other, as many in a transaction as `TASKS_AT_ONCE` says."""

    database: Database
    planner: Planner
    by: str
    today: date
    now: datetime
    begun_at: dict[str, int] = field(default_factory=dict)
    """The version of the data when the first portion of each duty was written."""

    def write(self, portions: Sequence[Portion]) -> None:
        left = deque(portions)
        while left:
            with self.database.write(joined=True) as session:
                version, written = task_changes.hold_data(session), 0
                while left and written < task_changes.TASKS_AT_ONCE:
                    portion = left.popleft()
                    begun_at = self.begun_at.setdefault(portion.job.duty, version)
                    written += self.planner.write_portion(
                        session, portion, begun_at, self.by, self.today, self.now
                    )


def _pass_by(database: Database, planner: Planner, jobs: list[DutyToPlan]) -> set[str]:
    """The duties whose cohorts are the same as before at every organization that changed."""
    if all(job.changed_after is None for job in jobs):
        return set()
    with database.write(durable=False) as session:
        version = task_changes.hold_data(session)
        same = planner.unchanged(session, jobs)
        plan_runs.note_seen(session, same, version)
    return same


def _look(
    session: Session,
    scope: ComparedTasks,
    report: PlanReport,
    *,
    today: date | None,
    every_change: bool,
    anew: bool,
) -> bool:
    """Add the differences of the scope to the report; False where there are none.

    What is looked at `anew` is mostly as wanted: whether it is, is asked before how it is not.
    """
    if anew and comparison.are_none(session, scope):
        return False
    counts = comparison.count(session, scope)
    for change in _SHOWN:
        if change in counts:
            shown = report.counts.get((scope.duty, change), 0)
            report.counts[scope.duty, change] = shown + counts[change]
            limit = None if every_change else SAMPLES
            rows = differences.samples(session, scope, change, limit)
            report.samples += [{**row, "duty": scope.duty} for row in rows]
    if today and "create" in counts and (past := comparison.count_past(session, scope, today)):
        report.past[scope.duty] = report.past.get(scope.duty, 0) + past
    return bool(counts)
