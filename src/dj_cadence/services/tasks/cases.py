"""Cases: an event at one organization that starts clocks. Named by number, never by person."""

from datetime import date

from dj_cadence.domain.planning.cohort import case_cohort
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Duty
from dj_cadence.domain.rules.duty_in_words import dates_text, owed_by_text
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import start_events
from dj_cadence.store.tasks.start_events import case, cases

__all__ = ["case", "cases", "open_case"]

LONGEST_REF = 40


def open_case(
    session: Session,
    catalogue: Catalogue,
    duty_key: str,
    org_code: str,
    actor: Actor,
    *,
    on: date,
    ref: str,
) -> int:
    """Record that the event of a duty happened; returns the case's number.

    Every duty with a clock for the same event starts with it. `ref` is an internal number.
    Raises Refused for a duty without a clock, one that is switched off, not owed there or
    not in force on that day, and for a day to come: a case never stands without its task.
    """
    duty, clock = _clocked(catalogue, duty_key)
    org = orgs.find_org(session, org_code)
    if on > actor.today:
        raise Refused(f"{on.isoformat()} 还没有到，请在事项发生之后登记。")
    if not duty.is_effective(on):
        in_force = dates_text(duty)
        raise Refused(
            f"“{duty.title}”{in_force}，{on.isoformat()} 发生的事项不按它计时，没有立项。"
        )
    if case_cohort(duty, orgs.facts(session, org), on, 0, date.min) is None:
        raise Refused(
            f"{org.name}不承担“{duty.title}”，没有立项。承担的是：{owed_by_text(duty.owed_by)}。"
        )
    if len(ref) > LONGEST_REF:
        raise Refused(f"编号最长 {LONGEST_REF} 个字；只写内部编号，不写姓名和内容。")
    number = start_events.add_case(session, org.id, clock.event, on, ref, actor)
    orgs.mark_changed(session, [org.id])
    return number


def _clocked(catalogue: Catalogue, key: str) -> tuple[Duty, Clock]:
    clocked = {
        duty.key: (duty, duty.recurrence)
        for duty in catalogue.duties.values()
        if isinstance(duty.recurrence, Clock)
    }
    if key not in clocked:
        raise Refused(f"没有按事项计时的规则 {key}{suggestion(key, clocked)}")
    if not clocked[key][0].enabled:
        title = clocked[key][0].title
        raise Refused(f"“{title}”没有启用。请在站点的规则里启用并应用后再立项。")
    return clocked[key]
