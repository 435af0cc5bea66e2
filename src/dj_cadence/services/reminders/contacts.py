"""Whom to ask: the superior's clerk, else its 书记; who has a telephone goes first."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs, people


class Contact(NamedTuple):
    """Somebody who can be asked."""

    organization: str
    person: str
    phone: str

    def __str__(self) -> str:
        return f"{self.organization}{self.person}{f'（{self.phone}）' if self.phone else ''}"


def contacts(session: Session, org_ids: Collection[int], day: date) -> dict[int, Contact]:
    """By organization, who there is to ask above it; missing where nobody is known."""
    above = orgs.supervisors(session, org_ids)
    held = people.holders(session, above.values(), day)
    names = orgs.names(session, above.values())
    phones = people.addresses(session, [holder.person_id for holder in held.values()])
    found = {}
    for org_id, superior in above.items():
        there = [
            held[superior, office] for office in (CLERK, SECRETARY) if (superior, office) in held
        ]
        known = [
            Contact(names[superior], one.name, phones.get(one.person_id, {}).get("phone", ""))
            for one in there
        ]
        if known:
            found[org_id] = _first(known)
    return found


def whom_to_ask(known: Mapping[int, Contact], org_ids: Collection[int]) -> str:
    """Of those above these organizations the first, with a telephone where one has it."""
    found = [known[org_id] for org_id in org_ids if org_id in known]
    return str(_first(found)) if found else ""


def _first(found: Collection[Contact]) -> Contact:
    return next((one for one in found if one.phone), next(iter(found)))
