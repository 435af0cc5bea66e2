"""A superior's announcement: theme and dates of a duty for its subtree, or its adoption."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.planning.cohort import Cohort
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.reminders.daily_update import graces_text
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import full_citation, standard_cited
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Tier, Vacation
from dj_cadence.domain.rules.override import OverrideKey
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides

_AROUND = timedelta(days=1)
_FAR = timedelta(days=400)
_OF_PERIOD = frozenset({OverrideKey.DUE, OverrideKey.PLANNED, OverrideKey.THEME})
"""Else an announcement holds for every period."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a superior asks of all below it: of one period by its last day, or of every one."""

    due: date | None = None
    planned: date | None = None
    theme: str = ""
    adopt: bool = False
    vacation: Vacation | None = None
    escalate: Sequence[int] | None = None
    """Each superior up to this one is told directly of what is overdue, so many working days
    after the level below; none of them: not any more. It adopts the duty too."""


def announce(
    session: Session,
    catalogue: Catalogue,
    duty_key: str,
    org_code: str,
    actor: Actor,
    asked: Announcement,
) -> str:
    """Lay an announcement over a duty; returns the period it is for, empty for an adoption.

    The period is the one that `due` lies in. An announcement may only be stricter than the
    rule. Raises Refused, with nothing changed and every fault named, for an unknown duty or
    organization, a due date outside every period, a planned date outside the announced one,
    a vacation let off where the standard gives the period, and an organization with nothing
    below it.
    """
    due, dated = asked.due, asked.due is not None or asked.vacation is not None
    faults: list[str] = []
    duty = _or_fault(faults, lambda: _duty(catalogue, duty_key, dated=dated))
    above = _or_fault(faults, lambda: orgs.find_org(session, org_code))
    slot = None
    if duty and due:
        slots = _slots(catalogue, duty, due - _AROUND, due + _AROUND)
        slot = next((slot for slot in slots if slot.opens <= due <= slot.due), None)
    faults += _faults(catalogue, duty, above, slot, asked)
    if faults or duty is None or above is None:
        count = f"\n共 {len(faults)} 处错误，没有部署。" if len(faults) > 1 else ""
        raise Refused("\n".join(faults) + count)
    period, reason = slot.period if slot else "", f"{above.name}部署"
    values = _values(asked)
    for of, keys in ((period, _OF_PERIOD), ("", values.keys() - _OF_PERIOD)):
        if laid := {key: values[key] for key in values if key in keys}:
            overrides.lay_over(session, above.id, duty.key, of, laid, actor, reason=reason)
    if asked.escalate is not None:
        overrides.wake(session, above, duty.key)
    return period


def take_back(
    session: Session, catalogue: Catalogue, duty_key: str, org_code: str, *, now: datetime
) -> None:
    """Take back what was announced there last for a duty; what held before holds again.

    Raises Refused for an unknown duty or organization, and where nothing was announced.
    """
    duty, above = _duty(catalogue, duty_key, dated=False), orgs.find_org(session, org_code)
    keys = overrides.take_back(session, above.id, duty.key, now)
    if not keys:
        raise Refused(f"{above.name}没有部署过“{duty.title}”，没有可以撤回的。")
    if OverrideKey.ESCALATE in keys:
        overrides.wake(session, above, duty.key)


def announced_at(session: Session, catalogue: Catalogue, org_id: int) -> dict[str, list[str]]:
    """What holds of the announcements of one organization, in words, by duty."""
    words: dict[str, list[str]] = {}
    for duty, period, key, value in overrides.standing_at(session, org_id):
        if duty in catalogue.duties:
            when = f"{chinese_label(period)}：" if period else ""
            words.setdefault(duty, []).append(when + _IN_WORDS[OverrideKey(key)](value))
    return words


_IN_WORDS: Mapping[OverrideKey, Callable[[str], str]] = {
    OverrideKey.DUE: lambda value: f"最迟 {value}",
    OverrideKey.PLANNED: lambda value: f"计划日 {value}",
    OverrideKey.THEME: lambda value: f"主题 {value}",
    OverrideKey.VACATION: lambda value: Vacation(value).label,
    OverrideKey.ADOPTED: lambda _value: "逾期计入周报",
    OverrideKey.ESCALATE: lambda value: f"逾期后直接报上级（{value or '不再报'}）",
}


def _values(asked: Announcement) -> dict[OverrideKey, str]:
    """What is laid over the duty. To be told directly is to adopt it."""
    due, planned, escalate = asked.due, asked.planned, asked.escalate
    given = {
        OverrideKey.DUE: due.isoformat() if due else None,
        OverrideKey.PLANNED: planned.isoformat() if planned else None,
        OverrideKey.THEME: asked.theme.strip() or None,
        OverrideKey.VACATION: asked.vacation.value if asked.vacation else None,
        OverrideKey.ADOPTED: "1" if asked.adopt or escalate else None,
        OverrideKey.ESCALATE: None if escalate is None else graces_text(escalate),
    }
    return {key: value for key, value in given.items() if value is not None}


def _or_fault(faults: list[str], find: Callable[[], _Found]) -> _Found | None:
    """What is found, or None with the reason among the faults."""
    try:
        return find()
    except Refused as refused:
        faults.append(str(refused))
        return None


def _faults(
    catalogue: Catalogue,
    duty: Duty | None,
    above: Organization | None,
    slot: Slot | None,
    asked: Announcement,
) -> Iterator[str]:
    """What is lacking; dates outside the rule's own, with the clause and the nearest period.

    Letting a vacation off loosens the period, which nobody may where the standard gives it.
    """
    due, planned = asked.due, asked.planned
    if not (due or asked.adopt or asked.vacation or asked.escalate is not None):
        yield "请用 --due 写明最迟日期，或用 --adopt 采纳默认周期，或用 --vacation、--escalate。"
    if due is None and (planned or asked.theme):
        yield "写计划日或主题时，要用 --due 写明最迟日期。"
    if above and above.position == above.subtree_end:
        yield f"--org {above.code}：{above.name}没有下级组织，无法部署。"
    if duty is None:
        return
    if due and slot is None:
        close = _slots(catalogue, duty, due - _FAR, due + _FAR)
        nearest = min(close, key=lambda slot: abs(slot.due - due), default=None)
        hint = ""
        if nearest:
            span = f"{day_text(nearest.opens)}至{day_text(nearest.due)}"
            hint = f"最近的是{chinese_label(nearest.label)}，{span}。"
        yield (
            f"--due {due}：{day_text(due)}不在“{duty.title}”的任何一个周期之内；"
            f"{_source(duty)}只能提前，不能放宽。{hint}"
        )
    if due and slot and planned and not slot.opens <= planned <= due:
        span = f"{day_text(slot.opens)}至{day_text(due)}"
        yield f"--planned {planned}：计划日应在{span}之间，{day_text(planned)}不在其中。"
    if duty.tier is Tier.A and asked.vacation is Vacation.WAIVE:
        clause = standard_cited(duty.rows)
        yield f"--vacation waive：“{duty.title}”的周期由{clause}规定，假期也不能免。"


def _source(duty: Duty) -> str:
    """Which clause gives the period; for one of our own, whose it is."""
    if duty.tier is Tier.A:
        return f"周期由{standard_cited(duty.rows)}规定，"
    given = [b for b in duty.basis if "period" in b.supports and b.certainty.binds]
    if not given:
        return "周期是本系统默认的，"
    return f"周期的依据是{full_citation(given[0], duty.rows)}，"


def _duty(catalogue: Catalogue, key: str, *, dated: bool) -> Duty:
    duty = catalogue.duties.get(key)
    if duty is None:
        raise Refused(f"没有规则 {key}{suggestion(key, catalogue.duties)}")
    if not duty.enabled:
        raise Refused(
            f"“{duty.title}”没有启用，部署不起作用；先在站点的规则里写 enabled: true 并应用。"
        )
    if dated and not isinstance(duty.recurrence, Every):
        raise Refused(f"“{duty.title}”不按周期办理，不能部署日期。")
    return duty


def _slots(catalogue: Catalogue, duty: Duty, since: date, until: date) -> list[Slot]:
    """The periods of the rule, as they are without the conditions on who owes it."""
    kinds = duty.owed_by.kinds
    anyone = Cohort(duty.key, Facts(kind=min(kinds)))
    return slots_of(replace(duty, owed_by=OwedBy(kinds)), anyone, catalogue, since, until)
