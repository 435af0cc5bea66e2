"""Plan, look, apply: from the rules in force to the tasks of every organization.

What is the same is not looked at: a duty is planned again where its rule changed or the
window grew, and otherwise for the organizations that changed since it was planned last.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from dj_cadence.domain.dates.arithmetic import month_end
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.planning.planner import Planner, Portion
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.planning import comparison, differences, org_selection, task_changes
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

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (duty, change)."""
    samples: list[dict[str, Any]] = field(default_factory=list)
    owed_before: int = 0
    """How many tasks are owed; counted only where some would be withdrawn."""
    past: Counter[str] = field(default_factory=Counter)
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
    planner: Planner | None = None,
) -> PlanReport:
    """What applying `catalogue` over `span` would change. Nothing is written.

    `anew` trusts no earlier run and compares everything with what is stored. With `today` it
    counts what comes too late. `planner` has what is worked out already.
    """
    planner, report = planner or _planner(database, catalogue), PlanReport()

    def look(session: Session, scope: ComparedTasks) -> bool:
        """Add the differences of the scope to the report; False where there are none."""
        if anew and comparison.are_none(session, scope):  # mostly: asked before how it is not
            return False
        counts = comparison.count(session, scope)
        for change in filter(counts.get, _SHOWN):
            report.counts[scope.duty, change] += counts[change]
            limit = None if every_change else SAMPLES
            rows = differences.samples(session, scope, change, limit)
            report.samples += [{**row, "duty": scope.duty} for row in rows]
        if today and "create" in counts and (past := comparison.count_past(session, scope, today)):
            report.past[scope.duty] += past
        return bool(counts)

    with database.read() as session:
        for job in planner.jobs(session, span, anew=anew):
            part = OrgSelection(changed_after=job.changed_after)
            ahead = look(session, planner.stage(session, job, part, create=False))
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
    report = preview(database, catalogue, span, today=today, planner=planner)
    gone = report.total("withdraw")
    if report.withdrawals_refused and gone > allow_withdrawals:
        raise Refused(
            f"这次会撤回 {gone} 项任务，超出常规，没有应用。"
            f"请先用 plan 查看；确认无误后加上 --allow-withdrawals {gone} 再应用。"
        )
    with database.write() as session:
        version = StoredCatalogue(catalogue.hash, content)
        catalogues.apply(session, version, by=by, now=now)
    _write(database, planner, span, Actor(by, now, today))
    return report


def roll(
    database: Database, catalogue: Catalogue, *, until: date, today: date, now: datetime
) -> bool:
    """Take the applied version forward to `until` and with the facts; False if nothing changed."""
    with database.read() as session:
        span = DateRange(sites.load(session).starts_on, until)
    return _write(database, _planner(database, catalogue), span, Actor(_BY, now, today))


def _planner(database: Database, catalogue: Catalogue) -> Planner:
    with database.read() as session:
        return Planner(session, catalogue)


def replan(session: Session, catalogue: Catalogue, *, today: date, now: datetime) -> None:
    """Plan at once, in this transaction, the few organizations whose facts have just changed.

    What is to be planned for everybody, or for more than a few, is left to the next pass.
    """
    planner = Planner(session, catalogue)
    version, actor = task_changes.hold_data(session), Actor(_BY, now, today)
    jobs = [
        job
        for job in planner.jobs(session, DateRange(today, today))  # no further than is planned
        if job.changed_after is not None and org_selection.are_few(session, job.changed_after)
    ]
    for job in planner.pass_by(session, jobs):
        portion = Portion(job, OrgSelection(changed_after=job.changed_after), is_last=True)
        planner.write_portion(session, portion, version, actor)


def _write(database: Database, planner: Planner, span: DateRange, actor: Actor) -> bool:
    """Write what is not planned yet; False if there was nothing.

    Duties go one after the other, in transactions of about as many tasks each: nobody waits
    for long, and the indexes are not gone through for each small duty. Repeating a broken
    run completes it.
    """
    with database.read() as session:
        jobs = left = planner.jobs(session, span)
        orgs = {n: org_selection.organizations(session, n) for n in {j.changed_after for j in jobs}}
    if any(job.changed_after is not None for job in jobs):
        with database.write(durable=False) as session:
            left = planner.pass_by(session, jobs)
    in_order = sorted(left, key=planner.reading)
    portions = [portion for job in in_order for portion in planner.portions(job, orgs)]
    write = partial(_write_portions, database, planner, actor, {})
    if any(job.changed_after is None for job in left):
        # A run that dies has not come to its last portion, so that the next one comes by here.
        with database.write(durable=False) as session:
            task_changes.put_off_indexes(session)
        write(portions[:-1])
        with database.write(sorting=True) as session:
            task_changes.complete_indexes(session)
        portions = portions[-1:]
    write(portions)
    return bool(jobs)


def _write_portions(
    database: Database,
    planner: Planner,
    actor: Actor,
    begun_at: dict[str, int],
    portions: Sequence[Portion],
) -> None:
    """Write portions one after the other, as many in a transaction as `TASKS_AT_ONCE` says.

    `begun_at` has the version of the data when the first portion of each duty was written.
    """
    left = deque(portions)
    while left:
        with database.write(joined=True) as session:
            version, written = task_changes.hold_data(session), 0
            while left and written < task_changes.TASKS_AT_ONCE:
                portion = left.popleft()
                begun = begun_at.setdefault(portion.job.duty, version)
                written += planner.write_portion(session, portion, begun, actor)
