"""Slots of duties that are owed once or more in every period."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.dates.day_rule import DayRule, parse_day_rule
from dj_cadence.domain.dates.period import Period, Unit, chinese_label, periods
from dj_cadence.domain.dates.working_days import Semester, WorkCalendar
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.planning.cohort import Cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.rules.duty import DayOfYear, Duty, Every, PartialPeriod, Vacation
from dj_cadence.domain.rules.override import OverrideKey, day_of, of_period

_FRIDAY = 4
_REACH = 550 * DAY
"""No window that a rule gives leaves its period by more than this."""
_UNTOLD = date.max
"""A day that no calendar has: what hangs on it is provisional."""
_SHORT = frozenset({Unit.MONTH, Unit.QUARTER, Unit.HALF_YEAR, Unit.SEMESTER, Unit.SCHOOL_YEAR})


def per_period(
    duty: Duty, every: Every, cohort: Cohort, calendar: WorkCalendar, since: date, until: date
) -> Iterator[Slot]:
    """The slots of a duty owed once or more in every period, around the window."""
    facts = cohort.facts
    semesters = calendar.semesters_for(facts.city, facts.stage)
    reach = _REACH if every.opens else 0 * DAY
    for period in periods(every.unit, since - reach, until + reach, semesters):
        then = facts.at(period.first)
        values = of_period(cohort.overrides, period.label)
        vacation = Vacation(values.get(OverrideKey.VACATION, every.vacation))
        if vacation is Vacation.WAIVE and is_vacation(period, semesters):
            continue
        if duty.is_effective(period.first) and duty.owed_by.admits(then):
            kept = replace(every, vacation=vacation) if values else every
            slot = _slot(kept, period, then, calendar, semesters)
            if not _has_started(every, slot, then):
                continue
            if values:
                slot = _announced(slot, values)
            if _owed_by_existence(every, slot, period, then):
                yield slot


def _slot(
    every: Every,
    period: Period,
    facts: Facts,
    calendar: WorkCalendar,
    semesters: tuple[Semester, ...],
) -> Slot:
    opens, due, reasons, rests_on = _stretch(every, period, calendar)
    planned, planned_reasons = _planned(every, facts, opens, due, calendar)
    if planned and every.vacation is Vacation.SHIFT:
        nearest = _in_term_time(planned, opens, due, semesters, calendar)
        if nearest != planned:
            planned_reasons.append(f"{day_text(planned)}在假期中，移到{day_text(nearest)}")
            planned = nearest
    days = [*rests_on, *([planned] if planned else [])]
    provisional = period.provisional or calendar.is_provisional(*days)
    if provisional:
        reasons.append("放假安排或校历尚未公布或未导入，以上日期是推算的，以后可能调整")
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
) -> tuple[date, date, list[str], tuple[date, ...]]:
    """(opens, due, how, the days whose calendar `due` hangs on)."""
    name = f"周期：{chinese_label(period.label)}"
    if every.opens and every.due:
        opens, due = _day_of_year(every.opens, period), _day_of_year(every.due, period)
        if every.before:
            return _before_holiday(every.before, opens, due, name, calendar)
        reason = f"规则给出的办理时段为{day_text(opens)}至{day_text(due)}，最后一天即截止日"
        return opens, due, [name, reason], ()
    span = f"{name}，{day_text(period.first)}"
    if rule := parse_day_rule(every.due_day):
        due, _ = rule.resolve(period.last.replace(day=1), period.last, calendar)
        reasons = [f"{span}起", f"截止日：规则定为“{rule.text}”，{day_text(due)}"]
        return period.first, due, reasons, (due,) if rule.working else ()
    due = calendar.on_or_before(period.last)
    reason = f"截止日：周期内最后一个工作日，{_worked(due, calendar)}"
    return period.first, due, [f"{span}至{day_text(period.last)}", reason], (due,)


def _before_holiday(
    names: tuple[str, ...], opens: date, unknown: date, name: str, calendar: WorkCalendar
) -> tuple[date, date, list[str], tuple[date, ...]]:
    """As `_stretch`, for a window that ends before a holiday; `unknown` where none is known."""
    holiday, words = calendar.holiday_after(names, opens), "、".join(names)
    if holiday is None:
        reason = f"日历中还没有{words}的放假安排，截止日暂按{day_text(unknown)}"
        return opens, unknown, [name, reason], (_UNTOLD,)
    due = max(opens, calendar.on_or_before(holiday - DAY))
    reason = (
        f"{words}自{day_text(holiday)}起放假，截止日为之前最后一个工作日{_worked(due, calendar)}"
    )
    return opens, due, [f"{name}，{day_text(opens)}起", reason], (due, holiday)


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
    _, planned = rule.resolve(opens, due, calendar)
    if facts.founded and planned < facts.founded:
        return due, [f"{whose}“{rule.text}”在组织成立之前，计划日改为{day_text(due)}"]
    return planned, list(_named_reasons(f"{whose}为“{rule.text}”", rule, opens, due, calendar))


def _named_reasons(
    said: str, rule: DayRule, opens: date, due: date, calendar: WorkCalendar
) -> Iterator[str]:
    """Which day is named, and why another one is planned."""
    named, (_, planned) = rule.named(opens, due, calendar), rule.resolve(opens, due, calendar)
    lacking = f"{named.month}月没有这一天，取最后的" if rule.is_lacking(opens) else "即"
    yield f"计划日：{said}，{lacking}{_worked(named, calendar)}"
    if named != planned:
        why = "不在办理时段内" if calendar.is_working_day(named) else "不是工作日"
        way = "顺延" if planned > named else "提前"
        yield f"{day_text(named)}{why}，在周期内{way}到{_worked(planned, calendar)}"


def _worked(day: date, calendar: WorkCalendar) -> str:
    """The day, and why one works on that Saturday or Sunday."""
    made_up = day.weekday() > _FRIDAY and calendar.is_working_day(day)
    return day_text(day) + ("，当天调休上班" if made_up else "")


def is_vacation(period: Period, semesters: tuple[Semester, ...]) -> bool:
    """Whether more than half of the period's days lie outside every semester.

    Before the first and after the last semester that is known there is no telling: no.
    """
    before = any(s.first < period.first for s in semesters)
    after = any(s.last > period.last for s in semesters)
    in_school = sum(
        max(0, (min(s.last, period.last) - max(s.first, period.first)).days + 1) for s in semesters
    )
    return before and after and 2 * in_school < (period.last - period.first).days + 1


def _in_term_time(
    planned: date, opens: date, due: date, semesters: tuple[Semester, ...], calendar: WorkCalendar
) -> date:
    """The nearest working day of a semester in the period, the later of two equally near."""
    if any(s.first <= planned <= s.last for s in semesters):
        return planned
    days = (
        day
        for s in semesters
        for day in (calendar.on_or_after(s.first), calendar.on_or_before(s.last))
        if opens <= day <= due
    )
    return min(days, key=lambda day: (abs(day - planned), day < planned), default=planned)


def _announced(slot: Slot, values: Mapping[OverrideKey, str]) -> Slot:
    """The slot as its superior announced it; a date outside the rule's own is passed over."""
    due, planned = day_of(values, OverrideKey.DUE), day_of(values, OverrideKey.PLANNED)
    reasons = []
    if due and slot.opens <= due <= slot.due:
        reasons.append(f"上级部署：最迟{day_text(due)}")
        fits = slot.planned and slot.planned <= due
        slot = replace(slot, due=due, planned=slot.planned if fits else None)
    if planned and slot.opens <= planned <= slot.due:
        reasons.append(f"上级部署：计划日{day_text(planned)}")
        slot = replace(slot, planned=planned)
    if theme := values.get(OverrideKey.THEME, ""):
        reasons.append(f"上级部署：主题“{theme}”")
    return replace(slot, theme=theme, derivation=(*slot.derivation, *reasons))


def _has_started(every: Every, slot: Slot, facts: Facts) -> bool:
    """Whether the organization owes what began before it started here.

    What is longer than a month it does while the last day is still to come: the rest of the
    year is not let off. Its last day is the rule's, not one that a superior announced.
    """
    if facts.starts_on is None or slot.opens >= facts.starts_on:
        return True
    return every.unit is not Unit.MONTH and slot.due >= facts.starts_on


def _owed_by_existence(every: Every, slot: Slot, period: Period, facts: Facts) -> bool:
    """Whether the organization existed for long enough to owe the period."""
    founded, gone = facts.founded or date.min, facts.dissolved or date.max
    whole = (period.last - period.first).days + 1
    lived = (min(gone, period.last + DAY) - max(founded, period.first)).days
    match every.partial_period:
        case PartialPeriod.ANY:
            return lived > 0
        case PartialPeriod.FULL:
            return lived == whole
    if period.unit in _SHORT or every.partial_period:
        return 2 * lived >= whole
    return founded < date(period.first.year, 10, 1) and slot.due < gone
