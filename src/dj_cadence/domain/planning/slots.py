"""From a duty and a cohort to dated slots: the date rules live behind this and nowhere else.

Terms hang on an election, clocks on the opening of a case; periods have a module of their own.
"""

from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months, add_years
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.planning.cohort import Cohort, asked_from
from dj_cadence.domain.planning.period_slots import per_period
from dj_cadence.domain.planning.slot import CASE, TERM, Slot, asked
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
    day, calendar, event = asked_from(cohort.facts), catalogue.calendar, cohort.start_event
    begun = event if event and duty.is_effective(event) else None
    last = last_answer_day(day, calendar)
    match duty.recurrence:
        case Every() as every:
            around = per_period(duty, every, cohort, calendar, since, until)
            slots = [slot for slot in around if slot.opens <= until and slot.due >= since]
            last = date.max
        case Clock() as clock:
            return [_of_case(clock, begun, cohort.case, calendar)] if begun else []
        case Term() as term:
            slots = _of_term(term, term, cohort, calendar) if begun else []
        case TermNotice() as notice:
            about = catalogue.duties[notice.term_of].recurrence
            assert isinstance(about, Term)
            slots = _of_term(notice, about, cohort, calendar)
    start = cohort.facts.starts_on
    return [asked(slot, day, calendar, start) if slot.due < last else slot for slot in slots]


def _of_term(
    rule: Term | TermNotice, term: Term, cohort: Cohort, calendar: WorkCalendar
) -> list[Slot]:
    """The term that runs from the last election: open some months before it ends.

    Or its superior's notice before; at once where its day has passed. The last day of a term
    is not moved off a day of rest.
    """
    elected, facts = cohort.start_event, cohort.facts
    years, start = term.years_of(facts), facts.starts_on or date.min
    if not years or elected is None:
        return []
    due = expiry = add_years(elected, years)
    if facts.dissolved and facts.dissolved <= expiry:
        return []
    opens = add_months(expiry, -rule.opens_months_before)
    if isinstance(rule, Term):
        reason = f"届满前{rule.opens_months_before}个月（{day_text(opens)}）起办理"
    elif expiry < start:
        return []
    else:
        named = add_months(expiry, -rule.months_before)
        due = named if named >= start else calendar.on_or_after(start)
        opens = min(opens, due)
        reason = f"上级应在届满前{rule.months_before}个月（{day_text(named)}）提醒"
        if due != named:
            reason += f"；这一天早于起用或录入换届日期之日，改为{day_text(due)}"
    reasons = (
        f"基准：上次换届日期{day_text(elected)}",
        f"任期{years}年，{day_text(expiry)}届满（法定期限，不因节假日移动）",
        reason,
    )
    label = f"term-{elected.isoformat()}"
    return [Slot(TERM, label, opens, None, due, provisional=False, derivation=reasons)]


def _of_case(clock: Clock, opened: date, case: int, calendar: WorkCalendar) -> Slot:
    """The deadline of one case, counted from the day it began."""
    if clock.working_days:
        due = calendar.add_working_days(opened, clock.working_days)
        length = f"{clock.working_days}个工作日"
    else:
        due = add_months(opened, clock.months) + clock.days * DAY
        length = f"{clock.months}个月" if clock.months else f"{clock.days}日"
    provisional = bool(clock.working_days) and calendar.is_provisional(opened, due)
    reasons = (f"事项于{day_text(opened)}开始", f"期限{length}，到{day_text(due)}截止")
    return Slot(CASE, f"case-{case}", opened, None, due, provisional, reasons)
