"""Tasks, and the only place where they are written."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.act import UNDOABLE, ActKind
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import BEGUN, OWED, State, Task
from dj_cadence.domain.tasks.transitions import TaskChange
from dj_cadence.errors import Refused
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import act, slot, task
from dj_cadence.store.tasks import acts


class TaskSlot(NamedTuple):
    """What the rule gives a task, whatever people granted since. Dates are local."""

    opens: date
    due: date
    label: str
    """Of the period, as it is shown."""
    unit: str
    derivation: list[str]
    """Sentences in Chinese."""


_STATE = Task._fields.index("state")
_WORKFLOW = ("duty", "org_id", "subject_id", "start_event_id", "period")
"""What the tasks of one workflow share."""
_IS_OWED = task.c.state.in_(sorted(OWED))


# --- writing ----------------------------------------------------------------------------------


def change(
    session: Session, before: Task, change: TaskChange, actor: Actor, reason: str = ""
) -> int:
    """Change a task because somebody said so, and write down who, when, what and why.

    Returns the act's id.
    """
    changed = update(task).where(task.c.id == before.id)
    session.execute(
        changed.values(
            **change.columns,
            has_acts=before.has_acts or change.is_own,
            sequence=task.c.sequence + 1,
            changed_at=actor.now,
        )
    )
    return acts.add(session, before, change, actor, reason)


def change_where(
    session: Session, condition: ColumnElement[bool], values: Mapping[str, Any]
) -> None:
    """Change all tasks of a condition, as a plan or a day that goes by does."""
    session.execute(update(task).where(condition).values(**values))


def shown_anew(now: datetime) -> dict[str, Any]:
    """The columns of a change that calendars must be told of."""
    return {"sequence": task.c.sequence + 1, "changed_at": now}


def update_state(
    session: Session, task_ids: Collection[int], values: dict[str, Any], changed_at: datetime | None
) -> None:
    """Write down what a day made of some tasks; `changed_at` where their state is another one."""
    shown = shown_anew(changed_at) if changed_at else {}
    change_where(session, task.c.id.in_(task_ids), values | shown)


def look_again(
    session: Session, task_ids: Collection[int], day: date, *, only_sooner: bool = False
) -> None:
    """Have tasks looked at on `day`; `only_sooner` not those that are looked at before."""
    if not task_ids:
        return
    these: ColumnElement[bool] = task.c.id.in_(task_ids)
    if only_sooner:
        these = and_(these, or_(task.c.next_on.is_(None), task.c.next_on > day))
    change_where(session, these, {"next_on": day})


def create_from(session: Session, columns: Sequence[str], rows: AnySelect) -> int:
    """Write a task for each row, in the rows' order; returns how many."""
    statement = insert(task).from_select(columns, rows)
    counting = {"preserve_rowcount": True}
    return session.connection().execute(statement, execution_options=counting).rowcount


def note_own_acts(session: Session, task_ids: Collection[int]) -> None:
    """Say anew of each whether anything that somebody did to the task itself still stands.

    Of the others the plan may take back what it no longer asks for.
    """
    own = and_(act.c.task_id == task.c.id, act.c.undone_in.is_(None))
    kinds = act.c.kind.in_(sorted({*UNDOABLE, ActKind.HANDOVER}))
    stands = exists().where(own, kinds).correlate(task)
    change_where(session, task.c.id.in_(task_ids), {"has_acts": stands})


# --- reading ----------------------------------------------------------------------------------


def read_task(row: Sequence[Any]) -> Task:
    """A row of all of the table's columns, in their order."""
    return Task._make([*row[:_STATE], State(row[_STATE]), *row[_STATE + 1 :]])


def find(session: Session, task_id: int, *, hold: bool = False) -> Task:
    """The task; to `hold` it until the transaction ends. Raises Refused where there is none."""
    rows = where(session, task.c.id == task_id, hold=hold)
    if not rows:
        raise Refused(f"没有编号为 {task_id} 的任务。用 tasks 命令可以查看任务编号。")
    return rows[0]


def locked(session: Session, task_id: int) -> Task:
    """The task, held until the transaction ends. Raises Refused where there is none."""
    return find(session, task_id, hold=True)


def where(session: Session, *conditions: ColumnElement[bool], hold: bool = False) -> list[Task]:
    """Those for which all of this holds, in the order of their numbers.

    To `hold` them until the transaction ends.
    """
    query = select(task).where(*conditions).order_by(task.c.id)
    return _tasks(session, query.with_for_update() if hold else query)


def due(session: Session, today: date, most: int) -> list[Task]:
    """What has waited longest to be looked at, held until the transaction ends."""
    query = select(task).where(task.c.next_on <= today).order_by(task.c.next_on, task.c.id)
    return _tasks(session, query.limit(most).with_for_update())


def any_due(session: Session, today: date) -> bool:
    """Whether there is a task that is due to be looked at."""
    query = select(task.c.id).where(task.c.next_on <= today).limit(1)
    return session.execute(query).first() is not None


def due_of(session: Session, org_ids: Collection[int], today: date) -> list[Task]:
    """The same, of a few organizations."""
    return where(session, task.c.org_id.in_(sorted(org_ids)), task.c.next_on <= today)


def reminded_of(session: Session, org_ids: Collection[int]) -> list[Task]:
    """The tasks of some organizations that have begun and that somebody is to do something for."""
    here = task.c.org_id.in_(sorted(org_ids))
    return where(session, here, task.c.state.in_(sorted(BEGUN)))


def slot_of(session: Session, of: Task) -> TaskSlot:
    columns = [slot.c[name] for name in TaskSlot._fields]
    return TaskSlot(*session.execute(select(*columns).where(slot.c.id == of.slot_id)).one())


def in_workflow(session: Session, beside: Task, *, hold: bool = False) -> list[Task]:
    """All tasks of the workflow that a task belongs to, by due date.

    To `hold` them until the transaction ends. Those taken back are among them.
    """
    return sorted(where(session, _beside(beside), hold=hold), key=lambda one: one.due)


def own_task(session: Session, step: Task) -> Task:
    """The duty's own task beside one of its steps, held."""
    return where(session, _beside(step), task.c.step == OWN, hold=True)[0]


def _beside(other: Task) -> ColumnElement[bool]:
    return and_(*(task.c[name] == getattr(other, name) for name in _WORKFLOW))


def workflow_key(member: Task) -> tuple[object, ...]:
    """What the tasks of one workflow share."""
    return tuple(getattr(member, name) for name in _WORKFLOW)


def owed_in_workflows(session: Session, some: Sequence[Task]) -> list[Task]:
    """What is owed of the duties, at the organizations, of these tasks."""
    duties, orgs = {one.duty for one in some}, {one.org_id for one in some}
    return where(session, task.c.duty.in_(duties), task.c.org_id.in_(orgs), _IS_OWED)


def hanging_on_election(session: Session, term: Task) -> list[Task]:
    """The owed tasks of others that hang on the same election as a term, held."""
    same = (task.c.start_event_id == term.start_event_id, task.c.subject_id == term.org_id)
    return where(session, *same, _IS_OWED, hold=True)


def of_term(session: Session, org_id: int, start_event_id: int) -> list[Task]:
    """The organization's own task, while it is owed, of the term that ran from an election."""
    mine = (task.c.org_id == org_id, task.c.subject_id == 0, task.c.step == OWN)
    return where(session, *mine, task.c.start_event_id == start_event_id, _IS_OWED)


def of_case(session: Session, number: int) -> list[Task]:
    """The tasks that a case started, held; not those taken back."""
    mine = task.c.subject_id == -number
    return where(session, mine, task.c.state != State.WITHDRAWN, hold=True)


def of_duty(session: Session, duty: str, org_id: int) -> list[tuple[Task, str]]:
    """The organization's own tasks of a duty, not those of its steps, with their periods' labels.

    Those taken back are left out.
    """
    mine = (task.c.duty == duty, task.c.org_id == org_id, task.c.step == OWN)
    query = select(task, slot.c.label).join_from(task, slot, slot.c.id == task.c.slot_id)
    rows = session.execute(query.where(*mine, task.c.state != State.WITHDRAWN))
    return [(read_task(row[:-1]), row[-1]) for row in rows]


def _tasks(session: Session, query: Select[Any]) -> list[Task]:
    return [read_task(row) for row in session.execute(query)]
