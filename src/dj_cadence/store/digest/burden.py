"""What the product asks of each organization: messages, and fields to fill in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select, union_all
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.domain.tasks.task import LET_OFF
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import digest, message, notice, org, slot, task

_DATE_AND_AMOUNT = 2


@dataclass(frozen=True, slots=True)
class Burden:
    """Of one organization in one month."""

    org: str
    org_name: str
    messages: int
    """That went out to its people about what it owes, digests included."""
    fields: int
    """To be filled in to record what falls due: a date each time, with hours the number too."""


def burdens(session: Session, first: int, last: int, since: date, until: date) -> Sequence[Burden]:
    """Of each organization at these positions, in their own order, for the days `since`…`until`."""
    here = org.c.position.between(first, last)
    messages, fields = (
        {row[0]: int(row[1]) for row in session.execute(counted(here, since, until))}
        for counted in (_messages, _fields)
    )
    columns = (org.c.id, org.c.code, org.c.name)
    rows = session.execute(select(*columns).where(here).order_by(org.c.position))
    return [
        Burden(row.code, row.name, messages.get(row.id, 0), fields.get(row.id, 0)) for row in rows
    ]


def _messages(here: ColumnElement[bool], since: date, until: date) -> AnySelect:
    went_out = (message.c.state == MessageState.SENT, message.c.day.between(since, until), here)
    about_tasks = (
        select(notice.c.org_id, message.c.id)
        .join_from(message, notice, notice.c.message_id == message.c.id)
        .join(org, org.c.id == notice.c.org_id)
        .where(*went_out)
    )
    digests = (
        select(digest.c.org_id, message.c.id)
        .join_from(message, digest, digest.c.message_id == message.c.id)
        .join(org, org.c.id == digest.c.org_id)
        .where(*went_out)
    )
    both = union_all(about_tasks, digests).subquery()
    return select(both.c.org_id, func.count(both.c.id.distinct())).group_by(both.c.org_id)


def _fields(here: ColumnElement[bool], since: date, until: date) -> AnySelect:
    each = case((slot.c.unit == "学时", _DATE_AND_AMOUNT), else_=task.c.target)
    return (
        select(task.c.org_id, func.sum(each))
        .join_from(task, slot, slot.c.id == task.c.slot_id)
        .join(org, org.c.id == task.c.org_id)
        .where(here, task.c.due.between(since, until), task.c.state.not_in(sorted(LET_OFF)))
        .group_by(task.c.org_id)
    )
