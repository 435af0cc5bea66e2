"""One pass of the engine, the same for the daemon, the command, the tests and simulate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.messages.sending_hours import SendingHours
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.delivery.alarms import watch_channels
from dj_cadence.services.delivery.bounces import collect_bounces
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.delivery.deliver import deliver, recover, supersede_stale
from dj_cadence.services.digest.making import digests_due
from dj_cadence.services.digest.views import digests_of_a_pass
from dj_cadence.services.operations.file_watch import watch
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.reminders.daily_update import advance
from dj_cadence.services.rules.applied import catalogue_of
from dj_cadence.services.site import Site, count_pass, hold_if_moved
from dj_cadence.services.tasks.succession import hand_over
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery import addresses
from dj_cadence.store.delivery.sign_of_life import SignOfLife, give_sign_of_life
from dj_cadence.store.site import site as sites
from dj_cadence.store.site.pending_work import look, plan_inputs

__all__ = ["SignOfLife", "give_sign_of_life"]  # the daemon holds one for all its passes

LOOKS_EACH = timedelta(minutes=5)
"""How often a pass with nothing to do looks at files and mailboxes, and says it was made."""


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a pass did."""

    rolled: bool
    advanced: int
    bundled: int
    sent: int


_NOTHING = TickReport(rolled=False, advanced=0, bundled=0, sent=0)


def tick(site: Site, now: datetime, *, owner: str, leaving: Event | None = None) -> TickReport:
    """Roll the plan forward, move tasks, write notices, bundle, deliver, read bounces.

    `now` is aware. `owner` names the process, for its leases; one that goes on after the pass
    gives `leaving` and sets it when it is to end, see `deliver`. Each step commits for
    itself, so a pass that dies is simply repeated. Where nothing is due, one statement
    says so and is all; every five minutes the rule files and returned mail are looked at.
    """
    today, since = site.today(now), monotonic()
    with site.database.read() as session:
        seen = look(session, today, week_label(today), now)
        catalogue = catalogue_of(session, seen.catalogue if seen else None)
    assert seen  # a catalogue is applied only where there is a site
    plan = f"{plan_inputs(seen)}/{horizon(today)}"
    is_due = _is_anything_due(site, seen, catalogue, plan, now)
    if not is_due and seen.last_tick and seen.last_tick <= now < seen.last_tick + LOOKS_EACH:
        return _NOTHING
    may_send = not hold_if_moved(site, today) and seen.sending  # a copy writes to nobody
    told = may_send and watch_channels(site, now)
    told |= watch(site, now, may_tell=may_send and catalogue.calendar.is_working_day(today))
    if is_due or told:
        report = _whole_pass(site, catalogue, plan, now, since, owner, leaving)
    else:
        report = _NOTHING
    collect_bounces(site, now)
    with site.database.write(durable=False) as session:
        sites.note(session, last_tick=now)
        if site.settings.sending_hours(catalogue.calendar).allow(now):
            sites.last_sending_day(session, today)
    return report


def tick_by_hand(site: Site, now: datetime, name: str) -> TickReport:
    """One pass of a process that makes no others and calls itself `name` in leases."""
    with give_sign_of_life(site.database, site.settings.folder, name) as life:
        return tick(site, now, owner=life.name)


def _is_anything_due(
    site: Site, seen: AnyRow, catalogue: Catalogue, plan: str, now: datetime
) -> bool:
    if seen.planned_with != plan or seen.tasks or (seen.sending and seen.home != site.home):
        return True
    if not seen.sending:
        return False
    hours = site.settings.sending_hours(catalogue.calendar)
    if not hours.allow(now):
        return bool(seen.urgent)
    is_anything = seen.notices or seen.digests or seen.newcomers
    fresh = is_anything or digests_due(catalogue, seen.digest_week, site.today(now))
    return bool(seen.messages or (fresh and _is_time_to_bundle(hours, seen.bundled_at, now)))


def _is_time_to_bundle(hours: SendingHours, last: datetime | None, now: datetime) -> bool:
    """What was left at the last time had nobody to go to; it is looked at again in a while."""
    if last is None or not last <= now < last + LOOKS_EACH:
        return True
    return not hours.are_the_same(last, now)


def _whole_pass(
    site: Site,
    catalogue: Catalogue,
    plan: str,
    now: datetime,
    since: float,
    owner: str,
    leaving: Event | None,
) -> TickReport:
    database, today = site.database, site.today(now)
    count_pass(site)
    rolled = roll(database, catalogue, until=horizon(today), today=today, now=now)
    if hand_over(database, catalogue, today=today, now=now):
        roll(database, catalogue, until=horizon(today), today=today, now=now)
    with database.write(durable=False) as session:
        if sites.load(session).planned_with != plan:
            sites.note(session, planned_with=plan)
    advanced = advance(database, catalogue, today=today, now=now)
    recover(database, site.settings.folder, owner, today, now)
    supersede_stale(database, today)
    with database.write(durable=False) as session:
        addresses.end_pauses(session, now)
    bundled = bundle(database, catalogue, site.settings, now=now)
    with database.write(durable=False) as session:
        sites.note(session, bundled_at=now)
    posted = deliver(
        database,
        templates=site.templates,
        notifiers=site.notifiers,
        catalogue=catalogue,
        settings=site.settings,
        digest_view=digests_of_a_pass(catalogue, site.settings, today),
        owner=owner,
        now=now,
        since=since,
        leaving=leaving,
    )
    return TickReport(rolled, advanced, bundled, posted.sent)
