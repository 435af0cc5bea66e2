"""A superior's announcement: theme and dates of a duty for its subtree, or its adoption."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.citation import STANDARD
from dj_cadence.domain.cohort import Cohort
from dj_cadence.domain.duty import Duty, Every, OwedBy, Tier, Vacation
from dj_cadence.domain.organization import Facts
from dj_cadence.domain.override import OverrideKey
from dj_cadence.domain.problem import suggestion
from dj_cadence.domain.slot import Slot
from dj_cadence.domain.slots import slots_of
from dj_cadence.domain.wording import day_text
from dj_cadence.errors import Refused
from dj_cadence.store import orgs, overrides
from dj_cadence.store.types import AnyRow

_AROUND = timedelta(days=1)


def announce(
    session: Session,
    catalogue: Catalogue,
    duty_key: str,
    org_code: str,
    *,
    due: date | None = None,
    planned: date | None = None,
    theme: str = "",
    adopt: bool = False,
    vacation: Vacation | None = None,
    by: str,
    now: datetime,
) -> str:
    """Lay an announcement over a duty; returns the period it is for, empty for an adoption.

    The period is the one that `due` lies in. An announcement may only be stricter than the
    rule. Raises Refused, with nothing changed, for a due date outside every period, a
    planned date outside the announced one, and an organization with nothing below it.
    """
    duty = _duty(catalogue, duty_key)
    above = orgs.find_org(session, org_code)
    if above.position == above.subtree_end:
        raise Refused(f"{above.name}没有下级组织，无法部署。")
    if due is None and not adopt and vacation is None:
        raise Refused("请用 --due 写明最迟日期，或用 --adopt 采纳默认周期，或用 --vacation。")
    if due is None and (planned or theme):
        raise Refused("写计划日或主题时，要用 --due 写明最迟日期。")
    values: dict[OverrideKey, str] = {}
    period = ""
    if due:
        slot = _slot_around(catalogue, duty, due)
        period = slot.period
        _check_planned(slot, planned, due)
        values[OverrideKey.DUE] = due.isoformat()
    if planned:
        values[OverrideKey.PLANNED] = planned.isoformat()
    if theme.strip():
        values[OverrideKey.THEME] = theme.strip()
    if values:
        _lay(session, above, duty, period, values, by=by, now=now)
    if vacation is not None:
        _check_vacation(duty, vacation)
        _lay(session, above, duty, "", {OverrideKey.VACATION: vacation.value}, by=by, now=now)
    if adopt:
        _lay(session, above, duty, "", {OverrideKey.ADOPTED: "1"}, by=by, now=now)
    return period


def _lay(
    session: Session,
    above: AnyRow,
    duty: Duty,
    period: str,
    values: dict[OverrideKey, str],
    *,
    by: str,
    now: datetime,
) -> None:
    overrides.lay_over(
        session, above.id, duty.key, period, values, reason=f"{above.name}部署", by=by, now=now
    )


def _duty(catalogue: Catalogue, key: str) -> Duty:
    duty = catalogue.duties.get(key)
    if duty is None:
        raise Refused(f"没有规则 {key}{suggestion(key, catalogue.duties)}")
    if not isinstance(duty.recurrence, Every):
        raise Refused(f"“{duty.title}”不按周期办理，不能部署日期。")
    return duty


def _slot_around(catalogue: Catalogue, duty: Duty, due: date) -> Slot:
    """The period of the rule that `due` lies in, as it is for any organization that owes it."""
    facts = Facts(kind=min(duty.owed_by.kinds))
    anyone = Cohort(duty.key, facts)
    found = [
        slot
        for slot in slots_of(_for_anyone(duty), anyone, catalogue, due - _AROUND, due + _AROUND)
        if slot.opens <= due <= slot.due
    ]
    if not found:
        raise Refused(f"{day_text(due)}不在“{duty.title}”的任何一个周期之内；只能提前，不能放宽。")
    return found[0]


def _for_anyone(duty: Duty) -> Duty:
    """The duty without the conditions on who owes it."""
    return replace(duty, owed_by=OwedBy(duty.owed_by.kinds))


def _check_vacation(duty: Duty, vacation: Vacation) -> None:
    """Letting a vacation off loosens the period, which nobody may where the standard gives it."""
    if duty.tier is Tier.A and vacation is Vacation.WAIVE:
        clause = f"《{STANDARD}》{'、'.join(duty.rows)}"
        raise Refused(f"“{duty.title}”的周期由{clause} 规定，假期也不能免。")


def _check_planned(slot: Slot, planned: date | None, due: date) -> None:
    if planned and not slot.opens <= planned <= due:
        span = f"{day_text(slot.opens)}至{day_text(due)}"
        raise Refused(f"计划日应在{span}之间，{day_text(planned)}不在其中。")
