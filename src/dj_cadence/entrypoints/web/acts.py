"""What a person does to a task from a page: their own acts, and a superior's grants."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Unpack

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from dj_cadence.domain.task import SILENT, State
from dj_cadence.entrypoints.web import words
from dj_cadence.entrypoints.web.security import Forbidden
from dj_cadence.entrypoints.web.visit import Visit, whole_number
from dj_cadence.errors import Refused
from dj_cadence.services import evidence, grants, records
from dj_cadence.services.access import Visitor, may_act
from dj_cadence.services.records import Who
from dj_cadence.store.acts import locked_task
from dj_cadence.store.task_views import TaskRow, tasks

SAID = {
    "done": "已登记完成。",
    "counted": "已登记。这项任务还没有做满，见下面的进度。",
    "election": "换届已登记，新一届从这一天算起。",
    "submitted": "已报送，等上级确认。",
    "evidence": "材料已补交。",
    "missed": "已登记未开展。",
    "planned": "日期已定。",
    "rest": "所选日期不是工作日，已按您的安排保存。",
    "past": "所选日期已经过去，已按您的安排保存。",
    "reopen": "已撤销登记，任务恢复为未办。",
    "postpone": "已准予延期。",
    "waive": "已豁免，不再提醒。",
    "accept": "已确认，任务办结。",
    "return": "已退回，原因会留在记录里。",
}
"""What a page says after an act, by the word in its address."""

ALSO = "also-"
"""What the name of a tick for another task begins with; its number follows."""
Tasks = Mapping[int, TaskRow]


def perform(visit: Visit, session: Session, person: Visitor, own: Tasks, below: Tasks) -> str:
    """Carry out the act in the address on the task in the form; returns its word in SAID.

    `own` are the tasks on which `person` may act, `below` those for which they may grant.
    Raises Refused for what cannot be done, HTTPException 404 for an act that does not
    exist and Forbidden for a task that is not among them.
    """
    name = visit.path("act")
    act, allowed = (_GRANTS.get(name), below) if name in _GRANTS else (_ACTS.get(name), own)
    if act is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    task = allowed.get(whole_number(visit.form.get("task", "")))
    if task is None:
        raise Forbidden(words.NOT_YOURS)
    return act(visit, session, person, task, by=person.key, now=visit.now, today=visit.today)


def keep_papers(visit: Visit, own: Tasks) -> None:
    """Store what came with the form, outside the transaction in which it will be named.

    Raises Forbidden for a task on which the visitor may not act: nothing is kept for it.
    """
    if not visit.papers:
        return
    if whole_number(visit.form.get("task", "")) not in own:
        raise Forbidden(words.NOT_YOURS)
    evidence.keep(visit.settings.folder, visit.papers)


# --- one's own tasks --------------------------------------------------------------------------


def _done(
    visit: Visit, session: Session, person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    on, note = visit.date_field("on"), visit.form.get("note", "")
    amount = whole_number(visit.form.get("amount", "1"))
    if not amount:
        raise Refused(f"请填写这次的{task.unit}数，例如 2。")
    _check_unchanged(visit, session, task)
    also = _also(visit, session, person)
    record_id = records.done(
        session, visit.catalogue, task.id, on=on, note=note, amount=amount, also=also, **who
    )
    evidence.attach(session, task.id, record_id, visit.papers, by=who["by"], now=who["now"])
    if task.done + amount < task.target:
        return "counted"
    if task.rule and task.rule.confirm:
        return "submitted"
    return "election" if words.is_election(task) else "done"


def _also(visit: Visit, session: Session, person: Visitor) -> list[int]:
    """The other tasks that are ticked, each one on which the person may act."""
    ticked = [name.removeprefix(ALSO) for name in visit.form if name.startswith(ALSO)]
    ids = [whole_number(one) for one in ticked]
    rows = tasks(session, visit.catalogue, today=visit.today, ids=ids)
    orgs = {row.org_id for row in rows}
    if len(rows) < len(ids) or not all(may_act(session, person, o, visit.today) for o in orgs):
        raise Forbidden(words.NOT_YOURS)
    return ids


def _evidence(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    evidence.add(session, task.id, visit.papers, by=who["by"], now=who["now"])
    return "evidence"


def _check_unchanged(visit: Visit, session: Session, task: TaskRow) -> None:
    """A second tap must not count twice. Raises Refused when the page shows too little done."""
    now = locked_task(session, task.id)
    seen = visit.form.get("seen", str(now.amount))
    if State(now.state) not in SILENT and seen != str(now.amount):
        progress = f"{now.amount} / {now.target} {task.unit}"
        raise Refused(f"打开页面以后这项任务又登记过，现在是 {progress}。还有的请再登记一次。")


def _missed(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    records.missed(session, visit.catalogue, task.id, reason=_reason(visit), **who)
    return "missed"


def _planned(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    on, at, place = visit.date_field("on"), visit.form.get("at", ""), visit.form.get("place", "")
    records.set_planned(session, visit.catalogue, task.id, on=on, at=at, place=place, **who)
    if not visit.catalogue.calendar.is_working_day(on):
        return "rest"
    return "past" if on < visit.today else "planned"


def _reopen(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    records.reopen(session, task.id, reason=_reason(visit), **who)
    return "reopen"


# --- what a superior grants -------------------------------------------------------------------


def _postpone(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    until, confirmed = visit.date_field("until"), "confirmed" in visit.form
    grants.postpone(
        session,
        visit.catalogue,
        task.id,
        until=until,
        reason=_reason(visit),
        confirmed=confirmed,
        **who,
    )
    return "postpone"


def _waive(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    grants.waive(session, visit.catalogue, task.id, reason=_reason(visit), **who)
    return "waive"


def _accept(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    grants.accept(session, visit.catalogue, task.id, **who)
    return "accept"


def _return(
    visit: Visit, session: Session, _person: Visitor, task: TaskRow, **who: Unpack[Who]
) -> str:
    grants.return_(session, visit.catalogue, task.id, reason=_reason(visit), **who)
    return "return"


def _reason(visit: Visit) -> str:
    return visit.form.get("reason", "")


_ACTS: dict[str, Callable[..., str]] = {
    "done": _done,
    "missed": _missed,
    "planned": _planned,
    "reopen": _reopen,
    "evidence": _evidence,
}
_GRANTS: dict[str, Callable[..., str]] = {
    "postpone": _postpone,
    "waive": _waive,
    "accept": _accept,
    "return": _return,
}
