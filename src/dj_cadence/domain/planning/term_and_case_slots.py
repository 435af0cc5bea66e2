"""Slots that hang on a recorded day: terms on an election, clocks on the opening of a case."""

from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months, add_years
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.planning.cohort import Cohort
from dj_cadence.domain.planning.slot import CASE, TERM, Slot
from dj_cadence.domain.rules.duty import Clock, Duty, Term, TermNotice


def holds(duty: Duty, cohort: Cohort) -> bool:
    """Whether the rule holds for a term or case that began with the cohort's anchor."""
    return cohort.start_event is not None and duty.is_effective(cohort.start_event)


def _expiry(term: Term, cohort: Cohort) -> date | None:
    """The last day of the term, not moved off a day of rest; None where there is no term."""
    years = term.years_of(cohort.facts)
    if not years or cohort.start_event is None:
        return None
    expiry = add_years(cohort.start_event, years)
    gone = cohort.facts.dissolved
    return None if gone and gone <= expiry else expiry


def _term_reasons(term: Term, cohort: Cohort, expiry: date) -> tuple[str, str]:
    assert cohort.start_event
    return (
        f"基准：上次换届日期{day_text(cohort.start_event)}",
        f"任期{term.years_of(cohort.facts)}年，{day_text(expiry)}届满（法定期限，不因节假日移动）",
    )


def of_term(term: Term, cohort: Cohort) -> list[Slot]:
    """The term that runs from the last election: open some months before it ends."""
    expiry = _expiry(term, cohort)
    if expiry is None:
        return []
    opens = add_months(expiry, -term.opens_months_before)
    reason = f"届满前{term.opens_months_before}个月（{day_text(opens)}）起办理"
    return [_term_slot(cohort, opens, expiry, (*_term_reasons(term, cohort, expiry), reason))]


def of_notice(notice: TermNotice, term: Term, cohort: Cohort, calendar: WorkCalendar) -> list[Slot]:
    """The superior's notice before a term ends; at once where its day has passed."""
    expiry, start = _expiry(term, cohort), cohort.facts.starts_on or date.min
    if expiry is None or expiry < start:
        return []
    named = add_months(expiry, -notice.months_before)
    due = named if named >= start else calendar.on_or_after(start)
    opens = min(add_months(expiry, -notice.opens_months_before), due)
    reason = f"上级应在届满前{notice.months_before}个月（{day_text(named)}）提醒"
    if due != named:
        reason += f"；这一天早于起用或录入换届日期之日，改为{day_text(due)}"
    return [_term_slot(cohort, opens, due, (*_term_reasons(term, cohort, expiry), reason))]


def _term_slot(cohort: Cohort, opens: date, due: date, reasons: tuple[str, ...]) -> Slot:
    assert cohort.start_event
    label = f"term-{cohort.start_event.isoformat()}"
    return Slot(TERM, label, opens, None, due, provisional=False, derivation=reasons)


def of_case(clock: Clock, cohort: Cohort, calendar: WorkCalendar) -> list[Slot]:
    """The deadline of one case, counted from the day it began."""
    assert cohort.start_event
    opened = cohort.start_event
    if clock.working_days:
        due = calendar.add_working_days(opened, clock.working_days)
        length = f"{clock.working_days}个工作日"
    else:
        due = add_months(opened, clock.months) + clock.days * DAY
        length = f"{clock.months}个月" if clock.months else f"{clock.days}日"
    provisional = bool(clock.working_days) and calendar.is_provisional(opened, due)
    reasons = (f"事项于{day_text(opened)}开始", f"期限{length}，到{day_text(due)}截止")
    label = f"case-{cohort.case}"
    return [Slot(CASE, label, opened, None, due, provisional, reasons)]
