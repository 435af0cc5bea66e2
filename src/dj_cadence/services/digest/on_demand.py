"""A superior's digest on request: looked at, or sent now beside the day's one message."""

from datetime import date, datetime

from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import MessageView
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.errors import Refused
from dj_cadence.services.digest.making import make_digest
from dj_cadence.services.digest.views import digest_view, kept_digest
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import messages
from dj_cadence.store.delivery.messages import NewMessage
from dj_cadence.store.digest import digests


def requested_digest(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    above: Organization,
    *,
    today: date,
    week: str = "",
) -> DigestView:
    """This week's digest of `above` as it is today, or the numbers kept of a past week's.

    Raises Refused for an organization that has nothing below it, for a week to come, and
    for one of which nothing was kept.
    """
    if above.position == above.subtree_end:
        raise Refused(f"{above.name}没有下级组织，没有周报。")
    current = week_label(today)
    if week in ("", current):
        return digest_view(session, catalogue, settings, above.id, current, today=today)
    if week > current:
        raise Refused(f"{week} 还没有到，本周是 {current}。")
    kept = kept_digest(session, catalogue, above, week)
    if kept is None:
        raise Refused(f"没有留存 {week} 的周报：那一周没有生成过{above.name}的周报。")
    return kept


def as_message(session: Session, site: Site, view: DigestView, above: Organization) -> MessageView:
    """The message that carries this digest alone."""
    book = AddressBook(session, [above.id], view.day, site.settings)
    reader = book.digest_reader(above.id)
    return MessageView(
        site_name=site.settings.name,
        person_name=reader.name if reader else "",
        day=view.day,
        late=False,
        items=(),
        digests=(view,),
        link=site.settings.web_address,
    )


def order_digest(
    session: Session, catalogue: Catalogue, site: Site, above: Organization, *, now: datetime
) -> str:
    """Have the digest sent at the next pass; returns the address it goes to.

    Raises Refused where nobody can read it.
    """
    today = site.today(now)
    book = AddressBook(session, [above.id], today, site.settings)
    reader = book.digest_reader(above.id)
    if reader is None:
        raise Refused(f"{above.name}的党务工作者和书记都没有可用地址，周报无处可送。")
    channel, address = next(iter(book.addresses(reader.person_id).items()))
    serial = messages.asked_serial(session, reader.person_id, today)
    new = NewMessage(reader.person_id, today, MessageKind.DIGEST, channel, address, serial)
    message_id = messages.enqueue(session, [new], now)[reader.person_id]
    week = week_label(today)
    make_digest(session, catalogue, site.settings, above, week, now)
    digests.put_in(session, week, [above.id], message_id)
    return address
