"""What holds the tasks of a workflow together: one step at a time, each moving the next."""

from collections.abc import Sequence
from datetime import date

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN, Workflow
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT, State, Task
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import tasks


def speaking_tasks(
    session: Session, catalogue: Catalogue, some: Sequence[Task], today: date
) -> list[Task]:
    """Those of `some` that may remind: of a workflow's tasks only the current step's."""
    stepped = [task for task in some if _workflow(catalogue, task.duty)]
    if not stepped:
        return list(some)
    standing: dict[tuple[object, ...], dict[str, tuple[State, date]]] = {}
    for task in tasks.owed_in_workflows(session, stepped):
        standing.setdefault(tasks.workflow_key(task), {})[task.step] = (task.state, task.due)
    silent = set()
    for task in stepped:
        workflow, steps = _workflow(catalogue, task.duty), standing.get(tasks.workflow_key(task))
        if workflow and workflow.current(steps or {}, today) not in (task.step, None):
            silent.add(task.id)
    return [task for task in some if task.id not in silent]


def _workflow(catalogue: Catalogue, duty_key: str) -> Workflow | None:
    duty = catalogue.duties.get(duty_key)
    return duty.workflow if duty else None


def steps_beside(session: Session, task: Task) -> list[Task]:
    """All tasks of the workflow that a task belongs to, but for those taken back."""
    return [step for step in tasks.in_workflow(session, task) if step.state is not State.WITHDRAWN]


def follow(
    session: Session,
    catalogue: Catalogue,
    task: Task,
    actor: Actor,
    *,
    held_on: date | None = None,
    planned_on: date | None = None,
) -> None:
    """Draw the consequences of an act on `task`, which is as it was before the act.

    The steps in front of an own task that was `held_on` a day are settled with it, those
    that wait for its day once it is `planned_on` one. The step that has become the current
    one may speak at once. What hangs on the day is dated by the next plan.
    """
    workflow = _workflow(catalogue, task.duty)
    if workflow is None:
        return
    orgs.mark_changed(session, [task.org_id])
    siblings = tasks.in_workflow(session, task, hold=True)
    if task.step == OWN:
        reason = "所在流程的主要环节已定日期或已办结"
        for sibling in siblings:
            step = workflow.step(sibling.step)
            if step is None or step.is_own or sibling.state in SILENT:
                continue
            is_before = held_on and sibling.step in workflow.before(OWN)
            if is_before or (planned_on and step.by_planning):
                done = transitions.complete(sibling, held_on or actor.today, actor.now)
                tasks.change(session, sibling, done, actor, reason)
    _release(session, workflow, task, siblings, actor)


def _release(
    session: Session, workflow: Workflow, task: Task, before: Sequence[Task], actor: Actor
) -> None:
    """Let the step that became the current one say what it was silent about."""
    was = {sibling.step: (sibling.state, sibling.due) for sibling in before} | {
        task.step: (task.state, task.due)
    }
    after = {sibling.step: sibling for sibling in tasks.in_workflow(session, task, hold=True)}
    is_ = {step: (sibling.state, sibling.due) for step, sibling in after.items()}
    current = workflow.current(is_, actor.today)
    if current is not None and current != workflow.current(was, actor.today):
        released = after[current]
        tasks.change(session, released, transitions.release(released, actor.today), actor)
