"""From a duty and a cohort to dated slots. The date rules live here and nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from dj_cadence.domain.calendar import Semester, WorkCalendar
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.cohort import Cohort
from dj_cadence.domain.dates import DAY, add_months, add_years
from dj_cadence.domain.day_rule import parse_day_rule
from dj_cadence.domain.duty import Clock, DayOfYear, Duty, Every, Term, TermNotice, Vacation
from dj_cadence.domain.organization import Facts
from dj_cadence.domain.override import OverrideKey, day_of, of_period
from dj_cadence.domain.period import Period, Unit, chinese_label, periods
from dj_cadence.domain.wording import day_text

TERM = "term"
"""The period in the key of a term's slot: the term hangs on its election, not on a label."""
CASE = "case"
"""The period in the key of a case's slot."""
_REACH = 550 * DAY
"""No window leaves its period by more than this."""
_SHORT = frozenset({Unit.MONTH, Unit.QUARTER, Unit.HALF_YEAR, Unit.SEMESTER, Unit.SCHOOL_YEAR})


@dataclass(frozen=True, slots=True)
class Slot:
    """One period of one cohort: its dates and how they came about (in Chinese)."""

    period: str
    label: str
    opens: date
    planned: date | None
    due: date
    provisional: bool
    derivation: tuple[str, ...] = field(compare=False)
    target: int = 1
    unit: str = "次"
    step: str = ""
    theme: str = ""
    """What the superior announced it to be about."""


def slots_of(
    duty: Duty, cohort: Cohort, catalogue: Catalogue, since: date, until: date
) -> list[Slot]:
    """Every slot whose stretch from opening to due date meets `since`…`until`.

    A term, and the notice before its end, stay in every window.
    """
    match duty.recurrence:
        case Every() as every:
            found = _per_period(duty, every, cohort, catalogue.calendar, since, until)
            return [slot for slot in found if slot.opens <= until and slot.due >= since]
        case Term() as term:
            return _of_term(term, cohort) if _holds(duty, cohort) else []
        case Clock() as clock:
            return _of_case(clock, cohort, catalogue.calendar) if _holds(duty, cohort) else []
        case TermNotice() as notice:
            about = catalogue.duties[notice.term_of].recurrence
            assert isinstance(about, Term)
            return _of_notice(notice, about, cohort, catalogue.calendar)


# --- once per period -----------------------------------------------------------------------


def _per_period(
    duty: Duty, every: Every, cohort: Cohort, calendar: WorkCalendar, since: date, until: date
) -> Iterator[Slot]:
    facts = cohort.facts
    semesters = tuple(calendar.semesters_for(facts.city, facts.stage))
    for period in periods(every.unit, since - _REACH, until + _REACH, semesters):
        then = facts.at(period.first)
        said = of_period(cohort.overrides, period.label)
        vacation = Vacation(said.get(OverrideKey.VACATION, every.vacation))
        if vacation is Vacation.WAIVE and is_vacation(period, semesters):
            continue
        if duty.is_effective(period.first) and duty.owed_by.admits(then):
            kept = replace(every, vacation=vacation)
            slot = _announced(_slot(kept, period, then, calendar, semesters), said)
            if _owed_by_existence(slot, period, then):
                yield slot


def _slot(
    every: Every,
    period: Period,
    facts: Facts,
    calendar: WorkCalendar,
    semesters: tuple[Semester, ...],
) -> Slot:
    opens, due, reasons, worked_out = _stretch(every, period, calendar)
    planned, planned_reasons = _planned(every, facts, opens, due, calendar)
    if planned and every.vacation is Vacation.SHIFT:
        planned, planned_reasons = _in_term_time(
            planned, opens, due, semesters, calendar, planned_reasons
        )
    days = [day for day in (worked_out and due, planned) if day]
    provisional = period.provisional or calendar.is_provisional(*days)
    if provisional:
        reasons.append("以上日期依据尚未公布的放假安排或校历推算，公布后可能调整")
    counted = isinstance(every.times, str)
    return Slot(
        period=period.label,
        label=period.label,
        opens=opens,
        planned=planned,
        due=due,
        provisional=provisional,
        derivation=(*reasons[:2], *planned_reasons, *reasons[2:]),
        target=facts.groups if counted else int(every.times),
        unit="组" if counted else every.counted_in,
    )


def _stretch(
    every: Every, period: Period, calendar: WorkCalendar
) -> tuple[date, date, list[str], bool]:
    """(opens, due, how, whether due hangs on working days)."""
    name = f"周期：{chinese_label(period.label)}"
    if every.opens and every.due:
        opens, due = _day_of_year(every.opens, period), _day_of_year(every.due, period)
        reason = f"规则给出的办理时段为{day_text(opens)}至{day_text(due)}，最后一天即截止日"
        return opens, due, [name, reason], False
    if rule := parse_day_rule(every.due_day):
        due, _ = rule.resolve(period.last.replace(day=1), period.last, calendar)
        span = f"{name}，{day_text(period.first)}起"
        reason = f"截止日：规则定为“{rule.text}”，{day_text(due)}"
        return period.first, due, [span, reason], rule.working
    due = calendar.on_or_before(period.last)
    span = f"{name}，{day_text(period.first)}至{day_text(period.last)}"
    return period.first, due, [span, f"截止日：周期内最后一个工作日，{day_text(due)}"], True


def _day_of_year(day: DayOfYear, period: Period) -> date:
    return add_months(date(period.first.year + day.year, 1, day.day), day.month - 1)


def _planned(
    every: Every, facts: Facts, opens: date, due: date, calendar: WorkCalendar
) -> tuple[date | None, list[str]]:
    own = str(getattr(facts, every.own_day)) if every.own_day else ""
    rule = parse_day_rule(own or every.day)
    if rule is None:
        return None, []
    whose = "本组织固定日" if own else "站点统一的固定日"
    named, planned = rule.resolve(opens, due, calendar)
    if facts.founded and planned < facts.founded:
        return due, [f"{whose}“{rule.text}”在组织成立之前，计划日改为{day_text(due)}"]
    reasons = [f"计划日：{whose}为“{rule.text}”，即{day_text(named)}"]
    if named != planned:
        way = "顺延" if planned > named else "提前"
        reasons.append(f"{day_text(named)}不是工作日，在周期内{way}到{day_text(planned)}")
    return planned, reasons


def is_vacation(period: Period, semesters: tuple[Semester, ...]) -> bool:
    """Whether more than half of the period's days lie outside every semester.

    Before the first and after the last semester that is known there is no telling: no.
    """
    if not any(s.first < period.first for s in semesters):
        return False
    if not any(s.last > period.last for s in semesters):
        return False
    in_school = sum(
        max(0, (min(s.last, period.last) - max(s.first, period.first)).days + 1) for s in semesters
    )
    return 2 * in_school < (period.last - period.first).days + 1


def _in_term_time(
    planned: date,
    opens: date,
    due: date,
    semesters: tuple[Semester, ...],
    calendar: WorkCalendar,
    reasons: list[str],
) -> tuple[date, list[str]]:
    """The nearest working day of a semester in the period, the later of two equally near."""
    if any(s.first <= planned <= s.last for s in semesters):
        return planned, reasons
    days = (
        day
        for s in semesters
        for day in (calendar.on_or_after(s.first), calendar.on_or_before(s.last))
        if opens <= day <= due
    )
    nearest = min(days, key=lambda day: (abs(day - planned), day < planned), default=planned)
    if nearest == planned:
        return planned, reasons
    return nearest, [*reasons, f"{day_text(planned)}在假期中，移到{day_text(nearest)}"]


def _announced(slot: Slot, said: Mapping[OverrideKey, str]) -> Slot:
    """The slot as its superior announced it; a date outside the rule's own is passed over."""
    due, planned = day_of(said, OverrideKey.DUE), day_of(said, OverrideKey.PLANNED)
    reasons = []
    if due and slot.opens <= due <= slot.due:
        reasons.append(f"上级部署：最迟{day_text(due)}")
        fits = slot.planned and slot.planned <= due
        slot = replace(slot, due=due, planned=slot.planned if fits else None)
    if planned and slot.opens <= planned <= slot.due:
        reasons.append(f"上级部署：计划日{day_text(planned)}")
        slot = replace(slot, planned=planned)
    if theme := said.get(OverrideKey.THEME, ""):
        reasons.append(f"上级部署：主题“{theme}”")
    return replace(slot, theme=theme, derivation=(*slot.derivation, *reasons))


def _owed_by_existence(slot: Slot, period: Period, facts: Facts) -> bool:
    """Whether the organization existed long enough, and had started, to owe the period."""
    if facts.starts_on and slot.opens < facts.starts_on:
        return False
    founded, gone = facts.founded or date.min, facts.dissolved or date.max
    if period.unit in _SHORT:
        lived = (min(gone, period.last + DAY) - max(founded, period.first)).days
        return 2 * lived >= (period.last - period.first).days + 1
    return founded < date(period.first.year, 10, 1) and slot.due < gone


# --- terms of office -----------------------------------------------------------------------


def _holds(duty: Duty, cohort: Cohort) -> bool:
    return cohort.anchor is not None and duty.is_effective(cohort.anchor)


def _years(term: Term, facts: Facts) -> int:
    return facts.term_years or term.years.get(facts.kind, 0)


def _expiry(term: Term, cohort: Cohort) -> date | None:
    """The last day of the term, not moved off a day of rest; None where there is no term."""
    years = _years(term, cohort.facts)
    if not years or cohort.anchor is None:
        return None
    expiry = add_years(cohort.anchor, years)
    gone = cohort.facts.dissolved
    return None if gone and gone <= expiry else expiry


def _term_reasons(term: Term, cohort: Cohort, expiry: date) -> tuple[str, str]:
    assert cohort.anchor
    return (
        f"基准：上次换届日期{day_text(cohort.anchor)}",
        f"任期{_years(term, cohort.facts)}年，{day_text(expiry)}届满（法定期限，不因节假日移动）",
    )


def _of_term(term: Term, cohort: Cohort) -> list[Slot]:
    expiry = _expiry(term, cohort)
    if expiry is None:
        return []
    opens = add_months(expiry, -term.opens_months_before)
    reason = f"届满前{term.opens_months_before}个月（{day_text(opens)}）起办理"
    return [_term_slot(cohort, opens, expiry, (*_term_reasons(term, cohort, expiry), reason))]


def _of_notice(
    notice: TermNotice, term: Term, cohort: Cohort, calendar: WorkCalendar
) -> list[Slot]:
    expiry, start = _expiry(term, cohort), cohort.facts.starts_on or date.min
    if expiry is None or expiry < start:
        return []
    named = add_months(expiry, -notice.months_before)
    due = named if named >= start else calendar.on_or_after(start)
    opens = min(add_months(expiry, -notice.opens_months_before), due)
    reason = f"上级应在届满前{notice.months_before}个月（{day_text(named)}）提醒"
    if due != named:
        reason += f"；这一天早于起用日期，改为{day_text(due)}"
    return [_term_slot(cohort, opens, due, (*_term_reasons(term, cohort, expiry), reason))]


def _term_slot(cohort: Cohort, opens: date, due: date, reasons: tuple[str, ...]) -> Slot:
    assert cohort.anchor
    label = f"term-{cohort.anchor.isoformat()}"
    return Slot(TERM, label, opens, None, due, provisional=False, derivation=reasons)


# --- cases -----------------------------------------------------------------------------------


def _of_case(clock: Clock, cohort: Cohort, calendar: WorkCalendar) -> list[Slot]:
    assert cohort.anchor
    opened = cohort.anchor
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
