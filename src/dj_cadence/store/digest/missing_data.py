"""Where data is missing in a part of the tree, in the organizations' own order."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, text
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.organizations.organization import TreeRange
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.shared_conditions import holds_office, in_range, is_current_election
from dj_cadence.store.schema import address, appointment, notice, org, person, start_event, task

_IS_UNREACHABLE = text(f"outcome = '{NoticeOutcome.NO_ADDRESSEE}' AND level > 0")
"""As the index has it."""


class Gap(NamedTuple):
    """Something that an organization lacks."""

    position: int
    org_name: str
    details: tuple[object, ...] = ()


def without_election_date(session: Session, span: TreeRange) -> list[Gap]:
    """Party organizations whose last election nobody has entered."""
    elected = select(start_event.c.org_id).where(is_current_election())
    return _party_organizations(session, span, org.c.id.not_in(elected))


def without_secretary(session: Session, span: TreeRange, today: date) -> list[Gap]:
    """Party organizations whose 书记 is vacant."""
    return _party_organizations(session, span, org.c.id.not_in(_led(today)))


def without_address(
    session: Session, span: TreeRange, today: date, channels: Collection[str]
) -> list[Gap]:
    """Party organizations with a 书记 where nobody has an address on these channels."""
    reached = (
        select(appointment.c.org_id)
        .join(address, address.c.person_id == appointment.c.person_id)
        .where(
            holds_office(today), address.c.state == "ok", address.c.channel.in_(sorted(channels))
        )
    )
    silent = and_(org.c.id.in_(_led(today)), org.c.id.not_in(reached))
    return _party_organizations(session, span, silent)


def bounced_addresses(
    session: Session, span: TreeRange, today: date, since: datetime | None = None
) -> list[Gap]:
    """Addresses in use that were refused or came back; details: (person, channel).

    With `since`, only those found bad from then on.
    """
    query = (
        select(org.c.position, org.c.name, person.c.name, address.c.channel)
        .join_from(address, person)
        .join(appointment, appointment.c.person_id == person.c.id)
        .join(org, org.c.id == appointment.c.org_id)
        .where(in_range(span), holds_office(today), address.c.state == "bad")
        .distinct()
        .order_by(org.c.position, person.c.name, address.c.channel)
    )
    return _gaps(session, query if since is None else query.where(address.c.bad_since >= since))


def unreachable_superiors(
    session: Session, span: TreeRange, since: date | None = None
) -> list[Gap]:
    """Superiors that could not be told of overdue tasks; details: (how many).

    With `since`, only of those that they should have been told from that day on.
    """
    late = and_(task.c.id == notice.c.task_id, task.c.state == State.OVERDUE.value)
    query = (
        select(org.c.position, org.c.name, func.count(task.c.id.distinct()))
        .join_from(notice, task, late)
        .join(org, org.c.id == notice.c.org_id)
        .where(in_range(span), _IS_UNREACHABLE)
        .group_by(org.c.position, org.c.name)
        .order_by(org.c.position)
    )
    return _gaps(session, query if since is None else query.where(notice.c.due_on >= since))


def vacant_offices(session: Session, span: TreeRange, today: date) -> list[Gap]:
    """Offices that lost their holder, the 书记's apart; details: (office).

    An office that nobody ever held at an organization falls to its 书记 and is no gap.
    """
    now = appointment.alias("now")
    held = exists().where(
        now.c.org_id == appointment.c.org_id,
        now.c.office == appointment.c.office,
        holds_office(today, now),
    )
    lost = and_(appointment.c.until < today, appointment.c.office != SECRETARY, ~held)
    query = (
        select(org.c.position, org.c.name, appointment.c.office)
        .join_from(appointment, org, org.c.id == appointment.c.org_id)
        .where(in_range(span), _is_party(), lost)
        .distinct()
        .order_by(org.c.position, appointment.c.office)
    )
    return _gaps(session, query)


def _led(today: date) -> Select[tuple[int]]:
    """Organizations that have a 书记."""
    return select(appointment.c.org_id).where(
        holds_office(today), appointment.c.office == SECRETARY
    )


def _is_party() -> ColumnElement[bool]:
    """Of the Party, and not to be dissolved on a day that is known."""
    return and_(org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)), org.c.dissolved.is_(None))


def _party_organizations(
    session: Session, span: TreeRange, condition: ColumnElement[bool]
) -> list[Gap]:
    query = select(org.c.position, org.c.name).where(in_range(span), _is_party(), condition)
    return _gaps(session, query.order_by(org.c.position))


def _gaps(session: Session, query: Select[Any]) -> list[Gap]:
    return [
        Gap(position, name, tuple(details)) for position, name, *details in session.execute(query)
    ]
