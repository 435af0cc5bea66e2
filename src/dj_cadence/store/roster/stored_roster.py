"""The whole roster as the database has it, to be compared with one that is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.roster.facts import OrgStart
from dj_cadence.domain.roster.people import StoredAppointment, StoredPerson
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.shared_conditions import is_current_election
from dj_cadence.store.schema import address, appointment, org, person, profile, start_event


@dataclass(frozen=True, slots=True)
class StoredOrg:
    """An organization as the database has it."""

    row: Organization
    facts: Facts
    beginning: OrgStart
    start_event_id: int
    """Of the running term; 0: none."""
    elected_on: date | None

    @property
    def cells(self) -> Mapping[str, str]:
        """Its roster row as text, 上次换届日期 as now recorded."""
        elected = {"last_election": self.elected_on.isoformat()} if self.elected_on else {}
        return {**self.row.roster, **elected}


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
            row=Organization(*(getattr(row, name) for name in Organization._fields)),
            facts=facts[row.profile_id],
            beginning=OrgStart(row.joined_on, facts[row.profile_id].known_on),
            start_event_id=row.start_event_id or 0,
            elected_on=row.day,
        )
        for row in session.execute(query)
    }


def stored_people(session: Session) -> list[StoredPerson]:
    """Everybody, in the order of their coming."""
    addresses: dict[int, set[tuple[str, str]]] = {}
    written = select(address.c.person_id, address.c.channel, address.c.value)
    for person_id, channel, value in session.execute(written):
        addresses.setdefault(person_id, set()).add((channel, value))
    orgs: dict[int, set[str]] = {}
    for held in stored_appointments(session):
        orgs.setdefault(held.person_id, set()).add(held.org)
    return [
        StoredPerson(
            row.id,
            row.key,
            row.name,
            frozenset(addresses.get(row.id, ())),
            frozenset(orgs.get(row.id, ())),
        )
        for row in session.execute(select(person).order_by(person.c.id))
    ]


def stored_appointments(session: Session) -> list[StoredAppointment]:
    """All, in the order of the organizations and of their coming."""
    a = appointment.c
    columns = (a.id, org.c.code, a.office, a.person_id, person.c.name, a.since, a.until, a.acting)
    query = select(*columns).join_from(appointment, org).join(person).order_by(org.c.position, a.id)
    return [StoredAppointment._make(row) for row in session.execute(query)]
