"""Plan, look, apply: from the rules in force to the tasks of every organization."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dj_cadence.domain.canonical import digest, plain
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.cohort import Cohort, case_cohort, cohort_of, notice_cohort, term_cohort
from dj_cadence.domain.dates import FIRST_DAY, month_end
from dj_cadence.domain.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.organization import Facts
from dj_cadence.domain.reminder_plan import TaskDates, next_reminder
from dj_cadence.domain.slots import Slot, slots_of
from dj_cadence.errors import Refused
from dj_cadence.store import differences, planning, wanted
from dj_cadence.store import site as sites
from dj_cadence.store.database import Database
from dj_cadence.store.differences import Span
from dj_cadence.store.types import AnySelect
from dj_cadence.store.wanted import Membership

AHEAD = timedelta(days=400)
"""How far the plan reaches beyond today."""
SAMPLES = 5


@dataclass
class PlanReport:
    """What a plan would change, or has changed."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """By (duty, change)."""
    samples: list[dict[str, Any]] = field(default_factory=list)
    owed_before: int = 0

    def total(self, change: str) -> int:
        return sum(n for (_, kind), n in self.counts.items() if kind == change)

    @property
    def withdrawals_refused(self) -> bool:
        """More than a fifth of a hundred or a twentieth of all: someone must say so."""
        return self.total("withdraw") > max(20, self.owed_before // 20)


def default_span(site_start: date, today: date) -> Span:
    return Span(site_start, today + AHEAD)


def preview(
    database: Database, catalogue: Catalogue, span: Span, *, every_change: bool = False
) -> PlanReport:
    """What applying `catalogue` over `span` would change. Nothing is written."""
    report = PlanReport()
    with database.read() as session:
        start = sites.load(session).starts_on
        report.owed_before = planning.owed_tasks(session)
        for key in _duties(session, catalogue):
            _lay_out(session, catalogue, key, start, span, create=False)
            _look(session, key, span, report, None if every_change else SAMPLES)
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
    report = preview(database, catalogue, span)
    gone = report.total("withdraw")
    if report.withdrawals_refused and gone > allow_withdrawals:
        raise Refused(
            f"这次会撤回 {gone} 项任务，超出常规，没有应用。"
            f"请先用 plan 查看；确认无误后加上 --allow-withdrawals {gone} 再应用。"
        )
    with database.write() as session:
        sites.apply_catalogue(session, catalogue.hash, content, by=by, now=now)
    _write(database, catalogue, span, by, today, now)
    return report


def horizon(today: date) -> date:
    """How far the engine plans: whole months, so that on most days nothing new comes in sight."""
    return month_end(today + AHEAD)


def roll(
    database: Database, catalogue: Catalogue, *, until: date, today: date, now: datetime
) -> bool:
    """Take the applied version forward to `until` and with the facts; False if nothing changed."""
    with database.read() as session:
        row = sites.load(session)
        span = Span(row.starts_on, until)
        inputs = digest(catalogue.hash, row.data_version, span)
        if sites.was_planned(session, inputs):
            return False
    _write(database, catalogue, span, "dj-cadence", today, now)
    with database.write() as session:
        sites.planned(session, inputs, {}, now)
    return True


def _write(
    database: Database, catalogue: Catalogue, span: Span, by: str, today: date, now: datetime
) -> None:
    """Write the plan duty by duty, one transaction each: repeating a broken run is harmless."""
    with database.read() as session:
        start, keys = sites.load(session).starts_on, _duties(session, catalogue)
    for key in keys:
        with database.write() as session:
            _lay_out(session, catalogue, key, start, span, create=True)
            planning.store_slots(session)
            if duty := catalogue.duties.get(key):
                plan = catalogue.plans[duty.remind]
                chain = planning.chain_id(session, digest(plan), plain(plan))
                planning.move(session, key, by, today, now)
                planning.reopen(session, key, by, today, now)
                planning.create(session, key, chain, now)
                planning.use_chain(session, key, chain, today)
            planning.withdraw(session, key, span, by, now)
            planning.store_memberships(session, key)


def _duties(session: Session, catalogue: Catalogue) -> list[str]:
    """Those switched on, and those that some organization is still enrolled in."""
    enabled = [duty.key for duty in catalogue.enabled()]
    return [*enabled, *sorted(planning.planned_duties(session).difference(enabled))]


def _look(session: Session, key: str, span: Span, report: PlanReport, samples: int | None) -> None:
    for query in differences.all_of(key, span):
        found = differences.count(session, query)
        if not found:
            continue
        columns = query.selected_columns
        ordered = query.order_by(columns.position, columns.due, columns.period).limit(samples)
        rows = [{**row, "duty": key} for row in session.execute(ordered).mappings()]
        report.samples += rows
        report.counts[key, str(rows[0]["change"])] = found


# --- what one duty wants -------------------------------------------------------------------


def _lay_out(
    session: Session, catalogue: Catalogue, key: str, start: date, span: Span, *, create: bool
) -> None:
    """Fill the temporary tables with everything the duty asks of anyone in the window."""
    wanted.lay_out(session)
    duty = catalogue.duties.get(key)
    if duty is None or not duty.enabled:
        return
    source = _source(duty)
    assign = _assignment(duty, catalogue, wanted.profiles(session), start)
    members = [(m, assign(m)) for m in wanted.memberships(session, source)]
    dates = catalogue.dates_digest(duty)
    signed = [(m, digest(dates, one), one) for m, one in members if one is not None]
    cohorts = {signature: one for _, signature, one in signed}
    ids = wanted.cohort_ids(session, cohorts, create=create)
    wanted.fill(
        session,
        {ids[signature]: one for signature, one in cohorts.items()},
        [(m, ids[signature]) for m, signature, _ in signed],
        [
            row
            for signature, one in cohorts.items()
            for row in _slot_rows(duty, one, catalogue, span, ids[signature])
        ],
        source,
    )


def _source(duty: Duty) -> AnySelect:
    match duty.recurrence:
        case Every():
            return wanted.each_organization()
        case Term():
            return wanted.each_term()
        case TermNotice():
            return wanted.each_term_below()
        case Clock(event=event):
            return wanted.each_case(event)


def _assignment(
    duty: Duty, catalogue: Catalogue, facts: dict[int, Facts], start: date
) -> Callable[[Membership], Cohort | None]:
    """The function from a membership to its cohort."""

    def assign(member: Membership) -> Cohort | None:
        own, about, day, case = member
        match duty.recurrence:
            case Every():
                return cohort_of(duty, facts[own], start)
            case Term():
                assert day
                return term_cohort(duty, facts[own], day, start)
            case TermNotice(term_of=term):
                assert day
                assert about
                of = catalogue.duties[term]
                return notice_cohort(duty, facts[own], of, facts[about], day, start)
            case Clock():
                assert day
                assert case
                return case_cohort(duty, facts[own], day, case, start)

    return assign


def _slot_rows(
    duty: Duty, cohort: Cohort, catalogue: Catalogue, span: Span, cohort_id: int
) -> Iterator[dict[str, object]]:
    for slot in slots_of(duty, cohort, catalogue, span.since, span.until):
        yield {
            "cohort_id": cohort_id,
            "period": slot.period,
            "step": slot.step,
            "label": slot.label,
            "opens": slot.opens,
            "planned": slot.planned,
            "due": slot.due,
            "provisional": slot.provisional,
            "target": slot.target,
            "unit": slot.unit,
            "first_on": _first_on(duty, slot, catalogue),
            "derivation": list(slot.derivation),
        }


def _first_on(duty: Duty, slot: Slot, catalogue: Catalogue) -> date:
    """The first day on which the task opens or is spoken of."""
    dates = TaskDates(slot.opens, slot.planned, slot.due)
    spoken = next_reminder(catalogue.plans[duty.remind], dates, catalogue.calendar, FIRST_DAY)
    return min(slot.opens, spoken or slot.opens)
