"""What a duty's workflow asks for, once its own tasks are written."""

from collections.abc import Iterator

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.planning.slot import CASE, TERM, Slot
from dj_cadence.domain.planning.step_slots import Reference, steps_from
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.workflow import Workflow
from dj_cadence.fingerprint import digest, plain
from dj_cadence.services.planning.plan_source import PlanSource
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.planning import cohorts, step_start_days, target_tables
from dj_cadence.store.planning.differences import ComparedTasks, TaskKind
from dj_cadence.store.planning.org_selection import OrgSelection


class StepTarget:
    """The steps of one duty over one window, laid out beside what is stored."""

    def __init__(self, source: PlanSource, duty: Duty, workflow: Workflow, span: DateRange) -> None:
        self._source = source
        self._duty = duty
        self._workflow = workflow
        self._span = span
        self._days: dict[tuple[OrgSelection, bool], AnySelect] = {}

    def stage(self, session: Session, part: OrgSelection, *, create: bool, ahead: bool) -> None:
        """Fill the temporary tables with the steps of everyone in `part`.

        `create` stores cohorts that are new. `ahead` takes the own tasks as the plan that is
        laid out would leave them, where that is not written yet.
        """
        key, dates = self._duty.key, self._source.catalogue.dates_digest(self._duty)
        if ahead:
            own = ComparedTasks(key, self._span, part, TaskKind.OWN)
            step_start_days.note_coming(session, own, self._workflow)
        target_tables.stage(session)
        days = self._each_day(part, ahead=ahead)
        starts = step_start_days.references(session, days)
        signed = {digest("step", dates, start): start for start in starts}
        known_by = {signature: plain(start) for signature, start in signed.items()}
        ids = cohorts.cohort_ids(session, key, known_by, create=create)
        slots = [
            self._source.slot_row(slot, self._workflow.remind, ids[signature], new=create)
            for signature, start in signed.items()
            for slot in self._slots(start)
        ]
        step_start_days.fill(session, {start: ids[s] for s, start in signed.items()}, slots, days)

    def is_stored(self, session: Session, part: OrgSelection) -> bool:
        """Whether what is stored for the few organizations of `part` is what is wanted."""
        wanted = {
            (*whose, slot.step): slot
            for *whose, counted_from, day, label, planned, asked_on in session.execute(
                self._each_day(part, ahead=False)
            )
            for slot in self._slots(Reference(counted_from, day, label, planned, asked_on))
        }
        for *key, owed, opens, due, postponed in step_start_days.step_dates(
            session, self._duty.key, part
        ):
            slot = wanted.pop(tuple(key), None)
            same = slot and slot.opens == opens and (postponed or slot.due == due)
            if owed and not same:
                return False
        return not wanted

    def _each_day(self, part: OrgSelection, *, ahead: bool) -> AnySelect:
        """The statement for the days, for to build it takes longer than to run it for a few."""
        if (part, ahead) not in self._days:
            self._days[part, ahead] = step_start_days.each_reference(
                self._duty.key, self._workflow, part, ahead=ahead
            )
        return self._days[part, ahead]

    def _slots(self, reference: Reference) -> Iterator[Slot]:
        """Those in the window; of a term or a case all, as of its own task."""
        since, until = self._span.since, self._span.until
        for slot in steps_from(self._workflow, reference, self._source.catalogue.calendar):
            if slot.period in (TERM, CASE) or (slot.opens <= until and slot.due >= since):
                yield slot
