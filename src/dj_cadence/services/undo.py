"""Taking back what a person did: everything that one deed changed, at once.

What a task was before stands in the acts of the deed; what hangs on it is planned and looked
at again in the same transaction, so that page, calendar and reminders say at once what they
would say had it never been done.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from dj_cadence.domain.planning.slot import TERM
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks import change
from dj_cadence.domain.tasks.act import UNDOABLE, ActKind, contradict, facts_in
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.change import TaskChange
from dj_cadence.domain.tasks.task import OWED, State, Task, dates_of, state_on
from dj_cadence.errors import Refused
from dj_cadence.services.planning.apply import replan
from dj_cadence.services.reminders.daily_update import advance_at
from dj_cadence.services.tasks.record import need_reason
from dj_cadence.services.tasks.workflow import steps_beside
from dj_cadence.store.core.database import Session
from dj_cadence.store.planning import cohorts
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import acts, records, start_events, tasks
from dj_cadence.store.tasks.acts import Act

_RECORDED = ("amount", "state", "completed_on", "settled_at", "next_on")
"""What follows from the records of a task, which are added up anew."""
_DAYS = ("planned", "completed_on", "postponed_to", "opens", "due")


def last_deed(session: Session, task_id: int) -> Act:
    """The act on a task that `undo` would take back. Raises Refused where there is none."""
    tasks.locked(session, task_id)
    last = acts.last_on(session, task_id)
    if last is None:
        raise Refused("这项任务没有可以撤回的登记。")
    return last


def concerned(session: Session, task_id: int) -> tuple[bool, list[int]]:
    """(whether only a superior takes it back, the tasks that it changed), of the last deed.

    (False, []) where there is nothing to take back.
    """
    last = acts.last_on(session, task_id)
    if last is None:
        return False, []
    changed = {a.task_id for a in acts.acts_of(session, last.deed) if a.kind in UNDOABLE}
    return last.kind.is_grant, sorted(changed)


def undo(
    session: Session, catalogue: Catalogue, task_id: int, actor: Actor, *, reason: str
) -> State:
    """Take back what was done to a task last, with all that it did to others; its state then.

    Raises Refused without a reason, where nothing can be taken back, where something that was
    done later rests on it, and for an election on whose own term somebody has acted.
    """
    last = last_deed(session, task_id)
    reason = need_reason(reason, "撤回")
    undone = acts.acts_of(session, last.deed)
    _check_nothing_rests_on(session, last.deed, undone)
    _take_back_election(session, undone, actor.now)
    record_id, by_task = undone[-1].record_id or 0, _by_task(undone)
    counted = records.counted_for(session, record_id)
    org_ids, done_by = set(), []
    for one_id, own in by_task.items():
        task = tasks.locked(session, one_id)
        again = _again(session, catalogue, task, own, actor.today, record_id, counted)
        done_by.append(_restore(session, task, own, again, actor, reason))
        org_ids.add(task.org_id)
    if record_id:
        records.take_back(session, record_id, actor.now)
    acts.mark_undone(session, last.deed, done_by[0])
    tasks.note_own_acts(session, by_task)
    notices.close_needless(session, task_ids=by_task)
    catch_up(session, catalogue, org_ids, today=actor.today, now=actor.now)
    return tasks.locked(session, task_id).state


def take_back_case(
    session: Session, catalogue: Catalogue, number: int, actor: Actor, *, reason: str
) -> None:
    """A case was recorded by mistake: it is gone, and with it the tasks that it started.

    Raises Refused without a reason, for an unknown case, and where somebody has acted on one
    of its tasks: that is taken back first.
    """
    org_code = start_events.case(session, number).code
    reason = need_reason(reason, "撤回")
    started = tasks.of_case(session, number)
    if acted := [str(task.id) for task in started if task.has_acts]:
        raise Refused(f"这件事项已有办理登记，请先撤回任务 {'、'.join(acted)} 的登记。")
    start_events.void(session, number, actor.now)
    for task in started:
        tasks.change(session, task, change.withdraw(actor.now), actor, reason)
    org_id = orgs.find_org(session, org_code).id
    catch_up(session, catalogue, [org_id], today=actor.today, now=actor.now)


def catch_up(
    session: Session, catalogue: Catalogue, org_ids: Collection[int], *, today: date, now: datetime
) -> None:
    """Plan these organizations and look at their tasks at once, as the next pass would."""
    orgs.mark_changed(session, org_ids)
    replan(session, catalogue, today=today, now=now)
    concerned = orgs.planned_together(session, org_ids)
    advance_at(session, catalogue, concerned, today=today, now=now)


def _by_task(undone: Sequence[Act]) -> dict[int, list[Act]]:
    """The acts of each task, the last first; the task that the deed was about comes first."""
    task_ids = dict.fromkeys(act.task_id for act in reversed(undone))
    return {task_id: [act for act in undone if act.task_id == task_id] for task_id in task_ids}


# --- whether it may be -------------------------------------------------------------------------


def _check_nothing_rests_on(session: Session, deed: int, undone: Sequence[Act]) -> None:
    mine = {act.task_id: act for act in undone}
    beside = {
        step.id
        for act in undone
        if act.kind in UNDOABLE
        for step in steps_beside(session, tasks.locked(session, act.task_id))
    }
    for later in acts.later_on(session, deed, sorted(beside | mine.keys())):
        own = mine.get(later.task_id)
        if own is None or _rests_on(own, later):
            raise Refused(_in_the_way(later))


def _rests_on(earlier: Act, later: Act) -> bool:
    """Records add up in any order; all else was said of what it found."""
    if earlier.record_id and later.record_id:
        return False
    return contradict(earlier.after, later.after)


def _in_the_way(later: Act) -> str:
    if later.kind is ActKind.ACCEPT:
        return "上级已经确认，须由上级先撤回确认。"
    which = f"任务 {later.task_id} 后来的{later.kind.undo_label}"
    return f"请先撤回{which}，再撤回这一次。"


def _take_back_election(session: Session, undone: Sequence[Act], now: datetime) -> None:
    for act in undone:
        task = tasks.locked(session, act.task_id)
        if not act.start_event_id or (task.period, task.step, task.subject_id) != (TERM, OWN, 0):
            continue
        if not start_events.take_back_election(
            session, act.start_event_id, task.start_event_id, now
        ):
            raise Refused(
                "新一届已有办理记录，或又登记了换届。请先撤回那些登记；"
                "后来的换届是从花名册登记的，请在花名册中更正上次换届日期。"
            )


# --- what it was before ------------------------------------------------------------------------


def _again(
    session: Session,
    catalogue: Catalogue,
    task: Task,
    own: Sequence[Act],
    today: date,
    record_id: int,
    counted: Collection[int],
) -> dict[str, object]:
    """The columns of a task as they are without its `own` acts, of which the last comes first.

    `record_id` is the record that is taken back too, and counted for the tasks `counted`.
    """
    values: dict[str, object] = {}
    is_counted = task.id in counted
    for act in own:
        values |= _before(task, act, without=_RECORDED if is_counted else ())
    if is_counted:
        values |= _left_over(task, own, *records.recorded(session, task.id, without=record_id))
    values |= _owed_again(catalogue, task, values, today)
    if any("due_revision" in act.after for act in own):
        values |= {"due_revision": task.due_revision + 1, "redated_on": today}
        if State(str(values.get("state", task.state))) in OWED:
            values["next_on"] = today
    return {"state": task.state, **values}


def _before(task: Task, act: Act, *, without: Collection[str]) -> dict[str, object]:
    """What an act changed and nobody since, as it was before; dates as dates."""
    names = facts_in(act.after) | ({"opens", "due", "settled_at"} & act.after.keys())
    return {
        name: _value(name, act.before[name])
        for name in sorted(names.difference(without))
        if acts.plain(getattr(task, name)) == act.after[name]
    }


def _value(name: str, kept: object) -> object:
    if kept is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(str(kept))
    return datetime.fromisoformat(str(kept)) if name == "settled_at" else kept


def _left_over(
    task: Task, own: Sequence[Act], amount: int, last_day: date | None
) -> dict[str, object]:
    """What the other records, of `amount` until `last_day`, say of a task."""
    values: dict[str, object] = {"amount": amount}
    if task.state not in (State.DONE, State.SUBMITTED):
        return values
    if amount >= task.target:
        return values | {"completed_on": last_day}
    was = next((act.before["state"] for act in own if "state" in act.before), State.PLANNED)
    return values | {"state": State(was), "completed_on": None, "settled_at": None}


def _owed_again(
    catalogue: Catalogue, task: Task, values: Mapping[str, object], today: date
) -> dict[str, object]:
    """The state that it has today, where it is owed once more."""
    if "state" not in values:
        return {}
    was = State(str(values["state"]))
    if was not in OWED:
        return {"next_on": None}
    dates = dates_of(task._replace(**values))  # type: ignore[arg-type]
    grace = catalogue.recording_grace(task.duty, task.step)
    state = state_on(today, dates, grace, catalogue.calendar, was)
    return {"state": state, "settled_at": None, "next_on": today}


# --- taking back -------------------------------------------------------------------------------


def _restore(
    session: Session,
    task: Task,
    own: Sequence[Act],
    again: Mapping[str, object],
    actor: Actor,
    reason: str,
) -> int:
    """Give a task back what its `own` acts took from it; returns the id of the act of this."""
    revisions = [act.before["due_revision"] for act in own if "due_revision" in act.after]
    notices.restore(session, task.id, int(revisions[-1]) if revisions else task.due_revision)
    undo_id = tasks.change(
        session, task, TaskChange(ActKind.UNDO, again, is_own=False), actor, reason
    )
    for act in own:
        if act.kind is ActKind.RETURN:
            records.hand_up_again(session, task.id, act.id)
    if task.step == OWN:
        cohorts.assign_as_task(session, task.id)
    return undo_id
