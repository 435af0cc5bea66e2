"""The administrators that the settings name: who they are, and how they are told something."""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from dj_cadence.domain.messages.notifier import Audience, Letter, OpenNotifier, traits
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import Rendered
from dj_cadence.services.delivery.skeletons import pack_whole
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import addresses, letters, messages
from dj_cadence.store.delivery.messages import NewMessage
from dj_cadence.store.roster import people
from dj_cadence.store.roster.people import Person
from dj_cadence.store.site import site as sites
from dj_cadence.transport.message_id import make_message_id

_log = logging.getLogger(__name__)


def is_administrator(session: Session, settings: Settings, person_id: int) -> bool:
    """Whether a person is one of those that the settings name."""
    named = people.named_by(session, settings.administrators)
    return any(person.id == person_id for person in named)


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
    forms = _forms(site.notifiers)
    told = 0
    for named in site.settings.administrators:
        person = _person(session, named)
        ways = people.addresses(session, [person.id]).get(person.id, {}) if person else {}
        usable = ways.keys() & forms.keys() - set(avoiding)
        channel = next((name for name in site.settings.channels if name in usable), None)
        if person and channel:
            today = site.today(now)
            serial = messages.asked_serial(session, person.id, today)
            way = (channel, ways[channel])
            new = NewMessage(person.id, today, MessageKind.ALERT, *way, serial)
            number = messages.enqueue(session, [new], now)[person.id]
            key, sender = site.settings.key, site.settings.sender_address
            own_id = make_message_id(key, sites.load(session).uid, number, 0, sender)
            date = now.astimezone(site.settings.time_zone).isoformat(timespec="seconds")
            letter = Letter(own_id, new.address, person.name, *rendered, date)
            if forms[channel] is Audience.MAIL:
                letter = replace(letter, headers=(("Auto-Submitted", "auto-generated"),))
            else:
                letter = replace(letter, html="", form=forms[channel])
            letters.keep_of_new(session, number, pack_whole(letter))
            told += 1
        else:
            _log.error("administrator_unreachable person=%d", person.id if person else 0)
    return told


def _forms(notifiers: Mapping[str, OpenNotifier]) -> dict[str, Audience]:
    """Of each channel that speaks to one person; one that cannot be opened is left out."""
    forms: dict[str, Audience] = {}
    for name, open_notifier in notifiers.items():
        with suppress(Exception):  # a site's own notifier may raise anything
            notifier = open_notifier()
            if (form := traits(notifier).form) is not Audience.GROUP:
                forms[name] = form
            notifier.close()
    return forms


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
