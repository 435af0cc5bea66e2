"""The whole roster, read at once and written in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.roster.people import StoredPerson
from dj_cadence.domain.roster.start import Beginning
from dj_cadence.fingerprint import digest
from dj_cadence.store.core.conditions import is_current_election
from dj_cadence.store.schema import address, appointment, org, person, profile, start_event

Values = Mapping[str, Any]
_Key = TypeVar("_Key", str, int)


@dataclass(frozen=True, slots=True)
class StoredOrg:
    """An organization as the database has it."""

    id: int
    cells: Mapping[str, str]
    """Its roster row as text, 上次换届日期 as now recorded."""
    facts: Facts
    beginning: Beginning
    start_event_id: int
    """Of the running term; 0: none."""
    elected_on: date | None
    columns: Values
    """ORG_VALUES, for telling whether anything differs."""


@dataclass(frozen=True, slots=True)
class StoredAppointment:
    id: int
    org: str
    """Its code."""
    office: str
    person_id: int
    since: date
    until: date
    acting: bool


ORG_VALUES = (
    "name",
    "kind",
    "supervisor_id",
    "approver_id",
    "dissolved",
    "successor_id",
    "position",
    "subtree_end",
    "profile_id",
    "roster",
)


def stored_orgs(session: Session) -> dict[str, StoredOrg]:
    """All organizations by code, in their own order."""
    facts = {row.id: Facts.from_json(row.facts) for row in session.execute(select(profile))}
    running = and_(start_event.c.org_id == org.c.id, is_current_election())
    query = (
        select(org, start_event.c.id.label("start_event_id"), start_event.c.day)
        .outerjoin(start_event, running)
        .order_by(org.c.position)
    )
    return {
        row.code: StoredOrg(
            id=row.id,
            cells=row.roster | ({"last_election": row.day.isoformat()} if row.day else {}),
            facts=facts[row.profile_id],
            beginning=Beginning(row.joined_on, facts[row.profile_id].known_on),
            start_event_id=row.start_event_id or 0,
            elected_on=row.day,
            columns={name: getattr(row, name) for name in ORG_VALUES},
        )
        for row in session.execute(query)
    }


def stored_people(session: Session) -> list[StoredPerson]:
    """Everybody, in the order of their coming."""
    known: dict[int, set[tuple[str, str]]] = {}
    for person_id, channel, value in session.execute(
        select(address.c.person_id, address.c.channel, address.c.value)
    ):
        known.setdefault(person_id, set()).add((channel, value))
    offices: dict[int, set[str]] = {}
    for held in stored_appointments(session):
        offices.setdefault(held.person_id, set()).add(held.org)
    return [
        StoredPerson(
            row.id,
            row.key,
            row.name,
            frozenset(known.get(row.id, ())),
            frozenset(offices.get(row.id, ())),
        )
        for row in session.execute(select(person).order_by(person.c.id))
    ]


def stored_appointments(session: Session) -> list[StoredAppointment]:
    """All, in the order of the organizations and of their coming."""
    a = appointment
    query = (
        select(a.c.id, org.c.code, a.c.office, a.c.person_id, a.c.since, a.c.until, a.c.acting)
        .join(org, org.c.id == a.c.org_id)
        .order_by(org.c.position, a.c.id)
    )
    return [StoredAppointment(*row) for row in session.execute(query)]


def known_profiles(session: Session) -> dict[str, int]:
    """Ids of profiles by the hash of their facts."""
    return _pairs(session, select(profile.c.hash, profile.c.id))


def ensure_profiles(session: Session, facts: Iterable[Facts]) -> dict[Facts, int]:
    """The id of the profile of each, made where it was lacking."""
    hashes = {each: digest(each.as_json()) for each in set(facts)}
    known = known_profiles(session)
    lacking = {h: each for each, h in hashes.items() if h not in known}
    if lacking:
        rows = [{"hash": h, "facts": each.as_json()} for h, each in sorted(lacking.items())]
        session.execute(insert(profile), rows)
        known = known_profiles(session)
    return {each: known[h] for each, h in hashes.items()}


def add_rows(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Insert many rows of one shape."""
    if rows:
        session.execute(insert(table), [dict(row) for row in rows])


def change_rows(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Update many rows of one shape, each by its `id`."""
    if rows:
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in rows[0] if name != "id"
        }
        statement = update(table).where(table.c.id == bindparam("of_id")).values(values)
        session.connection().execute(
            statement,
            [
                {"of_id" if name == "id" else f"new_{name}": value for name, value in row.items()}
                for row in rows
            ],
        )


def remove_addresses(session: Session, pairs: Sequence[tuple[int, str, str]]) -> None:
    """Forget addresses, given as (person, channel, value)."""
    if pairs:
        statement = delete(address).where(
            address.c.person_id == bindparam("of_person"),
            address.c.channel == bindparam("on_channel"),
            address.c.value == bindparam("of_value"),
        )
        names = ("of_person", "on_channel", "of_value")
        session.connection().execute(
            statement, [dict(zip(names, pair, strict=True)) for pair in pairs]
        )


def org_ids(session: Session) -> dict[str, int]:
    """Ids by code."""
    return _pairs(session, select(org.c.code, org.c.id))


def person_ids(session: Session) -> dict[str, int]:
    """Ids by key."""
    return _pairs(session, select(person.c.key, person.c.id))


def running_terms(session: Session) -> dict[int, int]:
    """The id of the election that the running term of each organization hangs on."""
    query = select(start_event.c.org_id, start_event.c.id).where(is_current_election())
    return _pairs(session, query)


def _pairs(session: Session, query: Select[_Key, int]) -> dict[_Key, int]:
    return dict(session.execute(query).all())
