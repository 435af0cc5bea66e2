"""What holds the tasks of a workflow together: one step at a time, each moving the next."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN, Workflow
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import OWED, SILENT, State
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import task
from dj_cadence.store.tasks import acts

_KEY = ("duty", "org_id", "subject_id", "start_event_id", "period")


def speaking_tasks(
    session: Session, catalogue: Catalogue, rows: Sequence[AnyRow], today: date
) -> list[AnyRow]:
    """Those of `rows` that may remind: of a workflow's tasks only the current step's."""
    stepped = [row for row in rows if _workflow(catalogue, row.duty)]
    if not stepped:
        return list(rows)
    standing = _standing(session, stepped)
    silent = {row.id for row in stepped if not _is_current(catalogue, row, standing, today)}
    return [row for row in rows if row.id not in silent]


def _workflow(catalogue: Catalogue, duty: str) -> Workflow | None:
    rule = catalogue.duties.get(duty)
    return rule.workflow if rule else None


_Standing = dict[tuple[object, ...], dict[str, tuple[State, date]]]


def _standing(session: Session, rows: Sequence[AnyRow]) -> _Standing:
    """State and due date of what is owed, by what the steps of one workflow share."""
    mine = and_(
        task.c.duty.in_({row.duty for row in rows}), task.c.org_id.in_({row.org_id for row in rows})
    )
    columns = (task.c[name] for name in (*_KEY, "step", "state", "due"))
    found: _Standing = {}
    for one in session.execute(select(*columns).where(mine, task.c.state.in_(sorted(OWED)))):
        found.setdefault(tuple(one[:5]), {})[one.step] = (State(one.state), one.due)
    return found


def _is_current(catalogue: Catalogue, row: AnyRow, standing: _Standing, today: date) -> bool:
    workflow = _workflow(catalogue, row.duty)
    own = standing.get(tuple(getattr(row, name) for name in _KEY), {})
    return workflow is None or workflow.current(own, today) in (row.step, None)


def steps_beside(session: Session, row: AnyRow) -> list[AnyRow]:
    """All tasks of the workflow that a task belongs to, but for those taken back."""
    live = task.c.state != State.WITHDRAWN
    return list(session.execute(select(task).where(_beside(row), live).order_by(task.c.due)))


def own_task(session: Session, row: AnyRow) -> AnyRow:
    """The duty's own task beside one of its steps, held."""
    found = session.execute(select(task.c.id).where(_beside(row), task.c.step == OWN))
    return acts.locked_task(session, found.scalar_one())


def follow(
    session: Session,
    catalogue: Catalogue,
    row: AnyRow,
    actor: Actor,
    *,
    held_on: date | None = None,
    planned_on: date | None = None,
) -> None:
    """Draw the consequences of an act on `row`, which is as it was before the act.

    The steps in front of an own task that was `held_on` a day are settled with it, those
    that wait for its day once it is `planned_on` one. The step that has become the current
    one may speak at once. What hangs on the day is dated by the next plan.
    """
    workflow = _workflow(catalogue, row.duty)
    if workflow is None:
        return
    orgs.mark_changed(session, [row.org_id])
    before = _siblings(session, row)
    if row.step == OWN:
        for one in _settled_along(workflow, before, held_on, planned_on):
            _settle(session, one, held_on or actor.today, actor)
    _release(session, workflow, row, before, actor)


def _siblings(session: Session, row: AnyRow) -> list[AnyRow]:
    return list(session.execute(select(task).where(_beside(row)).with_for_update()))


def _beside(row: AnyRow) -> ColumnElement[bool]:
    return and_(*(task.c[name] == getattr(row, name) for name in _KEY))


def _settled_along(
    workflow: Workflow, siblings: Sequence[AnyRow], held_on: date | None, planned_on: date | None
) -> Iterator[AnyRow]:
    before = workflow.before(OWN)
    for one in siblings:
        step = workflow.step(one.step)
        if step is None or step.is_own or State(one.state) in SILENT:
            continue
        if (held_on and one.step in before) or (planned_on and step.by_planning):
            yield one


def _settle(session: Session, row: AnyRow, day: date, actor: Actor) -> None:
    values: dict[str, object] = {
        "state": State.DONE.value,
        "amount": row.target,
        "completed_on": day,
        "settled_at": actor.now,
        "next_on": None,
    }
    reason = "所在流程的主要环节已定日期或已办结"
    acts.change(session, row, "done", actor, reason=reason, values=values)


def _release(
    session: Session,
    workflow: Workflow,
    row: AnyRow,
    before: Sequence[AnyRow],
    actor: Actor,
) -> None:
    """Let the step that became the current one say what it was silent about."""
    was = {one.step: (State(one.state), one.due) for one in before}
    was[row.step] = (State(row.state), row.due)
    after = _siblings(session, row)
    is_ = {one.step: (State(one.state), one.due) for one in after}
    current = workflow.current(is_, actor.today)
    if current is None or current == workflow.current(was, actor.today):
        return
    released = next(one for one in after if one.step == current)
    values = {
        "due_revision": released.due_revision + 1,
        # What it says is due from tomorrow: an act of the evening makes nothing late.
        "redated_on": actor.today + DAY,
        "next_on": actor.today,
    }
    acts.change(session, released, "release", actor, values=values, touches=False)
