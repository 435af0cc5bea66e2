"""A rule in a person's words: who owes it, how often, and between which days."""

from collections.abc import Iterator

from dj_cadence.chinese import day_text
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.duty import (
    Clock,
    DayOfYear,
    Duty,
    Every,
    OwedBy,
    Recurrence,
    Term,
    TermNotice,
)

_YEARS = {-1: "上年", 0: "", 1: "次年"}


def owed_by_text(owed_by: OwedBy) -> str:
    """党支部、联合党支部；设支委会."""
    kinds = "、".join(kind.label for kind in OrgKind if kind in owed_by.kinds)
    return "；".join((kinds, *_conditions(owed_by)))


def _conditions(owed_by: OwedBy) -> Iterator[str]:
    tested = (
        (owed_by.top_of_school, "学校最上级党组织"),
        (owed_by.has_committee, "设支委会"),
        (owed_by.has_groups, "设党小组"),
        (owed_by.branches_below, "下设党支部"),
        (owed_by.boarding, "寄宿"),
    )
    for wanted, words in tested:
        if wanted is not None:
            yield words if wanted else f"不属于“{words}”"
    for named, names in (("学段", owed_by.stages), ("办学性质", owed_by.ownership)):
        if names is not None:
            yield f"{named}{'、'.join(sorted(names))}"


def recurrence_text(recurrence: Recurrence) -> str:
    """How often, in two or three words."""
    match recurrence:
        case Every(unit=unit, times=times, counted_in=counted_in):
            return unit.label + ("每组1次" if isinstance(times, str) else f"{times}{counted_in}")
        case Term():
            return "按任期"
        case TermNotice(months_before=months):
            return f"届满前{months}个月"
        case Clock(days=days, working_days=working, months=months):
            length = f"{months}个月" if months else f"{working}个工作日" if working else f"{days}日"
            return f"事项发生后{length}"


def dates_text(duty: Duty) -> str:
    """Between which days, and what moves them; empty where the period alone says so."""
    return "；".join(part for part in (*_dates(duty.recurrence), *_effective(duty)) if part)


def _dates(recurrence: Recurrence) -> Iterator[str]:
    match recurrence:
        case Every() as every:
            if every.opens and every.due:
                until = f"{'、'.join(every.before)}放假前" if every.before else _day(every.due)
                yield f"{_day(every.opens)}至{until}办理"
            yield f"最迟{every.due_day}" if every.due_day else ""
            yield f"计划日{every.day}" if every.day else ""
            yield "计划日用本组织的固定日" if every.own_day else ""
            yield every.vacation.label
            yield every.partial_period.label if every.partial_period else ""
        case Term(years=years, opens_months_before=months):
            yield "、".join(f"{kind.label}{years[kind]}年" for kind in OrgKind if kind in years)
            yield f"届满前{months}个月起办理；延期或提前须上级批准，一般不超过一年"
        case TermNotice(opens_months_before=months):
            yield f"届满前{months}个月起办理"
        case Clock(extend_at_most=days):
            yield f"可延期一次，最多{days}日" if days else ""


def _day(day: DayOfYear) -> str:
    return f"{_YEARS[day.year]}{day.month}月{day.day}日"


def _effective(duty: Duty) -> Iterator[str]:
    if duty.effective_from:
        yield f"自{day_text(duty.effective_from)}起施行"
    if duty.effective_until:
        yield f"到{day_text(duty.effective_until)}为止"
