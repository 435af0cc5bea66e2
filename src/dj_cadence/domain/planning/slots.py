"""From a duty and a cohort to dated slots: the date rules live behind this and nowhere else."""

from datetime import date

from dj_cadence.domain.planning.cohort import Cohort, asked_from
from dj_cadence.domain.planning.period_slots import per_period
from dj_cadence.domain.planning.slot import Slot, asked
from dj_cadence.domain.planning.term_and_case_slots import holds, of_case, of_notice, of_term
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.tasks.task import last_answer_day


def slots_of(
    duty: Duty, cohort: Cohort, catalogue: Catalogue, since: date, until: date
) -> list[Slot]:
    """Every slot whose stretch from opening to due date meets `since`…`until`.

    A term, and the notice before its end, stay in every window. What was under way when the
    organization began here is asked about: of a term only what was late, or nearly. A case
    begins only when somebody says so.
    """
    slots = _dated(duty, cohort, catalogue, since, until)
    if isinstance(duty.recurrence, Clock):
        return slots
    day, calendar = asked_from(cohort.facts), catalogue.calendar
    last = None if isinstance(duty.recurrence, Every) else last_answer_day(day, calendar)
    return [
        asked(slot, day, calendar, cohort.facts.starts_on)
        if last is None or slot.due < last
        else slot
        for slot in slots
    ]


def _dated(
    duty: Duty, cohort: Cohort, catalogue: Catalogue, since: date, until: date
) -> list[Slot]:
    match duty.recurrence:
        case Every() as every:
            slots = per_period(duty, every, cohort, catalogue.calendar, since, until)
            return [slot for slot in slots if slot.opens <= until and slot.due >= since]
        case Term() as term:
            return of_term(term, cohort) if holds(duty, cohort) else []
        case Clock() as clock:
            return of_case(clock, cohort, catalogue.calendar) if holds(duty, cohort) else []
        case TermNotice() as notice:
            about = catalogue.duties[notice.term_of].recurrence
            assert isinstance(about, Term)
            return of_notice(notice, about, cohort, catalogue.calendar)
