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
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.deed import DeedKind, contradict, facts_in
from dj_cadence.domain.tasks.task import OWED, State, owed_again
from dj_cadence.errors import Refused
from dj_cadence.services.planning.apply import replan
from dj_cadence.services.reminders.daily_update import advance_at
from dj_cadence.services.tasks.superior_decisions import need_reason
from dj_cadence.services.tasks.workflow import steps_beside
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.planning import writes
from dj_cadence.store.reminders import notices
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import acts, deeds

_RECORDED = ("amount", "state", "completed_on", "settled_at", "next_on")
"""What follows from the records of a task, which are added up anew."""


def last_deed(session: Session, task_id: int) -> AnyRow:
    """The act on a task that `undo` would take back. Raises Refused where there is none."""
    acts.locked_task(session, task_id)
    found = deeds.last_on(session, task_id)
    if found is None:
        raise Refused("这项任务没有可以撤回的登记。")
    return found


def last_deed_kind(session: Session, task_id: int) -> DeedKind:
    """What `undo` would take back. Raises Refused where there is nothing."""
    return DeedKind(last_deed(session, task_id).kind)


def concerned(session: Session, task_id: int) -> tuple[bool, list[int]]:
    """(whether only a superior takes it back, the tasks that it changed), of the last deed.

    (False, []) where there is nothing to take back.
    """
    last = deeds.last_on(session, task_id)
    if last is None:
        return False, []
    return DeedKind(last.kind).is_grant, rests_with(session, last)


def rests_with(session: Session, last: AnyRow) -> list[int]:
    """The tasks that somebody must be allowed to act on to take a deed back."""
    changed = deeds.acts_of(session, last.deed)
    return sorted({one.task_id for one in changed if one.kind in tuple(DeedKind)})


def undo(
    session: Session,
    catalogue: Catalogue,
    task_id: int,
    actor: Actor,
    *,
    reason: str,
) -> State:
    """Take back what was done to a task last, with all that it did to others; its state then.

    Raises Refused without a reason, where nothing can be taken back, where something that was
    done later rests on it, and for an election on whose own term somebody has acted.
    """
    last = last_deed(session, task_id)
    reason = need_reason(reason, "撤回")
    changed = deeds.acts_of(session, last.deed)
    _check_nothing_rests_on(session, last.deed, changed)
    _take_back_election(session, changed, actor.now)
    record_id, by_task = changed[-1].record_id or 0, _by_task(changed)
    back = _Back(session, catalogue, record_id, reason, actor)
    done_by = [back.take_back(task_id, own) for task_id, own in by_task.items()]
    if record_id:
        acts.take_back_record(session, record_id, actor.now)
    deeds.mark_undone(session, last.deed, done_by[0])
    deeds.note_touched(session, by_task)
    notices.close_needless(session, task_ids=by_task)
    catch_up(session, catalogue, back.org_ids, today=actor.today, now=actor.now)
    return State(acts.locked_task(session, task_id).state)


def catch_up(
    session: Session, catalogue: Catalogue, org_ids: Collection[int], *, today: date, now: datetime
) -> None:
    """Plan these organizations and look at their tasks at once, as the next pass would."""
    orgs.mark_changed(session, org_ids)
    replan(session, catalogue, today=today, now=now)
    concerned = orgs.planned_together(session, org_ids)
    advance_at(session, catalogue, concerned, today=today, now=now)


def _by_task(changed: Sequence[AnyRow]) -> dict[int, list[AnyRow]]:
    """The acts of each task, the last first; the task that the deed was about comes first."""
    found: dict[int, list[AnyRow]] = {}
    for one in reversed(changed):
        found.setdefault(one.task_id, []).insert(0, one)
    return found


# --- whether it may be -------------------------------------------------------------------------


def _check_nothing_rests_on(session: Session, deed: int, changed: Sequence[AnyRow]) -> None:
    mine = {one.task_id: one for one in changed}
    beside = {
        step.id
        for one in changed
        if one.kind in tuple(DeedKind)
        for step in steps_beside(session, acts.locked_task(session, one.task_id))
    }
    for later in deeds.later_on(session, deed, sorted(beside | mine.keys())):
        in_workflow = later.task_id not in mine
        own = mine.get(later.task_id)
        if in_workflow or (own and _rests_on(own, later)):
            raise Refused(_in_the_way(later))


def _rests_on(earlier: AnyRow, later: AnyRow) -> bool:
    """Records add up in any order; all else was said of what it found."""
    if earlier.record_id and later.record_id:
        return False
    return contradict(earlier.after, later.after)


def _in_the_way(later: AnyRow) -> str:
    kind = DeedKind(later.kind)
    if kind is DeedKind.ACCEPT:
        return "上级已经确认，须由上级先撤回确认。"
    which = f"任务 {later.task_id} 后来的{kind.label}"
    return f"请先撤回{which}，再撤回这一次。"


def _take_back_election(session: Session, changed: Sequence[AnyRow], now: datetime) -> None:
    for one in changed:
        row = acts.locked_task(session, one.task_id)
        if not one.start_event_id or (row.period, row.step, row.subject_id) != (TERM, OWN, 0):
            continue
        if not acts.take_back_election(session, one.start_event_id, row.start_event_id, now):
            raise Refused(
                "新一届已有办理记录，或又登记了换届。请先撤回那些登记；"
                "后来的换届是从花名册登记的，请在花名册中更正上次换届日期。"
            )


# --- taking back -------------------------------------------------------------------------------


class _Back:
    """One undoing, on its way from task to task."""

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        record_id: int,
        reason: str,
        actor: Actor,
    ) -> None:
        self._session, self._catalogue, self._record_id = session, catalogue, record_id
        self._counted = set(acts.counted_for(session, record_id))
        self._reason, self._actor = reason, actor
        self.org_ids: set[int] = set()

    def take_back(self, task_id: int, own: Sequence[AnyRow]) -> int:
        """Give a task back what `own` acts took from it; returns the id of the act of this."""
        session = self._session
        row = acts.locked_task(session, task_id)
        values: dict[str, object] = {}
        for one in own:
            values |= _before(row, one, without=_RECORDED if task_id in self._counted else ())
        if task_id in self._counted:
            values |= self._left_over(row, own)
        values |= self._owed_again(row, values)
        revision = row.due_revision
        if dated := [one for one in own if "due_revision" in one.after]:
            revision = int(dated[-1].before["due_revision"])
            again = {"due_revision": row.due_revision + 1, "redated_on": self._actor.today}
            values |= again | self._at_once(row, values)
        values.setdefault("state", row.state)
        notices.restore(session, task_id, revision)
        number = acts.change(
            session,
            row,
            "undo",
            self._actor,
            reason=self._reason,
            values=values,
            touches=False,
        )
        for one in own:
            if one.kind == DeedKind.RETURN:
                acts.hand_up_again(session, task_id, one.id)
        if row.step == OWN:
            writes.forget_move(session, task_id)
        self.org_ids.add(row.org_id)
        return number

    def _left_over(self, row: AnyRow, own: Sequence[AnyRow]) -> dict[str, object]:
        """What the other records say of a task."""
        amount, last = acts.recorded(self._session, row.id, without=self._record_id)
        values: dict[str, object] = {"amount": amount}
        if State(row.state) not in (State.DONE, State.SUBMITTED):
            return values
        if amount >= row.target:
            return values | {"completed_on": last}
        was = next((one.before["state"] for one in own if "state" in one.before), State.PLANNED)
        return values | {"state": State(was).value, "completed_on": None, "settled_at": None}

    def _owed_again(self, row: AnyRow, values: Mapping[str, object]) -> dict[str, object]:
        """The state that it has today, where it is owed once more."""
        if "state" not in values:
            return {}
        was = State(str(values["state"]))
        if was not in OWED:
            return {"next_on": None}
        opens, due = (values.get(name, getattr(row, name)) for name in ("opens", "due"))
        grace = self._catalogue.recording_grace(row.duty, row.step)
        assert isinstance(opens, date)
        assert isinstance(due, date)
        state = owed_again(
            was, self._actor.today, opens, due, grace, self._catalogue.calendar, row.asked_on
        )
        return {"state": state.value, "settled_at": None, "next_on": self._actor.today}

    def _at_once(self, row: AnyRow, values: Mapping[str, object]) -> dict[str, object]:
        """To be looked at today, where it is owed: dates have moved."""
        state = State(str(values.get("state", row.state)))
        return {"next_on": self._actor.today} if state in OWED else {}


def _before(row: AnyRow, one: AnyRow, *, without: Collection[str]) -> dict[str, object]:
    """What an act changed and nobody since, as it was before; dates as dates."""
    names = facts_in(one.after) | ({"opens", "due", "settled_at"} & one.after.keys())
    found = {}
    for name in sorted(names.difference(without)):
        if acts.plain(getattr(row, name)) == one.after[name]:
            found[name] = _value(name, one.before[name])
    return found


_DAYS = ("planned", "completed_on", "postponed_to", "opens", "due")


def _value(name: str, kept: object) -> object:
    if kept is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(str(kept))
    return datetime.fromisoformat(str(kept)) if name == "settled_at" else kept
