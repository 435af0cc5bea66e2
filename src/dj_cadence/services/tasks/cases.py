"""Cases: an event at one organization that starts clocks. Named by number, never by person."""

from datetime import date

from sqlalchemy import insert, select

from dj_cadence.domain.planning.cohort import case_cohort
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Duty
from dj_cadence.domain.rules.duty_in_words import dates_text, owed_by_text
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion
from dj_cadence.services.tasks.superior_decisions import need_reason
from dj_cadence.services.tasks.undo import catch_up
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, start_event, task
from dj_cadence.store.tasks import acts

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
    duty = _clocked(catalogue, duty_key)
    found = orgs.find_org(session, org_code)
    if on > actor.today:
        raise Refused(f"{on.isoformat()} 还没有到，请在事项发生之后登记。")
    if not duty.is_effective(on):
        said = dates_text(duty)
        raise Refused(f"“{duty.title}”{said}，{on.isoformat()} 发生的事项不按它计时，没有立项。")
    if case_cohort(duty, orgs.facts(session, found), on, 0, date.min) is None:
        raise Refused(
            f"{found.name}不承担“{duty.title}”，没有立项。承担的是：{owed_by_text(duty.owed_by)}。"
        )
    if len(ref) > LONGEST_REF:
        raise Refused(f"编号最长 {LONGEST_REF} 个字；只写内部编号，不写姓名和内容。")
    assert isinstance(duty.recurrence, Clock)
    written = session.execute(
        insert(start_event)
        .values(
            org_id=found.id,
            kind=duty.recurrence.event,
            day=on,
            current=False,
            source="case",
            ref=ref,
            recorded_at=actor.now,
            recorded_by=actor.name,
        )
        .returning(start_event.c.id)
    )
    orgs.mark_changed(session, [found.id])
    return int(written.scalar_one())


def take_back(
    session: Session,
    catalogue: Catalogue,
    number: int,
    actor: Actor,
    *,
    reason: str,
) -> None:
    """A case was recorded by mistake: it is gone, and with it the tasks that it started.

    Raises Refused without a reason, for an unknown case, and where somebody has acted on one
    of its tasks: that is taken back first.
    """
    found = case(session, number)
    reason = need_reason(reason, "撤回")
    mine = (task.c.subject_id == -number, task.c.state != State.WITHDRAWN.value)
    rows = session.execute(select(task).where(*mine).order_by(task.c.id).with_for_update()).all()
    if acted := [str(row.id) for row in rows if row.has_acts]:
        raise Refused(f"这件事项已有办理登记，请先撤回任务 {'、'.join(acted)} 的登记。")
    acts.void(session, number, actor.now)
    for row in rows:
        values = {"state": State.WITHDRAWN.value, "settled_at": actor.now, "next_on": None}
        acts.change(session, row, "withdraw", actor, reason=reason, values=values, touches=False)
    catch_up(
        session,
        catalogue,
        [orgs.find_org(session, found.code).id],
        today=actor.today,
        now=actor.now,
    )


def _clocked(catalogue: Catalogue, key: str) -> Duty:
    clocked = {d.key: d for d in catalogue.duties.values() if isinstance(d.recurrence, Clock)}
    if key not in clocked:
        raise Refused(f"没有按事项计时的规则 {key}{suggestion(key, clocked)}")
    if not clocked[key].enabled:
        raise Refused(f"“{clocked[key].title}”没有启用。请在站点的规则里启用并应用后再立项。")
    return clocked[key]


def cases(session: Session) -> list[AnyRow]:
    """Every case, the latest first; `kind` is the event that began it."""
    return list(session.execute(_cases().order_by(start_event.c.id.desc())))


def case(session: Session, number: int) -> AnyRow:
    """One case. Raises Refused where there is none of that number."""
    found = session.execute(_cases().where(start_event.c.id == number)).one_or_none()
    if found is None:
        raise Refused(f"没有 {number} 号事项。用 case list 查看。")
    return found


def _cases() -> AnySelect:
    columns = (
        start_event.c.id,
        org.c.code,
        org.c.name,
        start_event.c.kind,
        start_event.c.day,
        start_event.c.ref,
    )
    joined = select(*columns).join_from(start_event, org, org.c.id == start_event.c.org_id)
    return joined.where(start_event.c.source == "case", start_event.c.voided_at.is_(None))
