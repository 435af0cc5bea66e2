"""The administrators that the settings name: who they are, and how they are told something."""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
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
    audiences = _audiences(site.notifiers)
    told = 0
    for named in site.settings.administrators:
        person = _person(session, named)
        ways = people.addresses(session, [person.id]).get(person.id, {}) if person else {}
        usable = (
            name
            for name in site.settings.channels
            if name in ways and name not in avoiding and name in audiences
        )
        channel = next(usable, None)
        if person and channel:
            to, audience = ways[channel], audiences[channel]
            _write(session, site, person, channel, to, audience, rendered, now)
            told += 1
        else:
            _log.error("administrator_unreachable person=%d", person.id if person else 0)
    return told


def _audiences(notifiers: Mapping[str, OpenNotifier]) -> dict[str, Audience]:
    """Of each channel that speaks to one person; one that cannot be opened is left out."""
    audiences = {}
    for name, open_notifier in notifiers.items():
        with suppress(Exception):  # a site's own notifier may raise anything
            notifier = open_notifier()
            audiences[name] = traits(notifier).form
            notifier.close()
    return {
        name: form for name, form in audiences.items() if form in (Audience.MAIL, Audience.CHAT)
    }


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


def _write(
    session: Session,
    site: Site,
    person: Person,
    channel: str,
    to: str,
    audience: Audience,
    rendered: Rendered,
    now: datetime,
) -> None:
    today, settings = site.today(now), site.settings
    serial = messages.asked_serial(session, person.id, today)
    new = NewMessage(person.id, today, MessageKind.ALERT, channel, to, serial)
    number = messages.enqueue(session, [new], now)[person.id]
    uid, is_mail = sites.load(session).uid, audience is Audience.MAIL
    letter = Letter(
        message_id=make_message_id(settings.key, uid, number, 0, settings.sender_address),
        to=to,
        to_name=person.name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html if is_mail else "",
        date=now.astimezone(settings.time_zone).isoformat(timespec="seconds"),
        headers=(("Auto-Submitted", "auto-generated"),) if is_mail else (),
        form=audience,
    )
    letters.keep_of_new(session, number, pack_whole(letter))
