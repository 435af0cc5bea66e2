"""The digests of a week are written down: with their numbers, and which are worth sending."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from dj_cadence.domain.dates.iso_week import digest_week, first_day_of_week
from dj_cadence.domain.digest.digest import WEEK
from dj_cadence.domain.organizations.organization import WHOLE_TREE, Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.digest.counts import SubtreeCounts, digest_criteria, total
from dj_cadence.services.digest.missing_data import all_missing, newly_undelivered
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest import digests, subtree_tasks
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
    for before, readers in by_before.items():
        rows = _counted(session, catalogue, settings, week, before, readers, today)
        digests.write(session, week, rows, now)
    sites.note(session, digest_week=week)


def _counted(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    week: str,
    before: str,
    readers: Sequence[int],
    today: date,
) -> list[tuple[int, digests.Counts, bool]]:
    """(superior, its numbers, whether they are worth sending) of those told in `before` last."""
    _, criteria = digest_criteria(session, catalogue, settings, week, before)
    counts = SubtreeCounts(session, catalogue, WHOLE_TREE, criteria)
    deciding = {task.decider_id for task in subtree_tasks.decisions(session)}
    missing = (
        all_missing(session, WHOLE_TREE, today, settings.channels)
        if _is_monthly(week, before)
        else newly_undelivered(session, WHOLE_TREE, today, criteria.since)
    )
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
    return rows


def _is_monthly(week: str, before: str) -> bool:
    """Whether one of the weeks since `before` begins on the first seven days of a month."""
    monday = first_day_of_week(week)
    last = first_day_of_week(before) if before else monday - WEEK
    return any((monday - n * WEEK).day <= WEEK.days for n in range((monday - last) // WEEK))


def make_digest(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    above: Organization,
    week: str,
    now: datetime,
) -> None:
    """Write down the digest of one superior, where that was not done yet, as worth sending."""
    if digests.counts_of(session, above.id, week) is not None:
        return
    before = digests.week_told(session, week, above)
    _, criteria = digest_criteria(session, catalogue, settings, week, before)
    counts = SubtreeCounts(session, catalogue, above.subtree, criteria)
    by_child = counts.by_child(counts.organizations[above.id])
    digests.write(session, week, [(above.id, by_child, True)], now)
