"""The administrators that the settings name: who they are, and how they are told something."""

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select

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
from dj_cadence.store.schema import person
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
        person_id = _person_id(session, named)
        ways = people.addresses(session, [person_id]).get(person_id, {})
        usable = [
            name
            for name in site.settings.channels
            if name in ways
            and name not in avoiding
            and forms.get(name) in (Audience.MAIL, Audience.CHAT)
        ]
        if usable:
            _write(session, site, person_id, ways, usable[0], forms[usable[0]], rendered, now)
            told += 1
        else:
            _log.error("administrator_unreachable person=%d", person_id)
    return told


def _forms(notifiers: Mapping[str, OpenNotifier]) -> dict[str, Audience]:
    """How each channel speaks; one that cannot be opened is left out."""
    found = {}
    for name, open_notifier in notifiers.items():
        with suppress(Exception):  # a site's own notifier may raise anything
            notifier = open_notifier()
            found[name] = traits(notifier).form
            notifier.close()
    return found


def _person_id(session: Session, named: str) -> int:
    """The id of an administrator: from the roster, else somebody known by their address only.

    Should the roster bring that address later, it is the same person.
    """
    mailbox = named.lower()
    if known := people.named_by(session, {named, mailbox}):
        return known[0].id
    if "@" not in named:
        return 0
    added = people.add(session, f"email:{mailbox}", "管理员")
    addresses.add(session, [(added.id, "email", mailbox)])
    return added.id


def _write(
    session: Session,
    site: Site,
    person_id: int,
    ways: Mapping[str, str],
    channel: str,
    form: Audience,
    rendered: Rendered,
    now: datetime,
) -> None:
    name = session.execute(select(person.c.name).where(person.c.id == person_id)).scalar_one()
    today = site.today(now)
    serial = messages.asked_serial(session, person_id, today)
    new = NewMessage(person_id, today, MessageKind.ALERT, channel, ways[channel], serial)
    number = messages.enqueue(session, [new], now)[person_id]
    letter = Letter(
        message_id=make_message_id(
            site.settings.key, sites.load(session).uid, number, 0, site.settings.sender_address
        ),
        to=ways[channel],
        to_name=name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html if form is Audience.MAIL else "",
        date=now.astimezone(site.settings.time_zone).isoformat(timespec="seconds"),
        headers=(("Auto-Submitted", "auto-generated"),) if form is Audience.MAIL else (),
        form=form,
    )
    letters.keep_of_new(session, number, pack_whole(letter))
