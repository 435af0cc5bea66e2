"""The administrators that the settings name: who they are, and how they are told something."""

import logging
from collections.abc import Collection
from datetime import datetime

from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import Rendered
from dj_cadence.services.delivery.personal_message import way_to, write
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import addresses
from dj_cadence.store.roster import people
from dj_cadence.store.roster.people import Person

_log = logging.getLogger(__name__)


def is_administrator(session: Session, settings: Settings, person_id: int) -> bool:
    """Whether a person is one of those that the settings name, and nobody else is meant."""
    for named in settings.administrators:
        meant = people.named_by(session, {named, named.lower()})
        if [person.id for person in meant] == [person_id]:
            return True
    return False


def tell(
    session: Session,
    site: Site,
    rendered: Rendered,
    now: datetime,
    *,
    avoiding: Collection[str] = (),
) -> int:
    """One message for each administrator, in the ledger like any other.

    Not on the channels to avoid, and not to a group. Returns how many can be told.
    """
    told = 0
    for named in site.settings.administrators:
        person = _person(session, named)
        way = way_to(session, site, person.id, avoiding) if person else None
        if person and way:
            write(session, site, person, way, MessageKind.ALERT, lambda _token: rendered, now)
            told += 1
        else:
            _log.error("administrator_unreachable person=%d", person.id if person else 0)
    return told


def _person(session: Session, named: str) -> Person | None:
    """An administrator: from the roster, else somebody known by their address only.

    Should the roster bring that address later, it is the same person.
    """
    mailbox = named.lower()
    if people_named := people.named_by(session, {named, mailbox}):
        return people_named[0]
    if "@" not in named:
        return None
    added = people.add(session, f"email:{mailbox}", "管理员")
    addresses.add(session, [(added.id, "email", mailbox)])
    return added
