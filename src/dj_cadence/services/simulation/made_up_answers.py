"""What an invented secretary does with a task, in the demonstration and in a simulated year."""

from sqlalchemy import select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT, State
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.services.tasks.workflow import own_task
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import task

NOTICE_OF_A_MEETING = 14 * DAY


def answer(session: Session, catalogue: Catalogue, row: AnyRow, actor: Actor) -> bool:
    """Do today what the task in `row` asks for: fix the day of a meeting, or hold it.

    False where there is nothing left to do: it was settled together with another.
    """
    step = catalogue.step(row.duty, row.step)
    if step and _is_settled(session, row.id):
        return False
    if step and step.by_planning:
        last = own_task(session, row).due
        held = min(catalogue.calendar.on_or_after(actor.today + NOTICE_OF_A_MEETING), last)
        set_planned(session, catalogue, row.id, actor, on=held)
        return True
    for _ in range(row.target - row.amount):
        done(session, catalogue, row.id, actor, on=actor.today)
    return True


def _is_settled(session: Session, task_id: int) -> bool:
    state = select(task.c.state).where(task.c.id == task_id)
    return State(session.execute(state).scalar_one()) in SILENT
