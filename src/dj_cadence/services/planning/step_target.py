"""What a duty's workflow asks for, once its own tasks are written."""

from collections.abc import Iterator
from datetime import date

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.planning.slot import CASE, TERM, Slot
from dj_cadence.domain.planning.step_slots import Reference, steps_from
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.workflow import Workflow
from dj_cadence.fingerprint import digest, plain
from dj_cadence.services.planning.first_days import FirstDays
from dj_cadence.services.planning.target import slot_row
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.planning import cohorts, step_start_days, target_tables
from dj_cadence.store.planning.differences import ComparedTasks, TaskKind
from dj_cadence.store.planning.org_selection import OrgSelection


class StepTarget:
    """The steps of one duty over one window, laid out beside what is stored."""

    def __init__(
        self,
        catalogue: Catalogue,
        duty: Duty,
        workflow: Workflow,
        span: DateRange,
        first_days: FirstDays,
    ) -> None:
        """`first_days` are what is known already; others are added."""
        self._calendar = catalogue.calendar
        self._first_days = first_days
        self._dates_digest = catalogue.dates_digest(duty)
        self._duty = duty.key
        self._workflow = workflow
        self._span = span
        self._sources: dict[tuple[OrgSelection, bool], AnySelect] = {}

    def stage(self, session: Session, part: OrgSelection, *, create: bool, ahead: bool) -> None:
        """Fill the temporary tables with the steps of everyone in `part`.

        `create` stores cohorts that are new. `ahead` takes the own tasks as the plan that is
        laid out would leave them, where that is not written yet.
        """
        if ahead:
            own = ComparedTasks(self._duty, self._span, part, TaskKind.OWN)
            step_start_days.note_coming(session, own, self._workflow)
        target_tables.stage(session)
        source = self._source(part, ahead=ahead)
        signed = {
            self._signature(start): start for start in step_start_days.references(session, source)
        }
        known_by = {signature: plain(start) for signature, start in signed.items()}
        ids = cohorts.cohort_ids(session, self._duty, known_by, create=create)
        slots = [
            {
                **slot_row(slot, self._first_on(slot) if create else None),
                "cohort_id": ids[signature],
            }
            for signature, start in signed.items()
            for slot in self._slots(start)
        ]
        step_start_days.fill(session, {start: ids[s] for s, start in signed.items()}, slots, source)

    def is_stored(self, session: Session, part: OrgSelection) -> bool:
        """Whether what is stored for the few organizations of `part` is what is wanted."""
        source = self._source(part, ahead=False)
        stored = step_start_days.few_stored(session, self._duty, part)
        settled = {key for key, (owed, *_) in stored.items() if not owed}
        wanted_dates = {
            (*whose[:4], slot.step): (slot.opens, slot.due)
            for whose, reference in step_start_days.few_references(session, source)
            for slot in self._slots(reference)
        }
        return {k: v for k, v in wanted_dates.items() if k not in settled} == {
            key: (opens, due or wanted_dates.get(key, (opens, None))[1])
            for key, (owed, opens, due) in stored.items()
            if owed
        }

    def _source(self, part: OrgSelection, *, ahead: bool) -> AnySelect:
        """The statement for the days, for to build it takes longer than to run it for a few."""
        if (part, ahead) not in self._sources:
            self._sources[part, ahead] = step_start_days.each_reference(
                self._duty, self._workflow, part, ahead=ahead
            )
        return self._sources[part, ahead]

    def _signature(self, reference: Reference) -> str:
        return digest("step", self._dates_digest, reference)

    def _first_on(self, slot: Slot) -> date:
        return self._first_days.of(slot, self._workflow.remind)

    def _slots(self, reference: Reference) -> Iterator[Slot]:
        """Those in the window; of a term or a case all, as of its own task."""
        since, until = self._span.since, self._span.until
        for slot in steps_from(self._workflow, reference, self._calendar):
            if slot.period in (TERM, CASE) or (slot.opens <= until and slot.due >= since):
                yield slot
