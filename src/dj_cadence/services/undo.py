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
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.act import UNDOABLE, ActKind, contradict, facts_in
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import OWED, State, Task, dates_of, state_on
from dj_cadence.domain.tasks.transitions import TaskChange
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


def concerned(session: Session, task_id: int) -> tuple[ActKind | None, list[int]]:
    """(what `undo` would take back, the tasks that it changed), of the last deed on a task.

    (None, []) where there is nothing to take back.
    """
    last = acts.last_on(session, task_id)
    if last is None:
        return None, []
    changed = {a.task_id for a in acts.acts_of(session, last.deed) if a.kind in UNDOABLE}
    return last.kind, sorted(changed)


def undo(
    session: Session, catalogue: Catalogue, task_id: int, actor: Actor, *, reason: str
) -> State:
    """Take back what was done to a task last, with all that it did to others; its state then.

    Raises Refused without a reason, where nothing can be taken back, where something that was
    done later rests on it, and for an election on whose own term somebody has acted.
    """
    tasks.locked(session, task_id)
    last = acts.last_on(session, task_id)
    if last is None:
        raise Refused("这项任务没有可以撤回的登记。")
    reason = need_reason(reason, "撤回")
    undone = acts.acts_of(session, last.deed)
    _check_nothing_rests_on(session, last.deed, undone)
    _take_back_election(session, undone, actor.now)
    record_id = undone[-1].record_id or 0
    counted = records.counted_for(session, record_id)
    org_ids, done_by = set(), []
    task_ids = list(dict.fromkeys(act.task_id for act in reversed(undone)))
    for one_id in task_ids:  # first what the deed was about
        task = tasks.locked(session, one_id)
        own = [act for act in undone if act.task_id == one_id]
        recorded = records.recorded(session, one_id, without=record_id)
        left = recorded if one_id in counted else None
        done_by.append(_restore(session, catalogue, task, own, left, actor, reason))
        org_ids.add(task.org_id)
    if record_id:
        records.take_back(session, record_id, actor.now)
    acts.mark_undone(session, last.deed, done_by[0])
    tasks.note_own_acts(session, task_ids)
    notices.close_needless(session, task_ids=task_ids)
    _catch_up(session, catalogue, org_ids, actor)
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
        tasks.change(session, task, transitions.withdraw(actor.now), actor, reason)
    org_id = orgs.find_org(session, org_code).id
    _catch_up(session, catalogue, [org_id], actor)


def _catch_up(
    session: Session, catalogue: Catalogue, org_ids: Collection[int], actor: Actor
) -> None:
    """Plan these organizations and look at their tasks at once, as the next pass would."""
    today, now = actor.today, actor.now
    orgs.mark_changed(session, org_ids)
    replan(session, catalogue, today=today, now=now)
    together = orgs.planned_together(session, org_ids)
    advance_at(session, catalogue, together, today=today, now=now)


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
        added_up = own and own.record_id and later.record_id  # in any order
        if own and (added_up or not contradict(own.after, later.after)):
            continue  # all else was said of what it found
        if later.kind is ActKind.ACCEPT:
            raise Refused("上级已经确认，须由上级先撤回确认。")
        which = f"任务 {later.task_id} 后来的{later.kind.undo_label}"
        raise Refused(f"请先撤回{which}，再撤回这一次。")


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


def _restore(
    session: Session,
    catalogue: Catalogue,
    task: Task,
    own: Sequence[Act],
    left: tuple[int, date | None] | None,
    actor: Actor,
    reason: str,
) -> int:
    """Give a task back what its `own` acts, the last first, took from it; the id of this act.

    `left` is what the other records say of it, where one that counts for it is taken back too.
    """
    values: dict[str, object] = {}
    for act in own:
        values |= _before(task, act, without=_RECORDED if left else ())
    if left:
        values |= _left_over(task, own, *left)
    values |= _owed_again(catalogue, task, values, actor.today)
    revisions = [act.before["due_revision"] for act in own if "due_revision" in act.after]
    if revisions:
        values |= {"due_revision": task.due_revision + 1, "redated_on": actor.today}
        if State(str(values.get("state", task.state))) in OWED:
            values["next_on"] = actor.today
    notices.restore(session, task.id, int(revisions[-1]) if revisions else task.due_revision)
    again = TaskChange(ActKind.UNDO, {"state": task.state, **values}, is_own=False)
    undo_id = tasks.change(session, task, again, actor, reason)
    for act in own:
        if act.kind is ActKind.RETURN:
            records.hand_up_again(session, task.id, act.id)
    if task.step == OWN:
        cohorts.assign_as_task(session, task.id)
    return undo_id


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
