"""What an invented secretary does with a task, in the demonstration and in a simulated year."""

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import tasks

NOTICE_OF_A_MEETING = 14 * DAY


def answer(session: Session, catalogue: Catalogue, task_id: int, actor: Actor) -> bool:
    """Do today what a task asks for: fix the day of a meeting, or hold it.

    False where there is nothing left to do: it was settled together with another.
    """
    task = tasks.locked(session, task_id)
    step = catalogue.step(task.duty, task.step)
    if step and task.state in SILENT:
        return False
    if step and step.by_planning:
        last = tasks.own_task(session, task).due
        held = min(catalogue.calendar.on_or_after(actor.today + NOTICE_OF_A_MEETING), last)
        set_planned(session, catalogue, task_id, actor, on=held)
        return True
    for _ in range(task.target - task.amount):
        done(session, catalogue, task_id, actor, on=actor.today)
    return True
