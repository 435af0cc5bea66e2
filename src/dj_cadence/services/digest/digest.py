"""The weekly digest: what each superior is told of its subtree."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from threading import Lock

from dj_cadence.domain.dates.iso_week import digest_week, first_day_of_week
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import (
    LISTED,
    WEEK,
    DigestChild,
    DigestLine,
    DigestView,
    digest_days,
    folded,
    unnamed,
)
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.organizations.tree_range import WHOLE_TREE, TreeRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State, overdue_days
from dj_cadence.services.digest.counts import (
    SubtreeCounts,
    as_counts,
    asked_of,
    change,
    duty_title,
    numbers_of,
    total,
    week_told,
)
from dj_cadence.services.digest.missing_data import Gaps, calendar_sentences
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest import digests, subtree_counts
from dj_cadence.store.roster import orgs
from dj_cadence.store.site import site as sites

_reads = cache(chinese_label)


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
    made, today = digests.made(session, week), now.astimezone(settings.time_zone).date()
    usual, told = digests.week_before(session, week), digests.weeks_told(session, week, WHOLE_TREE)
    by_before: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for above in digests.superiors(session):
        if above.id not in made:
            by_before[told.get(above.id, usual)].append(above)
    for before, readers in by_before.items():
        rows = _counted(session, catalogue, settings, week, before, readers, today)
        digests.write(session, week, rows, now)
    sites.set_digest_week(session, week)


def _counted(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    week: str,
    before: str,
    readers: Sequence[AnyRow],
    today: date,
) -> list[tuple[int, digests.Counts, bool]]:
    """(superior, its numbers, whether they are worth sending) of those told in `before` last."""
    _, asked = asked_of(session, catalogue, settings, week, before)
    counts = SubtreeCounts(session, catalogue, WHOLE_TREE, asked)
    deciding = {row.decider_id for row in subtree_counts.decisions(session)}
    gaps = (
        Gaps.every(session, WHOLE_TREE, today, settings.channels)
        if _is_monthly(week, before)
        else Gaps.news(session, WHOLE_TREE, today, asked.since)
    )
    return [
        (
            above.id,
            as_counts(counts.by_child(above)),
            settings.digest_when_empty
            or counts.numbers(above).ask_for_reading
            or above.id in deciding
            or gaps.are_below(above),
        )
        for above in readers
    ]


def _is_monthly(week: str, before: str) -> bool:
    """Whether one of the weeks since `before` begins on the first seven days of a month."""
    monday = first_day_of_week(week)
    last = first_day_of_week(before) if before else monday - WEEK
    return any((monday - n * WEEK).day <= WEEK.days for n in range((monday - last) // WEEK))


def write_digest(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    above: Organization,
    week: str,
    now: datetime,
) -> None:
    """Write down the digest of one superior, where that was not done yet, as worth sending."""
    if digests.one(session, above.id, week) is None:
        before = week_told(session, week, above)
        _, asked = asked_of(session, catalogue, settings, week, before)
        span = TreeRange(above.position, above.subtree_end)
        by_child = SubtreeCounts(session, catalogue, span, asked).by_child(above)
        digests.write(session, week, [(above.id, as_counts(by_child), True)], now)


def digest_view(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    org_id: int,
    week: str,
    *,
    today: date,
) -> DigestView:
    """What the digest of `org_id` says on `today`."""
    above = orgs.by_id(session, org_id)
    span = TreeRange(above.position, above.subtree_end)
    before = week_told(session, week, above)
    found = Digests(session, catalogue, settings, week, today=today, span=span, before=before)
    return found.view(org_id)


def digests_of_a_pass(
    catalogue: Catalogue, settings: Settings, today: date
) -> Callable[[Session, int, str], DigestView]:
    """Gives the digest of a superior for a week.

    The tree is read once for each week, and once more for each week in which superiors that
    could not be told since then were told last. Several threads may ask at once.
    """
    told: dict[str, dict[int, str]] = {}
    known: dict[tuple[str, str | None], Digests] = {}
    reading = Lock()

    def view(session: Session, org_id: int, week: str) -> DigestView:
        with reading:
            if week not in told:
                told[week] = digests.weeks_told(session, week, WHOLE_TREE)
            before = told[week].get(org_id)
            if (week, before) not in known:
                known[week, before] = Digests(
                    session,
                    catalogue,
                    settings,
                    week,
                    today=today,
                    span=WHOLE_TREE,
                    before=before,
                )
        return known[week, before].view(org_id)

    return view


def kept_digest(
    session: Session, catalogue: Catalogue, above: Organization, week: str
) -> DigestView | None:
    """The numbers of a past week's digest as they were counted then; None where none was made."""
    row = digests.one(session, above.id, week)
    if row is None:
        return None
    before = week_told(session, week, above)
    last = digests.counts(session, before, TreeRange(above.position, above.position)).get(above.id)
    days = digest_days(week, before, catalogue.calendar)
    children = tuple(
        DigestChild(child.code, child.name, numbers, change(numbers, child.id, last))
        for child in digests.children(session, above.id, row.counts)
        for numbers in [numbers_of(row.counts, child.id)]
    )
    return DigestView(
        org_code=above.code,
        org_name=above.name,
        week=week,
        day=days.until,
        since=days.since,
        numbers=total(child.numbers for child in children),
        change=_change(children),
        children=children,
        listed=False,
    )


class Digests:
    """Everything that the digests of one week say in a stretch of the tree, read at once."""

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        settings: Settings,
        week: str,
        *,
        today: date,
        span: TreeRange,
        before: str | None = None,
    ) -> None:
        """`before`: when the readers were told last; None for the last week whose were made."""
        self._catalogue, self._today = catalogue, today
        if before is None:
            before = digests.week_before(session, week)
        self._days, asked = asked_of(session, catalogue, settings, week, before)
        self._counts = SubtreeCounts(session, catalogue, span, asked)
        here = self._counts.organizations.keys()
        self._lines = subtree_counts.lines(session, span, asked)
        self._positions = [row.position for row in self._lines]
        self._own: defaultdict[int, list[AnyRow]] = defaultdict(list)
        for row in subtree_counts.own_lines(session, span, asked):
            self._own[row.org_id].append(row)
        self._decisions: defaultdict[int, list[AnyRow]] = defaultdict(list)
        for row in subtree_counts.decisions(session, None if span == WHOLE_TREE else here):
            self._decisions[row.decider_id].append(row)
        self._gaps = Gaps.every(session, span, today, settings.channels)
        self._last = digests.counts(session, before, span)

    def view(self, org_id: int) -> DigestView:
        """The digest of one superior."""
        above, counts = self._counts.organizations[org_id], self._counts
        below = counts.below(org_id)
        ends = [child.subtree_end for child in below]
        rows = [(row, below[bisect_left(ends, row.position)].name) for row in self._inside(above)]
        of: defaultdict[str, list[tuple[AnyRow, str]]] = defaultdict(list)
        for found in rows:
            of[found[0].state].append(found)
        overdue, missed = of[State.OVERDUE], of[State.MISSED]
        children = counts.children(above, self._last.get(org_id))
        missing = self._gaps.sentences(above, below)
        return DigestView(
            org_code=above.code,
            org_name=above.name,
            week=self._days.week,
            day=self._today,
            since=self._days.since,
            numbers=counts.numbers(above),
            change=_change(children),
            children=children,
            duties=counts.duties(above),
            newly_overdue=self._told(found for found in overdue if found[0].is_new),
            still_overdue=self._told(found for found in overdue if not found[0].is_new),
            missed=self._told(missed),
            decisions=self._told((row, row.name) for row in self._decisions[org_id]),
            own=self._told((row, above.name) for row in self._own[org_id]),
            missing=(*missing, *calendar_sentences(self._catalogue.calendar, self._today)),
        )

    def _inside(self, above: AnyRow) -> Sequence[AnyRow]:
        first = bisect_right(self._positions, above.position)
        return self._lines[first : bisect_right(self._positions, above.subtree_end)]

    def _told(self, lines: Iterable[tuple[AnyRow, str]]) -> tuple[DigestLine, ...]:
        """One by one; of what is about persons only how many there are."""
        told: dict[bool, list[DigestLine]] = {False: [], True: []}
        for row, child in lines:
            kept_back = self._catalogue.is_confidential(row.duty, row.subject_id)
            told[kept_back].append(self._line(row, child))
        return (*folded(told[False], LISTED), *unnamed(told[True]))

    def _line(self, row: AnyRow, child: str) -> DigestLine:
        title = duty_title(self._catalogue, row.duty)
        return DigestLine(
            child=child,
            org_name=row.name,
            title=f"{title}：{row.about}" if row.about else title,
            period=_reads(row.label),
            due=row.due,
            overdue_days=overdue_days(self._today, row.due, State(row.state)),
            reason=getattr(row, "reason", "") or "",
            task_id=row.id,
        )


def _change(children: Sequence[DigestChild]) -> int | None:
    """None where the digest before is not known."""
    known = [child.change for child in children if child.change is not None]
    return sum(known) if len(known) == len(children) and known else None
