"""What only a superior may say: more time, let off, accepted, sent back."""

from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months, add_years
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import SENT_BACK
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Term, TermNotice
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State, Task
from dj_cadence.errors import Refused
from dj_cadence.services.tasks.record import begin_term, is_term, need_reason
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import notices
from dj_cadence.store.tasks import records, start_events, tasks
from dj_cadence.store.tasks.acts import one_deed


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
    task = _owed_task(session, task_id)
    if task.state == State.SUBMITTED:
        raise Refused("这项任务已经报送。请先确认或退回，再改期限。")
    reason = need_reason(reason, "延期")
    duty = catalogue.duties.get(task.duty)
    rule_opens, rule_due = (by_rule := tasks.slot_of(session, task)).opens, by_rule.due
    if until == task.due:
        raise Refused(f"截止日本来就是{day_text(task.due)}，没有改动。", field="until")
    opens = rule_opens if until == rule_due else min(rule_opens, until)
    term = duty.recurrence if duty and task.step == OWN else None
    match term:
        case Term():
            _check_term(session, task, rule_due, until, confirmed=confirmed)
            if until != rule_due:
                opens = min(task.opens, add_months(until, -term.opens_months_before))
        case Clock() if until > task.due:
            _check_extension(task, term, until)
        case _:
            _check_shorter(task, rule_due, until, actor.today)
    with one_deed(session):
        granted = transitions.postpone(task, opens, until, rule_due, actor.today)
        tasks.change(session, task, granted, actor, reason)
        if isinstance(term, Term):
            _move_notices(session, catalogue, task, until, actor)
        follow(session, catalogue, task, actor)


def _move_notices(
    session: Session, catalogue: Catalogue, term: Task, until: date, actor: Actor
) -> None:
    """What superiors still owe before the term's end goes by the new end, at once if it must.

    Nobody has acted on the notice itself: a new election may take it back.
    """
    reason = f"换届改到{day_text(until)}"
    for task in tasks.hanging_on_election(session, term):
        duty = catalogue.duties.get(task.duty)
        if duty is None or not isinstance(notice := duty.recurrence, TermNotice):
            continue
        if notice.term_of != term.duty:
            continue
        due = max(
            add_months(until, -notice.months_before), catalogue.calendar.on_or_after(actor.today)
        )
        opens = min(add_months(until, -notice.opens_months_before), due)
        tasks.change(session, task, transitions.move(task, opens, due, actor.today), actor, reason)


def _check_shorter(task: Task, by_rule: date, until: date, today: date) -> None:
    """What was granted can be taken away again, down to what the rule gives."""
    if until > task.due or until == by_rule:
        return
    if until < by_rule:
        raise Refused(f"规定的截止日是{day_text(by_rule)}，不能改得更早。", field="until")
    if until < today:
        raise Refused(
            f"缩短后的日期不能早于今天。要取消延期，请写规定的截止日{day_text(by_rule)}。",
            field="until",
        )


def _check_term(
    session: Session, task: Task, expiry: date, until: date, *, confirmed: bool
) -> None:
    elected = start_events.day_of(session, task.start_event_id)
    if until <= elected:
        raise Refused(f"提前换届要在上次换届（{day_text(elected)}）之后。", field="until")
    if min(task.due, expiry) <= until <= max(task.due, expiry):
        return  # back towards the day on which the term expires
    if not add_years(expiry, -1) <= until <= add_years(expiry, 1) and not confirmed:
        raise Refused(
            f"本届{day_text(expiry)}届满，换届延期或提前一般不超过一年（从届满之日算，不从上次延到的日期算）；"
            "确有批复的，请勾选“已有批复”（命令行加 --confirm）再登记。",
            field="confirmed",
        )


def _check_extension(task: Task, clock: Clock, until: date) -> None:
    if not clock.extend_at_most:
        return
    if task.postponed_to:
        raise Refused(f"这项期限已经延过一次，到{day_text(task.due)}，按规定不能再延。")
    if until > task.due + clock.extend_at_most * DAY:
        raise Refused(
            f"按规定最多延{clock.extend_at_most}日，即到"
            f"{day_text(task.due + clock.extend_at_most * DAY)}。"
        )


def waive(
    session: Session, catalogue: Catalogue, task_id: int, actor: Actor, *, reason: str
) -> None:
    """Let a task off. Raises Refused without a reason."""
    task = _owed_task(session, task_id)
    reason = need_reason(reason, "不再办理")
    with one_deed(session):
        tasks.change(session, task, transitions.waive(actor.now), actor, reason)
        follow(session, catalogue, task, actor)


def accept(session: Session, catalogue: Catalogue, task_id: int, actor: Actor) -> None:
    """Confirm what was handed up: it is done. Raises Refused where nothing was."""
    task = _submitted_task(session, task_id)
    with one_deed(session):
        if is_term(catalogue, task) and task.completed_on:
            begin_term(session, task, task.completed_on, actor)
        tasks.change(session, task, transitions.accept(actor.now), actor)
        follow(session, catalogue, task, actor, held_on=task.completed_on)


def return_(
    session: Session, catalogue: Catalogue, task_id: int, actor: Actor, *, reason: str
) -> None:
    """Send back what was handed up, with the reason; its records count no more."""
    task = _submitted_task(session, task_id)
    reason = need_reason(reason, "退回")
    with one_deed(session):
        act_id = tasks.change(session, task, transitions.send_back(actor.today), actor, reason)
        records.send_back(session, task_id, act_id)
        day = catalogue.calendar.on_or_after(actor.today)
        office = catalogue.office(task.duty, task.step)
        told = Notice(task.id, task.due_revision, SENT_BACK, act_id, 0, office, day)
        notices.add(session, [told])
        follow(session, catalogue, task, actor)


def _submitted_task(session: Session, task_id: int) -> Task:
    task = tasks.locked(session, task_id)
    if task.state != State.SUBMITTED:
        raise Refused(f"这项任务是“{task.state.label}”，没有等待确认的报送。")
    return task


def _owed_task(session: Session, task_id: int) -> Task:
    task = tasks.locked(session, task_id)
    if task.state.is_settled:
        raise Refused(f"这项任务已经是“{task.state.label}”，没有改动。")
    return task
