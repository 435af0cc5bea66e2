"""What a dissolved organization leaves behind passes to the one that a person named.

Its unsettled tasks and open cases are taken on by the successor, under the same numbers;
its term goes on there unless the successor has one of its own. What is settled stays.
"""

from datetime import date, datetime

from dj_cadence.domain.planning.slot import TERM
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import TermNotice
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State, Task
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import start_events, succession, tasks
from dj_cadence.store.tasks.succession import Succession


def hand_over(database: Database, catalogue: Catalogue, *, today: date, now: datetime) -> bool:
    """Pass on what dissolved organizations left open; False where there was nothing.

    To be called when the plan has been rolled forward: what is no longer owed is withdrawn
    by then. Repeating it changes nothing.
    """
    notices = [k for k, d in catalogue.duties.items() if isinstance(d.recurrence, TermNotice)]
    with database.read() as session:
        if not succession.pending(session, today, notices):
            return False
    actor = Actor("dj-cadence", now, today)
    with database.write() as session:
        successions = succession.pending(session, today, notices)
        for ended in successions:
            if ended.elected_on:
                start_events.take_over_term(session, ended.successor_id, ended.elected_on, actor)
        for ended in successions:
            for task in succession.left_open(session, ended.id, notices):
                _pass_task(session, ended, task, actor)
            orgs.mark_handed_over(session, ended.id)
        concerned = {id_ for ended in successions for id_ in (ended.id, ended.successor_id)}
        orgs.mark_changed(session, concerned)
    return bool(successions)


def _pass_task(session: Session, ended: Succession, task: Task, actor: Actor) -> None:
    if task.subject_id < 0:
        _pass_case(session, ended, -task.subject_id, actor)
    elif task.period == TERM:
        _close(session, ended, task, actor, f"任期由{ended.successor}接续")
    elif _is_still_owed(session, ended, task):
        about = task.subject_id or ended.id  # handed on twice, it is still about the first
        to = transitions.hand_over(task, actor.today, org_id=ended.successor_id, subject_id=about)
        tasks.change(session, task, to, actor, _taken_on(ended))
    else:
        _close(session, ended, task, actor, "本期不再要求")


def _is_still_owed(session: Session, ended: Succession, task: Task) -> bool:
    """Whether the successor owes it: begun, or under the plan as it is now.

    The plan is asked at the first handing over only: what is open later was owed when it was
    settled. What nobody touched it would have taken back.
    """
    if task.state is State.SUBMITTED or task.amount or ended.is_repeated:
        return True
    return bool(task.subject_id) or not task.has_acts or succession.is_planned(session, task)


def _pass_case(session: Session, ended: Succession, number: int, actor: Actor) -> None:
    """A case goes as a whole, with what is settled of it: its clocks began together."""
    if not start_events.pass_case(session, number, ended.id, ended.successor_id):
        return  # with another of its tasks
    for task in succession.of_case(session, ended.id, number):
        to = transitions.hand_over(task, actor.today, org_id=ended.successor_id)
        tasks.change(session, task, to, actor, _taken_on(ended))


def _taken_on(ended: Succession) -> str:
    return f"{ended.name}撤销，由{ended.successor}承接"


def _close(session: Session, ended: Succession, task: Task, actor: Actor, why: str) -> None:
    tasks.change(session, task, transitions.waive(actor.now), actor, f"{ended.name}撤销，{why}")
