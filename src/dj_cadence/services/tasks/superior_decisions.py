"""What only a superior may say: more time, let off, accepted, sent back."""

from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months, add_years
from dj_cadence.domain.reminders.plan import SENT_BACK
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Term, TermNotice
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State
from dj_cadence.errors import Refused
from dj_cadence.services.tasks.record import begin_term, checked_text, is_term
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.reminders import notices
from dj_cadence.store.tasks import acts
from dj_cadence.store.tasks.deeds import one_deed


def postpone(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    until: date,
    reason: str,
    confirmed: bool = False,
) -> None:
    """Give a task until `until`; its plan keeps that date.

    What was granted may be shortened by a later call, and is ended by the day that the rule
    gives. A term may be brought forward too; it opens as long before its new end as the rule
    says, and the superior's notice that is still owed moves with it. Raises Refused without a
    reason, for a day before the rule's own, for what is handed up, for a term moved away from
    its expiry by more than a year unless that is `confirmed` (the rules allow a year at most),
    and for a clock that is extended twice or by more than its rule allows.
    """
    row = _owed_task(session, task_id)
    if row.state == State.SUBMITTED:
        raise Refused("这项任务已经报送。请先确认或退回，再改期限。")
    reason = need_reason(reason, "延期")
    duty = catalogue.duties.get(row.duty)
    by_rule = acts.slot_of(session, row.slot_id)
    if until == row.due:
        raise Refused(f"截止日本来就是{day_text(row.due)}，没有改动。", field="until")
    opens = by_rule.opens if until == by_rule.due else min(by_rule.opens, until)
    term = duty.recurrence if duty and row.step == OWN else None
    match term:
        case Term():
            _check_term(session, row, by_rule.due, until, confirmed=confirmed)
            if until != by_rule.due:
                opens = min(row.opens, add_months(until, -term.opens_months_before))
        case Clock() if until > row.due:
            _check_extension(row, term, until)
        case _:
            _check_shorter(row, by_rule.due, until, actor.today)
    with one_deed(session):
        values = _granted(row, opens, until, actor.today)
        values["postponed_to"] = None if until == by_rule.due else until
        acts.change(session, row, "postpone", actor, reason=reason, values=values)
        if isinstance(term, Term):
            _move_notices(session, catalogue, row, until, actor)
        follow(session, catalogue, row, actor)


def _granted(row: AnyRow, opens: date, until: date, today: date) -> dict[str, object]:
    return {
        "postponed_to": until,
        "opens": opens,
        "due": until,
        "due_revision": row.due_revision + 1,
        "redated_on": today,
        "next_on": today,
    }


def _move_notices(
    session: Session,
    catalogue: Catalogue,
    term: AnyRow,
    until: date,
    actor: Actor,
) -> None:
    """What superiors still owe before the term's end goes by the new end, at once if it must.

    Nobody has acted on the notice itself: a new election may take it back.
    """
    reason = f"换届改到{day_text(until)}"
    for row in acts.about_term(session, term):
        duty = catalogue.duties.get(row.duty)
        if duty is None or not isinstance(notice := duty.recurrence, TermNotice):
            continue
        if notice.term_of != term.duty:
            continue
        due = max(
            add_months(until, -notice.months_before), catalogue.calendar.on_or_after(actor.today)
        )
        opens = min(add_months(until, -notice.opens_months_before), due)
        values = _granted(row, opens, due, actor.today)
        acts.change(session, row, "move", actor, reason=reason, values=values, touches=False)


def _check_shorter(row: AnyRow, by_rule: date, until: date, today: date) -> None:
    """What was granted can be taken away again, down to what the rule gives."""
    if until > row.due or until == by_rule:
        return
    if until < by_rule:
        raise Refused(f"规定的截止日是{day_text(by_rule)}，不能改得更早。", field="until")
    if until < today:
        raise Refused(
            f"缩短后的日期不能早于今天。要取消延期，请写规定的截止日{day_text(by_rule)}。",
            field="until",
        )


def _check_term(
    session: Session, row: AnyRow, expiry: date, until: date, *, confirmed: bool
) -> None:
    elected = acts.election_anchor(session, row.start_event_id).day
    if until <= elected:
        raise Refused(f"提前换届要在上次换届（{day_text(elected)}）之后。", field="until")
    if min(row.due, expiry) <= until <= max(row.due, expiry):
        return  # back towards the day on which the term expires
    if not add_years(expiry, -1) <= until <= add_years(expiry, 1) and not confirmed:
        raise Refused(
            f"本届{day_text(expiry)}届满，换届延期或提前一般不超过一年（从届满之日算，不从上次延到的日期算）；"
            "确有批复的，请勾选“已有批复”（命令行加 --confirm）再登记。",
            field="confirmed",
        )


def _check_extension(row: AnyRow, clock: Clock, until: date) -> None:
    if not clock.extend_at_most:
        return
    if row.postponed_to:
        raise Refused(f"这项期限已经延过一次，到{day_text(row.due)}，按规定不能再延。")
    if until > row.due + clock.extend_at_most * DAY:
        raise Refused(
            f"按规定最多延{clock.extend_at_most}日，即到"
            f"{day_text(row.due + clock.extend_at_most * DAY)}。"
        )


def waive(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    reason: str,
) -> None:
    """Let a task off. Raises Refused without a reason."""
    row = _owed_task(session, task_id)
    reason = need_reason(reason, "不再办理")
    values = {"state": State.WAIVED.value, "settled_at": actor.now, "next_on": None}
    with one_deed(session):
        acts.change(session, row, "waive", actor, reason=reason, values=values)
        follow(session, catalogue, row, actor)


def accept(session: Session, catalogue: Catalogue, task_id: int, actor: Actor) -> None:
    """Confirm what was handed up: it is done. Raises Refused where nothing was."""
    row = _submitted_task(session, task_id)
    held_on, values = row.completed_on, {"state": State.DONE.value, "settled_at": actor.now}
    with one_deed(session):
        if is_term(catalogue, row):
            begin_term(session, row, held_on, actor)
        acts.change(session, row, "accept", actor, values=values)
        follow(session, catalogue, row, actor, held_on=held_on)


def return_(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    reason: str,
) -> None:
    """Send back what was handed up, with the reason; its records count no more."""
    row = _submitted_task(session, task_id)
    reason = need_reason(reason, "退回")
    values: dict[str, object] = {
        "state": State.RETURNED.value,
        "amount": 0,
        "completed_on": None,
        "next_on": actor.today,
    }
    with one_deed(session):
        sent_back = acts.change(session, row, "return", actor, reason=reason, values=values)
        acts.send_back_records(session, task_id, sent_back)
        day = catalogue.calendar.on_or_after(actor.today)
        office = catalogue.office(row.duty, row.step)
        notices.add_for_act(session, row, SENT_BACK, sent_back, due_on=day, office=office)
        follow(session, catalogue, row, actor)


def _submitted_task(session: Session, task_id: int) -> AnyRow:
    row = acts.locked_task(session, task_id)
    if row.state != State.SUBMITTED:
        raise Refused(f"这项任务是“{State(row.state).label}”，没有等待确认的报送。")
    return row


def _owed_task(session: Session, task_id: int) -> AnyRow:
    row = acts.locked_task(session, task_id)
    if State(row.state).is_settled:
        raise Refused(f"这项任务已经是“{State(row.state).label}”，没有改动。")
    return row


def need_reason(reason: str, what: str) -> str:
    """The reason as it is kept. Raises Refused where there is none."""
    reason = checked_text(reason, "原因")
    if not reason:
        raise Refused(f"请写明{what}的原因。", field="reason")
    return reason
