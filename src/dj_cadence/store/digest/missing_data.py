"""Where data is missing in a part of the tree, in the organizations' own order."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, and_, exists, func, select, text
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.organizations.organization import TreeRange
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.shared_conditions import holds_office, in_range, is_current_election
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import address, appointment, notice, org, person, start_event, task

_IS_UNREACHABLE = text(f"outcome = '{NoticeOutcome.NO_ADDRESSEE}' AND level > 0")
"""As the index has it."""


_GAPS: AnySelect = select(org.c.position, org.c.name)
_PARTY = _GAPS.where(org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)), org.c.dissolved.is_(None))
"""Of the Party, and not to be dissolved on a day that is known."""


class Gap(NamedTuple):
    """Something that an organization lacks."""

    position: int
    org_name: str
    details: tuple[object, ...] = ()


def gaps(session: Session, span: TreeRange, lacking: AnySelect) -> list[Gap]:
    """Where that is so in a part of the tree."""
    rows = session.execute(lacking.where(in_range(span)).order_by(*lacking.selected_columns))
    return [Gap(position, name, tuple(details)) for position, name, *details in rows]


def without_election_date() -> AnySelect:
    """Party organizations whose last election nobody has entered."""
    elected = select(start_event.c.org_id).where(is_current_election())
    return _PARTY.where(org.c.id.not_in(elected))


def without_secretary(today: date) -> AnySelect:
    """Party organizations whose 书记 is vacant."""
    return _PARTY.where(org.c.id.not_in(_led(today)))


def without_address(today: date, channels: Collection[str]) -> AnySelect:
    """Party organizations with a 书记 where nobody has an address on these channels."""
    reached = (
        select(appointment.c.org_id)
        .join(address, address.c.person_id == appointment.c.person_id)
        .where(
            holds_office(today), address.c.state == "ok", address.c.channel.in_(sorted(channels))
        )
    )
    return _PARTY.where(org.c.id.in_(_led(today)), org.c.id.not_in(reached))


def bounced_addresses(today: date, since: datetime | None) -> AnySelect:
    """Addresses in use that were refused or came back; details: (person, channel).

    With `since`, only those found bad from then on.
    """
    query = (
        _GAPS.add_columns(person.c.name, address.c.channel)
        .join(appointment, appointment.c.org_id == org.c.id)
        .join(person, person.c.id == appointment.c.person_id)
        .join(address, address.c.person_id == person.c.id)
        .where(holds_office(today), address.c.state == "bad")
        .distinct()
    )
    return query if since is None else query.where(address.c.bad_since >= since)


def unreachable_superiors(since: date | None) -> AnySelect:
    """Superiors that could not be told of overdue tasks; details: (how many).

    With `since`, only of those that they should have been told from that day on.
    """
    query = (
        _GAPS.add_columns(func.count(task.c.id.distinct()))
        .join(notice, notice.c.org_id == org.c.id)
        .join(task, task.c.id == notice.c.task_id)
        .where(task.c.state == State.OVERDUE.value, _IS_UNREACHABLE)
        .group_by(org.c.position, org.c.name)
    )
    return query if since is None else query.where(notice.c.due_on >= since)


def vacant_offices(today: date) -> AnySelect:
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
    holders = _PARTY.join(appointment, appointment.c.org_id == org.c.id)
    return holders.add_columns(appointment.c.office).where(lost).distinct()


def _led(today: date) -> Select[tuple[int]]:
    """Organizations that have a 书记."""
    return select(appointment.c.org_id).where(
        holds_office(today), appointment.c.office == SECRETARY
    )
