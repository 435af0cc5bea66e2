"""What the product asks of each organization in messages and fields, and whom it cannot reach."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, select, union_all
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.messages.states import MessageState
from dj_cadence.domain.tasks.task import BEGUN, LET_OFF, State
from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import (
    address,
    appointment,
    digest,
    message,
    notice,
    org,
    person,
    slot,
    task,
)

_DATE_AND_AMOUNT = 2


class Burden(NamedTuple):
    """Of one organization in one month."""

    org: str
    org_name: str
    messages: int
    """That went out to its people about what it owes, digests included."""
    fields: int
    """To be filled in to record what falls due: a date each time, with hours the number too."""


def of_month(session: Session, first: int, last: int, month: date) -> Sequence[Burden]:
    """Of each organization at these positions, in their own order, from the day `month` on."""
    here, until = org.c.position.between(first, last), add_months(month, 1) - DAY
    messages, fields = (
        {row[0]: int(row[1]) for row in session.execute(counted(here, month, until))}
        for counted in (_messages, _fields)
    )
    columns = (org.c.id, org.c.code, org.c.name)
    rows = session.execute(select(*columns).where(here).order_by(org.c.position))
    return [
        Burden(row.code, row.name, messages.get(row.id, 0), fields.get(row.id, 0)) for row in rows
    ]


def _messages(here: ColumnElement[bool], since: date, until: date) -> AnySelect:
    went_out = (message.c.state == MessageState.SENT, message.c.day.between(since, until), here)
    both = union_all(
        *(
            select(said.c.org_id, message.c.id)
            .join_from(message, said, said.c.message_id == message.c.id)
            .join(org, org.c.id == said.c.org_id)
            .where(*went_out)
            for said in (notice, digest)
        )
    ).subquery()
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


class UnreachedPerson(NamedTuple):
    """Who holds an office and has no address, with what the organization owes."""

    code: str
    org_name: str
    office: str
    person: str
    phone: str
    open: int
    """How many tasks, those overdue included."""
    overdue: int


def unreached(
    session: Session, first: int, last: int, channels: Collection[str], today: date
) -> list[UnreachedPerson]:
    """Office-holders without an address on these channels, in the organizations' own order."""
    usable = exists().where(
        address.c.person_id == person.c.id,
        address.c.channel.in_(sorted(channels)),
        address.c.state == "ok",
    )
    phone = (
        select(func.min(address.c.value))
        .where(address.c.person_id == person.c.id, address.c.channel == "phone")
        .correlate(person)
        .scalar_subquery()
    )
    late = case((task.c.state == State.OVERDUE.value, 1), else_=0)
    who = (org.c.code, org.c.name, appointment.c.office, person.c.name)
    counts = (func.count(task.c.id), func.coalesce(func.sum(late), 0))
    query = (
        select(*who, func.coalesce(phone, ""), *counts)
        .join_from(appointment, person, person.c.id == appointment.c.person_id)
        .join(org, org.c.id == appointment.c.org_id)
        .outerjoin(task, and_(task.c.org_id == org.c.id, task.c.state.in_(sorted(BEGUN))))
        .where(org.c.position.between(first, last), ~usable)
        .where(holds_office(today))
        .group_by(*who, org.c.position, appointment.c.id, person.c.id)
        .order_by(org.c.position, appointment.c.id)
    )
    return [UnreachedPerson._make(row) for row in session.execute(query)]
