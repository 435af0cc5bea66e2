"""What a person does to a task from a page."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Unpack

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from dj_cadence.entrypoints.web.visit import Visit, whole_number
from dj_cadence.services import records
from dj_cadence.services.access import Visitor
from dj_cadence.services.records import Who

SAID = {
    "done": "已登记完成。",
    "missed": "已登记未开展。",
    "planned": "日期已定。",
    "reopen": "已撤销登记，任务恢复为未办。",
}
"""The acts, with what the page says after each."""


def perform(visit: Visit, session: Session, person: Visitor, allowed: Collection[int]) -> None:
    """Carry out the act in the address on the task in the form, as `person`.

    Raises Refused for what cannot be done, HTTPException 404 for an act that does not
    exist and 403 for a task outside `allowed`.
    """
    act = _ACTS.get(visit.path("act"))
    if act is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    task_id = whole_number(visit.form.get("task", ""))
    if task_id not in allowed:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    act(visit, session, task_id, by=person.key, now=visit.now, today=visit.today)


def _done(visit: Visit, session: Session, task_id: int, **who: Unpack[Who]) -> None:
    on, note = visit.date_field("on"), visit.form.get("note", "")
    records.done(session, visit.catalogue, task_id, on=on, note=note, **who)


def _missed(visit: Visit, session: Session, task_id: int, **who: Unpack[Who]) -> None:
    reason = visit.form.get("reason", "")
    records.missed(session, visit.catalogue, task_id, reason=reason, **who)


def _planned(visit: Visit, session: Session, task_id: int, **who: Unpack[Who]) -> None:
    on, at, place = visit.date_field("on"), visit.form.get("at", ""), visit.form.get("place", "")
    records.set_planned(session, visit.catalogue, task_id, on=on, at=at, place=place, **who)


def _reopen(visit: Visit, session: Session, task_id: int, **who: Unpack[Who]) -> None:
    records.reopen(session, task_id, reason=visit.form.get("reason", ""), **who)


_ACTS = {"done": _done, "missed": _missed, "planned": _planned, "reopen": _reopen}
