"""The stored plan against one computed from nothing, as far as the last pass had rolled it.

What a pass has still to roll is no difference: rules just applied, a roster just imported, a new
month.
"""

from collections.abc import Iterator
from datetime import date

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.planning.apply import preview, roll
from dj_cadence.services.site import Site
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.planning import plan_runs
from dj_cadence.store.site import site as sites
from dj_cadence.store.site.pending_work import look, plan_inputs

_CHANGES = ("create", "move", "reopen", "withdraw")


def look_at_plan(
    site: Site, rules: Catalogue, moment: Moment, *, mend: bool
) -> Iterator[AuditFinding]:
    """One finding where tasks are not as the rules in force make them."""
    until = _rolled_to(site, rules, moment)
    if until is None:
        return
    with site.database.read() as session:
        span = DateRange(sites.load(session).starts_on, until)
    report = preview(site.database, rules, span, anew=True)
    number = sum(report.total(change) for change in _CHANGES)
    if not number or _rolled_to(site, rules, moment) != until:
        return
    if report.withdrawals_refused or not mend:
        text = "项任务与重新推算的不同，其中要撤回的太多；请用 plan 查看"
        yield AuditFinding("plan_differs", number, text)
        return
    duties = {duty for duty, change in report.counts if change in _CHANGES}
    with site.database.write() as session:
        sites.note(session, planned_with="")  # should we die here, the next pass rolls
        plan_runs.forget_inputs(session, duties)
    roll(site.database, rules, until=until, today=moment.day, now=moment.now)
    yield AuditFinding("plan_differs", number, "项任务与重新推算的不同；已改正", mended=True)


def _rolled_to(site: Site, rules: Catalogue, moment: Moment) -> date | None:
    """How far the plan was rolled with what it hangs on now; None where a pass has still to."""
    with site.database.read() as session:
        seen = look(session, moment.day, moment.latest_week, moment.now)
    if seen is None or seen.catalogue != rules.hash:
        return None
    inputs, _, until = str(seen.planned_with).rpartition("/")
    return date.fromisoformat(until) if inputs == plan_inputs(seen) else None
