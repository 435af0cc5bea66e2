"""People: found by number or address, asked for their offices, and written."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from dj_cadence.domain.reminders.notice import Holder
from dj_cadence.domain.roster.contact_text import email_address, phone_number
from dj_cadence.errors import Refused
from dj_cadence.normal_form import code_key, visible
from dj_cadence.store.core.batching import Values, add_rows, change_rows
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.schema import address, appointment, org, person


class Person(NamedTuple):
    """Somebody of the roster, or an administrator whom only the settings name."""

    id: int
    key: str
    """The 人员编号, or one that was made up for want of it."""
    name: str


_PERSON = select(*(person.c[name] for name in Person._fields))


def find_person(session: Session, key_or_address: str) -> Person:
    """The person with that 人员编号 or address; Refused where there is none, or several."""
    text = visible(key_or_address)
    ways = {text, text.lower(), email_address(text), phone_number(text)}
    has_address = select(address.c.person_id).where(address.c.value.in_(sorted(ways)))
    people = (
        session.execute(_PERSON.where(person.c.key == text)).all()
        or session.execute(_PERSON.where(person.c.id.in_(has_address))).all()
        or [p for p in session.execute(_PERSON).all() if code_key(p.key) == code_key(text)]
    )
    if not people:
        raise Refused(f"没有编号或地址为“{text}”的人员，请检查，或先导入花名册。")
    if len(people) > 1:
        names = "、".join(row.name for row in people)
        raise Refused(f"“{text}”是几个人共用的地址（{names}），请改用人员编号。")
    return Person._make(people[0])


def holders(session: Session, org_ids: Collection[int], day: date) -> dict[tuple[int, str], Holder]:
    """Who holds each office of the organizations on `day`, by (organization, office).

    Whoever is acting (主持工作) goes before the regular holder, else the latest comer.
    """
    a = appointment
    query = (
        select(a.c.org_id, a.c.office, a.c.person_id, person.c.name, a.c.acting)
        .join(person, person.c.id == a.c.person_id)
        .where(among(a.c.org_id, set(org_ids)), holds_office(day))
        .order_by(a.c.acting, a.c.since, a.c.id)
    )
    return {
        (row.org_id, row.office): Holder(row.person_id, row.name, row.acting)
        for row in session.execute(query).all()
    }


def offices_held(session: Session, person_ids: Collection[int], day: date) -> dict[int, list[str]]:
    """What each person is on `day`: organization and office, in the organizations' own order."""
    a = appointment
    query = (
        select(a.c.person_id, org.c.name, a.c.office)
        .join(org, org.c.id == a.c.org_id)
        .where(among(a.c.person_id, set(person_ids)), holds_office(day))
        .order_by(org.c.position, a.c.id)
    )
    offices: dict[int, list[str]] = {}
    for row in session.execute(query).all():
        offices.setdefault(row.person_id, []).append(f"{row.name}{row.office}")
    return offices


def addresses(session: Session, person_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Addresses not known to be bad, by person and channel; the first of two."""
    query = (
        select(address.c.person_id, address.c.channel, address.c.value)
        .where(among(address.c.person_id, set(person_ids)), address.c.state == "ok")
        .order_by(address.c.id)
    )
    by_channel: dict[int, dict[str, str]] = {}
    for row in session.execute(query).all():
        by_channel.setdefault(row.person_id, {}).setdefault(row.channel, row.value)
    return by_channel


def address_counts(session: Session) -> dict[tuple[str, str], int]:
    """How many addresses there are, by (channel, state)."""
    query = select(address.c.channel, address.c.state, func.count().label("n"))
    rows = session.execute(query.group_by(address.c.channel, address.c.state))
    return {(row.channel, row.state): row.n for row in rows}


def named_by(session: Session, names: Collection[str]) -> list[Person]:
    """Those who have one of these 人员编号 or addresses, as they stand; the oldest first."""
    by_address = select(address.c.person_id).where(address.c.value.in_(names))
    query = _PERSON.where(or_(person.c.key.in_(names), person.c.id.in_(by_address)))
    return [Person._make(row) for row in session.execute(query.order_by(person.c.id))]


def with_address(session: Session, value: str, channels: Collection[str]) -> list[Person]:
    """Those who have this address on one of the channels; the oldest first."""
    mine = (address.c.value == value, address.c.channel.in_(channels))
    query = _PERSON.where(person.c.id.in_(select(address.c.person_id).where(*mine)))
    return [Person._make(row) for row in session.execute(query.order_by(person.c.id))]


# --- writing ----------------------------------------------------------------------------------


def ids(session: Session) -> dict[str, int]:
    """Ids by key."""
    return dict(session.execute(select(person.c.key, person.c.id)).all())


def add(session: Session, key: str, name: str) -> Person:
    """One person whom no roster names."""
    made = insert(person).values(key=key, name=name).returning(person.c.id)
    return Person(int(session.execute(made).scalar_one()), key, name)


def write_people(session: Session, added: Sequence[Values], renamed: Sequence[Values]) -> None:
    """Add people (`key`, `name`), and give known ones (`id`) others."""
    change_rows(session, person, renamed)
    add_rows(session, person, added)


def write_appointments(
    session: Session, added: Sequence[Values], changed: Sequence[Values]
) -> None:
    """Add appointments, and change others by their `id`."""
    change_rows(session, appointment, changed)
    add_rows(session, appointment, added)


def new_in_office(today: date) -> ColumnElement[bool]:
    """Whether `appointment` runs, and its holder has not been told yet what is open."""
    return and_(appointment.c.handover_notified_on.is_(None), holds_office(today))


def mark_handover_notified(
    session: Session, today: date, *, elsewhere: ColumnElement[bool]
) -> None:
    """Remember that those who are new in office were told, but for where `elsewhere` holds."""
    told = new_in_office(today), appointment.c.org_id.not_in(select(org.c.id).where(elsewhere))
    session.execute(update(appointment).where(*told).values(handover_notified_on=today))
