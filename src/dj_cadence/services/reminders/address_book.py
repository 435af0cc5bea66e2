"""Who holds the offices of some organizations today, how they are reached, and whom to ask."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.domain.reminders.notice import Addressee, Holder, digest_reader
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs, people


class AddressBook:
    """Read once for many organizations; looked up without asking the database again."""

    def __init__(
        self, session: Session, org_ids: Iterable[int], today: date, settings: Settings
    ) -> None:
        held = people.holders(session, list(org_ids), today)
        self._holders: dict[int, dict[str, Holder]] = {}
        for (org_id, office), holder in held.items():
            self._holders.setdefault(org_id, {})[office] = holder
        known = people.addresses(session, [holder.person_id for holder in held.values()])
        self._addresses = {
            person_id: {channel: own[channel] for channel in settings.channels if channel in own}
            for person_id, own in known.items()
        }
        self.reachable = frozenset(id_ for id_, own in self._addresses.items() if own)
        """The persons who have an address on one of the site's channels."""

    def holders(self, org_id: int) -> Mapping[str, Holder]:
        """Who holds the offices of one organization, by office."""
        return self._holders.get(org_id, {})

    def digest_reader(self, org_id: int) -> Addressee | None:
        """Who reads a superior's digest; None where nobody can be reached."""
        return digest_reader(self.holders(org_id), self.reachable)

    def addresses(self, person_id: int) -> Mapping[str, str]:
        """Of somebody reachable by channel, in the order of the site's preference."""
        return self._addresses[person_id]


class Contact(NamedTuple):
    """Somebody who can be asked."""

    organization: str
    person: str
    phone: str

    def __str__(self) -> str:
        return f"{self.organization}{self.person}{f'（{self.phone}）' if self.phone else ''}"


def contacts(session: Session, org_ids: Collection[int], day: date) -> dict[int, Contact]:
    """By organization, whom to ask above it: the 党务工作者, else the 书记.

    Who has a telephone goes first. Missing where nobody is known.
    """
    above = orgs.supervisors(session, org_ids)
    held = people.holders(session, above.values(), day)
    names = orgs.names(session, above.values())
    addresses = people.addresses(session, [holder.person_id for holder in held.values()])
    first = {}
    for org_id, superior in above.items():
        known = [
            Contact(names[superior], one.name, addresses.get(one.person_id, {}).get("phone", ""))
            for office in (CLERK, SECRETARY)
            if (one := held.get((superior, office)))
        ]
        if known:
            first[org_id] = _first_with_phone(known)
    return first


def whom_to_ask(contacts_by_org: Mapping[int, Contact], org_ids: Iterable[int]) -> str:
    """Of those above these organizations the first, with a telephone where one has it."""
    contacts_above = [contacts_by_org[org_id] for org_id in org_ids if org_id in contacts_by_org]
    return str(_first_with_phone(contacts_above)) if contacts_above else ""


def _first_with_phone(contacts_: Collection[Contact]) -> Contact:
    return next((contact for contact in contacts_ if contact.phone), next(iter(contacts_)))
