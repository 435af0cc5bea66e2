"""What people say about their tasks: done, missed, planned for a day."""

import re
from collections.abc import Sequence
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Term
from dj_cadence.domain.rules.joint_recording import Counted, may_count_together
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT, State
from dj_cadence.errors import Refused
from dj_cadence.services.tasks.workflow import follow, own_task
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import acts
from dj_cadence.store.tasks.deeds import one_deed

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
    if not also and _is_said_again(session, task_id, on):
        return acts.record_on(session, task_id, on)
    note = checked_text(note, "备注")
    rows = [_open_task(session, one) for one in dict.fromkeys((task_id, *also))]
    _check_together(catalogue, rows)
    for row in rows:
        if _waits_for_day(catalogue, row):
            raise Refused("这一步定下日期就完成：请用“定日期”登记开会的日子。")
        _check_day(session, catalogue, row, on, actor.today)
    with one_deed(session):
        record_id = acts.add_record(session, rows, actor, day=on, amount=amount, note=note)
        for row in rows:
            if is_term(catalogue, row) and not catalogue.duties[row.duty].confirm:
                begin_term(session, row, on, actor)
            if _count(session, catalogue, row, actor, note=note):
                follow(session, catalogue, row, actor, held_on=on)
    return record_id


def begin_term(session: Session, row: AnyRow, held_on: date, actor: Actor) -> None:
    """Let a new term run from the election that settles the task of the old one."""
    before = acts.election_anchor(session, row.start_event_id)
    acts.add_election(session, before, held_on, actor)
    orgs.mark_changed(session, [row.org_id])


def day_meant(session: Session, catalogue: Catalogue, task_id: int, today: date) -> date:
    """The day of an activity for which none was named: today, as long as the task's time runs.

    Raises Refused once it is over, for it was done before or late and only a person knows;
    and for an election, from whose day a term is counted.
    """
    row = acts.locked_task(session, task_id)
    if is_term(catalogue, row):
        raise Refused(f"请写明选举大会的日期，如 --on {today}。", field="on")
    if today > row.due and State(row.state) not in SILENT:
        raise Refused(
            f"任务 {task_id} 的期限{day_text(row.due)}已过，请写明实际办理日期，如 --on {row.due}；"
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
    row: AnyRow,
    actor: Actor,
    *,
    on: date,
    note: str,
    amount: int,
) -> int:
    """One more record on a task that is done: kept with it, and counted for no other period.

    The same day said twice is said once. Returns the record's id.
    """
    if earlier := acts.record_on(session, row.id, on):
        return earlier
    _check_day(session, catalogue, row, on, actor.today)
    note = checked_text(note, "备注")
    with one_deed(session):
        record_id = acts.add_record(session, [row], actor, day=on, amount=amount, note=note)
        total, _ = acts.recorded(session, row.id)
        acts.change(session, row, "surplus", actor, reason=note, values={"amount": total})
    return record_id


def _is_said_again(session: Session, task_id: int, on: date) -> bool:
    """Whether the task is settled already by this very day: a second tap changes nothing."""
    row = acts.locked_task(session, task_id)
    return bool(row.state == State.DONE and row.completed_on == on)


def checked_text(text: str, what: str) -> str:
    """What a person typed, without control characters. Raises Refused where it is too long."""
    clean = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if len(clean) > LONGEST_TEXT:
        raise Refused(
            f"{what}最长 {LONGEST_TEXT} 个字，现在有 {len(clean)} 个。", field=_FIELDS[what]
        )
    return clean


def _check_together(catalogue: Catalogue, rows: Sequence[AnyRow]) -> None:
    if len(rows) == 1:
        return
    counted = []
    for row in rows:
        if row.step != OWN:
            raise Refused(f"任务 {row.id} 是流程中的一步，请单独登记。")
        duty = catalogue.duties.get(row.duty)
        if duty is None:
            raise Refused(f"任务 {row.id} 的规则已移除，不能一并登记。")
        counted.append(Counted(row.org_id, duty, row.period))
    for row, other in zip(rows[1:], counted[1:], strict=True):
        if not may_count_together(counted[0], other):
            titles = f"“{counted[0].duty.title}”和“{other.duty.title}”"
            raise Refused(f"按规则{titles}（任务 {row.id}）不能用一次活动一并登记。")


def _count(
    session: Session,
    catalogue: Catalogue,
    row: AnyRow,
    actor: Actor,
    *,
    note: str,
) -> bool:
    """Add up what is recorded for a task; where that is enough, settle it or hand it up.

    Whether it is settled.
    """
    amount, last = acts.recorded(session, row.id)
    values: dict[str, object] = {"amount": amount}
    duty = catalogue.duties.get(row.duty)
    if amount >= row.target and duty and duty.confirm:
        values |= {"state": State.SUBMITTED.value, "completed_on": last, "next_on": None}
    elif amount >= row.target:
        values |= {
            "state": State.DONE.value,
            "completed_on": last,
            "settled_at": actor.now,
            "next_on": None,
        }
    number = acts.change(session, row, "done", actor, reason=note, values=values)
    if values.get("state") == State.SUBMITTED:
        day = catalogue.calendar.on_or_after(actor.today)
        notices.add_for_act(session, row, DECIDE, number, due_on=day, office=CLERK, level=1)
    return values.get("state") == State.DONE


def missed(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    reason: str,
) -> None:
    """Say that a month's, quarter's or semester's duty was not done, and why.

    A step of a workflow may be skipped at any time; what is counted from it is then counted
    from today. Raises Refused where the duty stays owed until it is done, or its time is
    not over.
    """
    row = _open_task(session, task_id)
    if row.step == OWN:
        _check_missed(catalogue, row, actor.today)
    reason = checked_text(reason, "原因")
    if not reason:
        raise Refused("请写明未按期开展的原因。", field="reason")
    values: dict[str, object] = {
        "state": State.MISSED.value,
        "settled_at": actor.now,
        "next_on": None,
    }
    if row.step != OWN:
        values |= {"planned": actor.today, "planned_by_person": True}
    with one_deed(session):
        acts.change(session, row, "missed", actor, reason=reason, values=values)
        follow(session, catalogue, row, actor)


def _check_missed(catalogue: Catalogue, row: AnyRow, today: date) -> None:
    duty = catalogue.duties.get(row.duty)
    if duty is None or not duty.may_be_missed:
        raise Refused("这项任务不能登记为未按期开展，须办理完成后才能结束。")
    if today <= row.due:
        raise Refused(f"截止日是{day_text(row.due)}，还没有过，不能登记为未按期开展。")


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
    row = _open_task(session, task_id)
    if _waits_for_day(catalogue, row):
        row = own_task(session, row)
    if is_term(catalogue, row) and on < row.opens:
        raise Refused("换届提前举行须先报上级批准。", field="on")
    if not row.opens <= on <= row.due:
        span = f"{day_text(row.opens)}至{day_text(row.due)}"
        raise Refused(f"计划日期应在{span}之间，{day_text(on)}不在其中。", field="on")
    if at and not _HOUR.fullmatch(at):
        raise Refused(f"时间“{at}”写法不对，应为 14:30 这样的形式。", field="at")
    values: dict[str, object] = {
        "planned": on,
        "planned_time": at,
        "place": checked_text(place, "地点"),
        "planned_by_person": True,
        "due_revision": row.due_revision + 1,
        "redated_on": actor.today,
        "next_on": actor.today,
    }
    with one_deed(session):
        acts.change(session, row, "planned", actor, values=values)
        follow(session, catalogue, row, actor, planned_on=on)


def _open_task(session: Session, task_id: int) -> AnyRow:
    row = acts.locked_task(session, task_id)
    state = State(row.state)
    if state in SILENT:
        when = f"，日期{day_text(row.completed_on)}" if row.completed_on else ""
        raise Refused(f"这项任务已经是“{state.label}”{when}，没有重复登记。")
    return row


def is_term(catalogue: Catalogue, row: AnyRow) -> bool:
    """Whether it is the task of a term, which an election settles."""
    duty = catalogue.duties.get(row.duty)
    return duty is not None and isinstance(duty.recurrence, Term) and row.step == OWN


def _waits_for_day(catalogue: Catalogue, row: AnyRow) -> bool:
    step = catalogue.step(row.duty, row.step)
    return bool(step and step.by_planning)


def _check_day(session: Session, catalogue: Catalogue, row: AnyRow, on: date, today: date) -> None:
    """A day to come is refused, and one before the task's time: of a step if a rule says so."""
    if on > today:
        raise Refused(f"{day_text(on)}还没有到，请在办理之后登记。", field="on")
    step = catalogue.step(row.duty, row.step)
    if step and not step.is_own and not step.certainty.binds:
        return
    election = is_term(catalogue, row)
    first = acts.election_anchor(session, row.start_event_id).day if election else row.opens
    if on < first or (election and on == first):
        earlier = "" if election else "；是上一期办的，请登记在上一期的任务里"
        raise Refused(
            f"{day_text(on)}早于这项任务的开始日{day_text(first)}，请检查日期{earlier}。",
            field="on",
        )


def needs_acceptance(session: Session, catalogue: Catalogue, task_id: int) -> bool:
    """Whether a superior has to confirm that the task was done. Raises Refused for none such."""
    duty = catalogue.duties.get(acts.locked_task(session, task_id).duty)
    return duty is not None and duty.confirm


def check_unchanged(session: Session, task_id: int, seen: str, unit: str) -> None:
    """A second tap must not count twice. Raises Refused where the page showed another amount."""
    row = acts.locked_task(session, task_id)
    if State(row.state) not in SILENT and seen != str(row.amount):
        progress = f"{row.amount} / {row.target} {unit}"
        raise Refused(f"打开页面以后这项任务又登记过，现在是 {progress}。还有的请再登记一次。")
