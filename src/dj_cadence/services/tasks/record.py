"""What people say about their tasks: done, missed, planned for a day."""

import re
from collections.abc import Sequence
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Term
from dj_cadence.domain.rules.joint_recording import Counted, may_count_together
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT, State, Task
from dj_cadence.errors import Refused
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import records, start_events, tasks
from dj_cadence.store.tasks.acts import one_deed

LONGEST_TEXT = 500
_FIELDS = {"备注": "note", "原因": "reason", "地点": "place"}
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def done(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    on: date,
    note: str = "",
    amount: int = 1,
    also: Sequence[int] = (),
) -> int:
    """Record one activity, held on `on`, for a task and for those it counts for `also`.

    Returns the record's id, that of the earlier record where this was said before.

    `amount` is in the task's unit: times, hours. A task whose target is reached is settled.
    The same said twice is said once. Raises Refused for a settled task, a day to come, a
    day before its period, and for tasks that one activity may not count for together.
    """
    said = tasks.locked(session, task_id)
    if not also and said.state is State.DONE and said.completed_on == on:
        return records.last(session, task_id, on)  # a second tap changes nothing
    note = checked_text(note, "备注")
    held = [_open_task(session, number) for number in dict.fromkeys((task_id, *also))]
    _check_together(catalogue, held)
    for task in held:
        if _waits_for_day(catalogue, task):
            raise Refused("这一步定下日期就完成：请用“定日期”登记开会的日子。")
        _check_day(session, catalogue, task, on, actor.today)
    with one_deed(session):
        record_id = records.add(session, held, actor, day=on, amount=amount, note=note)
        for task in held:
            if is_term(catalogue, task) and not catalogue.duties[task.duty].confirm:
                begin_term(session, task, on, actor)
            if _count(session, catalogue, task, actor, note):
                follow(session, catalogue, task, actor, held_on=on)
    return record_id


def begin_term(session: Session, term: Task, held_on: date, actor: Actor) -> None:
    """Let a new term run from the election that settles the task of the old one."""
    start_events.add_election(session, term.start_event_id, held_on, actor)
    orgs.mark_changed(session, [term.org_id])


def day_meant(session: Session, catalogue: Catalogue, task_id: int, today: date) -> date:
    """The day of an activity for which none was named: today, as long as the task's time runs.

    Raises Refused once it is over, for it was done before or late and only a person knows;
    and for an election, from whose day a term is counted.
    """
    task = tasks.locked(session, task_id)
    if is_term(catalogue, task):
        raise Refused(f"请写明选举大会的日期，如 --on {today}。", field="on")
    if today > task.due and task.state not in SILENT:
        raise Refused(
            f"任务 {task_id} 的期限{day_text(task.due)}已过，"
            f"请写明实际办理日期，如 --on {task.due}；"
            f"今天补开、补办的，写 --on {today}。",
            field="on",
        )
    return today


def check_done(
    session: Session, catalogue: Catalogue, task_id: int, *, on: date, today: date
) -> None:
    """Whether it may be recorded as held on that day, without recording it. Raises Refused."""
    _check_day(session, catalogue, _open_task(session, task_id), on, today)


def add_surplus(
    session: Session,
    catalogue: Catalogue,
    task: Task,
    actor: Actor,
    *,
    on: date,
    note: str,
    amount: int,
) -> int:
    """One more record on a task that is done: kept with it, and counted for no other period.

    The same day said twice is said once. Returns the record's id.
    """
    if earlier := records.last(session, task.id, on):
        return earlier
    _check_day(session, catalogue, task, on, actor.today)
    note = checked_text(note, "备注")
    with one_deed(session):
        record_id = records.add(session, [task], actor, day=on, amount=amount, note=note)
        total, _ = records.recorded(session, task.id)
        tasks.change(session, task, transitions.record_surplus(total), actor, note)
    return record_id


def checked_text(text: str, what: str) -> str:
    """What a person typed, without control characters. Raises Refused where it is too long."""
    clean = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if len(clean) > LONGEST_TEXT:
        raise Refused(
            f"{what}最长 {LONGEST_TEXT} 个字，现在有 {len(clean)} 个。", field=_FIELDS[what]
        )
    return clean


def need_reason(reason: str, what: str) -> str:
    """The reason as it is kept. Raises Refused where there is none."""
    reason = checked_text(reason, "原因")
    if not reason:
        raise Refused(f"请写明{what}的原因。", field="reason")
    return reason


def _check_together(catalogue: Catalogue, held: Sequence[Task]) -> None:
    if len(held) == 1:
        return
    counted = []
    for task in held:
        if task.step != OWN:
            raise Refused(f"任务 {task.id} 是流程中的一步，请单独登记。")
        duty = catalogue.duties.get(task.duty)
        if duty is None:
            raise Refused(f"任务 {task.id} 的规则已移除，不能一并登记。")
        counted.append(Counted(task.org_id, duty, task.period))
    for task, other in zip(held[1:], counted[1:], strict=True):
        if not may_count_together(counted[0], other):
            titles = f"“{counted[0].duty.title}”和“{other.duty.title}”"
            raise Refused(f"按规则{titles}（任务 {task.id}）不能用一次活动一并登记。")


def _count(session: Session, catalogue: Catalogue, task: Task, actor: Actor, note: str) -> bool:
    """Add up what is recorded for a task; where that is enough, settle it or hand it up.

    Whether it is settled.
    """
    amount, last = records.recorded(session, task.id)
    duty = catalogue.duties.get(task.duty)
    recorded = transitions.record(
        task, amount, last, actor.now, confirm=duty is not None and duty.confirm
    )
    act_id = tasks.change(session, task, recorded, actor, note)
    state = recorded.columns.get("state")
    if state is State.SUBMITTED:
        day = catalogue.calendar.on_or_after(actor.today)
        told = Notice(task.id, task.due_revision, DECIDE, act_id, 1, CLERK, day)
        notices.add(session, [told])
    return state is State.DONE


def missed(
    session: Session, catalogue: Catalogue, task_id: int, actor: Actor, *, reason: str
) -> None:
    """Say that a month's, quarter's or semester's duty was not done, and why.

    A step of a workflow may be skipped at any time; what is counted from it is then counted
    from today. Raises Refused where the duty stays owed until it is done, or its time is
    not over.
    """
    task = _open_task(session, task_id)
    if task.step == OWN:
        duty = catalogue.duties.get(task.duty)
        if duty is None or not duty.may_be_missed:
            raise Refused("这项任务不能登记为未按期开展，须办理完成后才能结束。")
        if actor.today <= task.due:
            raise Refused(f"截止日是{day_text(task.due)}，还没有过，不能登记为未按期开展。")
    reason = need_reason(reason, "未按期开展")
    with one_deed(session):
        missing = transitions.miss(task, actor.today, actor.now)
        tasks.change(session, task, missing, actor, reason)
        follow(session, catalogue, task, actor)


def set_planned(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    on: date,
    at: str = "",
    place: str = "",
) -> None:
    """Fix the day on which the organization means to do it, inside its period.

    Of a step that waits for the own task's day, it fixes that day. Raises Refused for a
    settled task or a day outside.
    """
    task = _open_task(session, task_id)
    if _waits_for_day(catalogue, task):
        task = tasks.own_task(session, task)
    if is_term(catalogue, task) and on < task.opens:
        raise Refused("换届提前举行须先报上级批准。", field="on")
    if not task.opens <= on <= task.due:
        span = f"{day_text(task.opens)}至{day_text(task.due)}"
        raise Refused(f"计划日期应在{span}之间，{day_text(on)}不在其中。", field="on")
    if at and not _HOUR.fullmatch(at):
        raise Refused(f"时间“{at}”写法不对，应为 14:30 这样的形式。", field="at")
    fixed = transitions.fix_day(task, on, at, checked_text(place, "地点"), actor.today)
    with one_deed(session):
        tasks.change(session, task, fixed, actor)
        follow(session, catalogue, task, actor, planned_on=on)


def _open_task(session: Session, task_id: int) -> Task:
    task = tasks.locked(session, task_id)
    if task.state in SILENT:
        when = f"，日期{day_text(task.completed_on)}" if task.completed_on else ""
        raise Refused(f"这项任务已经是“{task.state.label}”{when}，没有重复登记。")
    return task


def is_term(catalogue: Catalogue, task: Task) -> bool:
    """Whether it is the task of a term, which an election settles."""
    duty = catalogue.duties.get(task.duty)
    return duty is not None and isinstance(duty.recurrence, Term) and task.step == OWN


def _waits_for_day(catalogue: Catalogue, task: Task) -> bool:
    step = catalogue.step(task.duty, task.step)
    return bool(step and step.by_planning)


def _check_day(session: Session, catalogue: Catalogue, task: Task, on: date, today: date) -> None:
    """A day to come is refused, and one before the task's time: of a step if a rule says so."""
    if on > today:
        raise Refused(f"{day_text(on)}还没有到，请在办理之后登记。", field="on")
    step = catalogue.step(task.duty, task.step)
    if step and not step.is_own and not step.certainty.binds:
        return
    election = is_term(catalogue, task)
    first = start_events.day_of(session, task.start_event_id) if election else task.opens
    if on < first or (election and on == first):
        earlier = "" if election else "；是上一期办的，请登记在上一期的任务里"
        raise Refused(
            f"{day_text(on)}早于这项任务的开始日{day_text(first)}，请检查日期{earlier}。",
            field="on",
        )


def needs_acceptance(session: Session, catalogue: Catalogue, task_id: int) -> bool:
    """Whether a superior has to confirm that the task was done. Raises Refused for none such."""
    duty = catalogue.duties.get(tasks.locked(session, task_id).duty)
    return duty is not None and duty.confirm


def check_unchanged(session: Session, task_id: int, seen: str, unit: str) -> None:
    """A second tap must not count twice. Raises Refused where the page showed another amount."""
    row = tasks.locked(session, task_id)
    if row.state not in SILENT and seen != str(row.amount):
        progress = f"{row.amount} / {row.target} {unit}"
        raise Refused(f"打开页面以后这项任务又登记过，现在是 {progress}。还有的请再登记一次。")
