"""A message of its own to one person, outside of the day's one: an alert, or a link to log in."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from dj_cadence.domain.messages.notifier import Audience, Letter, traits
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import Rendered
from dj_cadence.services.delivery.skeletons import pack, whole
from dj_cadence.services.site import Site
from dj_cadence.signing import message_token
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import letters, messages
from dj_cadence.store.delivery.messages import NewMessage
from dj_cadence.store.roster import people
from dj_cadence.store.roster.people import Person
from dj_cadence.store.site import site as sites
from dj_cadence.transport.message_id import make_message_id


class PersonalWay(NamedTuple):
    """How one person is reached."""

    channel: str
    address: str
    audience: Audience


def way_to(
    session: Session, site: Site, person_id: int, avoiding: Collection[str] = ()
) -> PersonalWay | None:
    """The first channel of the settings that speaks to a person and has an address of this one."""
    own = people.addresses(session, [person_id]).get(person_id, {})
    for channel in site.settings.channels:
        if channel in own and channel not in avoiding:
            audience = _audience(site, channel)
            if audience in (Audience.MAIL, Audience.CHAT):
                return PersonalWay(channel, own[channel], audience)
    return None


def _audience(site: Site, channel: str) -> Audience | None:
    """To whom a channel speaks; None for one that cannot be opened."""
    with suppress(Exception):  # a site's own notifier may raise anything
        notifier = site.notifiers[channel]()
        audience = traits(notifier).form
        notifier.close()
        return audience
    return None


def write(
    session: Session,
    site: Site,
    person: Person,
    way: PersonalWay,
    kind: MessageKind,
    render: Callable[[str], Rendered],
    now: datetime,
) -> str:
    """Write it down to be sent at the next pass, whatever the hour.

    `render` is given the token that a link in it opens with, which is returned: it is not in
    what is stored.
    """
    today, settings = site.today(now), site.settings
    serial = messages.asked_serial(session, person.id, today)
    new = NewMessage(person.id, today, kind, way.channel, way.address, serial)
    number = messages.enqueue(session, [new], now)[person.id]
    uid, is_mail = sites.load(session).uid, way.audience is Audience.MAIL
    token = message_token(settings.key, number)
    rendered = render(token)
    letter = Letter(
        message_id=make_message_id(settings.key, uid, number, 0, settings.sender_address),
        to=way.address,
        to_name=person.name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html if is_mail else "",
        date=now.astimezone(settings.time_zone).isoformat(timespec="seconds"),
        headers=(("Auto-Submitted", "auto-generated"),) if is_mail else (),
        form=way.audience,
    )
    spoken = Rendered(letter.subject, letter.text, letter.html)
    letters.keep_of_new(session, number, pack(letter, whole(spoken), token))
    return token
