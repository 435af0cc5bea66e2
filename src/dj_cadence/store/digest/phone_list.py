"""People whom no message reaches, and what they have to be told by telephone."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import BEGUN, State
from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.schema import address, appointment, org, person, task


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
    query = (
        select(
            org.c.code,
            org.c.name,
            appointment.c.office,
            person.c.name,
            func.coalesce(phone, ""),
            func.count(task.c.id),
            func.coalesce(func.sum(late), 0),
        )
        .join_from(appointment, person, person.c.id == appointment.c.person_id)
        .join(org, org.c.id == appointment.c.org_id)
        .outerjoin(task, and_(task.c.org_id == org.c.id, task.c.state.in_(sorted(BEGUN))))
        .where(org.c.position.between(first, last), ~usable)
        .where(holds_office(today))
        .group_by(
            org.c.position,
            org.c.code,
            org.c.name,
            appointment.c.id,
            appointment.c.office,
            person.c.id,
            person.c.name,
        )
        .order_by(org.c.position, appointment.c.id)
    )
    return [UnreachedPerson._make(row) for row in session.execute(query)]
