"""The digests of a week are written down, or sent to one superior who asks for its own."""

from collections import defaultdict
from datetime import date, datetime

from dj_cadence.domain.dates.iso_week import digest_week, first_day_of_week, week_label
from dj_cadence.domain.digest.digest import WEEK, DigestView
from dj_cadence.domain.messages.states import MessageKind
from dj_cadence.domain.messages.view import MessageView
from dj_cadence.domain.organizations.organization import WHOLE_TREE, Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.errors import Refused
from dj_cadence.services.digest.counts import SubtreeCounts, total
from dj_cadence.services.digest.missing_data import MissingData
from dj_cadence.services.digest.views import digest_view, kept_digest
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import messages
from dj_cadence.store.delivery.messages import NewMessage
from dj_cadence.store.digest import digests, numbers
from dj_cadence.store.site import site as sites


def digests_due(catalogue: Catalogue, made_last: str, today: date) -> str | None:
    """The week whose digests are to be made now, if any."""
    week = digest_week(today, catalogue.calendar)
    return week if week != made_last else None


def make_digests(
    session: Session, catalogue: Catalogue, settings: Settings, week: str, now: datetime
) -> None:
    """Write down the digests of `week`, one for each superior, and which are worth sending.

    Missing data alone is said once a month, in the week that begins on its first seven days;
    an address that was refused and a superior that could not be told, in the next digest.
    """
    today = now.astimezone(settings.time_zone).date()
    usual = digests.week_before(session, week)
    weeks_told = digests.weeks_told(session, week, WHOLE_TREE)
    by_before: defaultdict[str, list[int]] = defaultdict(list)
    for org_id in digests.superiors_without(session, week):
        by_before[weeks_told.get(org_id, usual)].append(org_id)
    deciding = {task.decider_id for task in numbers.decisions(session)}
    for before, readers in by_before.items():
        counts = SubtreeCounts(session, catalogue, settings, week, before, WHOLE_TREE)
        since = None if _is_monthly(week, before) else counts.criteria.since
        missing = MissingData(session, WHOLE_TREE, today, settings.channels, since)
        rows: list[tuple[int, digests.Counts, bool]] = []
        for org_id in readers:
            above = counts.organizations[org_id]
            by_child = counts.by_child(above)
            is_worth_sending = (
                settings.digest_when_empty
                or total(by_child.values()).ask_for_reading
                or org_id in deciding
                or missing.is_any_below(above)
            )
            rows.append((org_id, by_child, is_worth_sending))
        digests.write(session, week, rows, now)
    sites.note(session, digest_week=week)


def _is_monthly(week: str, before: str) -> bool:
    """Whether one of the weeks since `before` begins on the first seven days of a month."""
    monday = first_day_of_week(week)
    last = first_day_of_week(before) if before else monday - WEEK
    return any((monday - n * WEEK).day <= WEEK.days for n in range((monday - last) // WEEK))


# --- on request -----------------------------------------------------------------------------------


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
    if digests.counts_of(session, above.id, week) is None:
        before = digests.week_told(session, week, above)
        counts = SubtreeCounts(session, catalogue, site.settings, week, before, above.subtree)
        by_child = counts.by_child(counts.organizations[above.id])
        digests.write(session, week, [(above.id, by_child, True)], now)
    digests.put_in(session, week, [above.id], message_id)
    return address
