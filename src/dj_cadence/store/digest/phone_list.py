"""People whom no message reaches, and what they have to be told by telephone."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.conditions import holds_office
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import address, appointment, org, person, task

_OWED = (State.OPEN, State.RETURNED, State.UNRECORDED, State.OVERDUE)


def unreached(
    session: Session, first: int, last: int, channels: Collection[str], today: date
) -> Sequence[AnyRow]:
    """(code, org_name, office, person, phone, open, overdue) of office-holders without an address.

    In the organizations' own order. The numbers are those of the organization.
    """
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
            org.c.name.label("org_name"),
            appointment.c.office,
            person.c.name.label("person"),
            func.coalesce(phone, "").label("phone"),
            func.count(task.c.id).label("open"),
            func.coalesce(func.sum(late), 0).label("overdue"),
        )
        .join_from(appointment, person, person.c.id == appointment.c.person_id)
        .join(org, org.c.id == appointment.c.org_id)
        .outerjoin(task, and_(task.c.org_id == org.c.id, task.c.state.in_(_OWED)))
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
    return session.execute(query).all()
