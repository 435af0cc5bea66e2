"""One pass of the engine, the same for the daemon, the command, the tests and simulate."""

from dataclasses import dataclass
from datetime import datetime

from dj_cadence.services.advance import advance
from dj_cadence.services.applied import applied_catalogue
from dj_cadence.services.bounces import collect_bounces
from dj_cadence.services.bundle import bundle
from dj_cadence.services.deliver import deliver, recover, supersede_stale
from dj_cadence.services.digest import digests_of_a_pass
from dj_cadence.services.plan import horizon, roll
from dj_cadence.services.saved_rules import watch
from dj_cadence.services.site import Site, hold_if_moved
from dj_cadence.services.succession import hand_over
from dj_cadence.store import site as sites


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a pass did."""

    rolled: bool
    advanced: int
    bundled: int
    sent: int


def tick(site: Site, now: datetime, *, owner: str) -> TickReport:
    """Roll the plan forward, move tasks, write notices, bundle, deliver, read bounces.

    `now` is aware. `owner` names the process, for its leases. Each step commits for
    itself, so a pass that dies is simply repeated.
    """
    database, today = site.database, site.today(now)
    with database.read() as session:
        catalogue = applied_catalogue(session)
    hold_if_moved(site, today)
    rolled = roll(database, catalogue, until=horizon(today), today=today, now=now)
    if hand_over(database, catalogue, today=today, now=now):
        roll(database, catalogue, until=horizon(today), today=today, now=now)
    advanced = advance(database, catalogue, today=today, now=now)
    recover(database, today, now)
    supersede_stale(database, today)
    watch(site, now)
    bundled = bundle(database, catalogue, site.settings, now=now)
    posted = deliver(
        database,
        templates=site.templates,
        notifiers=site.notifiers,
        catalogue=catalogue,
        settings=site.settings,
        digest_view=digests_of_a_pass(catalogue, site.settings, today),
        owner=owner,
        now=now,
    )
    with database.write(durable=False) as session:
        sites.set_last_tick(session, now)
    collect_bounces(site, now)
    return TickReport(rolled, advanced, bundled, posted.sent)
