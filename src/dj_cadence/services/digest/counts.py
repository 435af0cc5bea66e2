"""The numbers of a subtree: what the digest, the page and the command all count by."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from itertools import accumulate

from dj_cadence.domain.digest.digest import (
    CONFIDENTIAL,
    NOTHING,
    DigestChild,
    DigestDays,
    DigestDuty,
    Numbers,
    digest_days,
    last_answered,
    last_due_known,
)
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.organizations.tree_range import TreeRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest import digests, subtree_counts
from dj_cadence.store.digest.subtree_counts import Asked
from dj_cadence.store.tasks import overrides


def week_told(session: Session, week: str, above: AnyRow | Organization) -> str:
    """The week of the last digest before `week` that this superior was told; may be empty."""
    told = digests.weeks_told(session, week, TreeRange(above.position, above.position))
    return told.get(above.id) or digests.week_before(session, week)


def asked_of(
    session: Session, catalogue: Catalogue, settings: Settings, week: str, before: str
) -> tuple[DigestDays, Asked]:
    """The stretch that a digest of `week` speaks about, and what counts in it.

    `before` is the week of the last digest that its readers were told.
    """
    days = digest_days(week, before, catalogue.calendar)

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(0), settings.time_zone)

    by_grace: defaultdict[int, list[str]] = defaultdict(list)
    binding, adopted = catalogue.binding(), overrides.adopted(session)
    for key in {*binding, *adopted} & catalogue.duties.keys():
        by_grace[catalogue.duties[key].recording_grace].append(key)
    known = {
        grace: last_due_known(days.since, grace, catalogue.calendar) for grace in {0, *by_grace}
    }
    duties_by_day: defaultdict[date, list[str]] = defaultdict(list)
    for grace, keys in by_grace.items():
        duties_by_day[known[grace]] += keys
    asked = Asked(
        duties=binding,
        adopted=adopted,
        monday=days.monday,
        sunday=days.sunday,
        since=midnight(days.since),
        until=midnight(days.until),
        known=duties_by_day,
        known_otherwise=known[0],
        answered=last_answered(days.since, catalogue.calendar),
    )
    return days, asked


class SubtreeCounts:
    """Counted once for a stretch of the tree; each superior within it is then a few steps.

    The database gives one row for each organization and duty with anything to count. Sums
    that run along the tree's order make every subtree the difference of two of them.
    """

    def __init__(
        self, session: Session, catalogue: Catalogue, span: TreeRange, asked: Asked
    ) -> None:
        self._catalogue = catalogue
        self._below: defaultdict[int, list[AnyRow]] = defaultdict(list)
        self.organizations: dict[int, AnyRow] = {}
        for row in subtree_counts.organizations(session, span):
            self.organizations[row.id] = row
            self._below[row.supervisor_id].append(row)
        rows = sorted(tuple(row) for row in subtree_counts.numbers(session, span, asked))
        self._all = _Running((row[0], *row[2:]) for row in rows)
        by_duty: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
        for position, duty, *numbers in rows:
            by_duty[duty].append((position, *numbers))
        self._by_duty = {duty: _Running(own) for duty, own in by_duty.items()}

    def below(self, org_id: int) -> list[AnyRow]:
        """The organizations directly below, in their own order."""
        return self._below.get(org_id, [])

    def numbers(self, above: AnyRow | Organization) -> Numbers:
        """Of all that lies strictly below."""
        return self._all.between(above.position + 1, above.subtree_end)

    def by_child(self, above: AnyRow | Organization) -> dict[int, Numbers]:
        """Of each organization directly below with its whole subtree, where there is any."""
        below = self.below(above.id)
        ends = (row.subtree_end for row in below)
        found = zip(below, self._all.stretches(above.position + 1, ends), strict=True)
        return {row.id: numbers for row, numbers in found if numbers is not NOTHING}

    def children(
        self, above: AnyRow | Organization, last: digests.Counts | None
    ) -> tuple[DigestChild, ...]:
        """Each organization directly below; `last` is what the digest before counted."""
        found = self.by_child(above)
        return tuple(
            DigestChild(row.code, row.name, numbers, change(numbers, row.id, last))
            for row in self.below(above.id)
            for numbers in [found.get(row.id, NOTHING)]
        )

    def duties(self, above: AnyRow | Organization) -> tuple[DigestDuty, ...]:
        """Each duty with anything to count, in the catalogue's order."""
        order = [*self._catalogue.duties, *sorted(self._by_duty.keys() - self._catalogue.duties)]
        found = (
            (key, self._by_duty[key].between(above.position + 1, above.subtree_end))
            for key in order
            if key in self._by_duty
        )
        named: dict[str, list[Numbers]] = {}
        for key, numbers in found:
            if numbers:
                named.setdefault(self._public_title(key), []).append(numbers)
        return tuple(DigestDuty(title, total(numbers)) for title, numbers in named.items())

    def _public_title(self, key: str) -> str:
        """Duties about persons are counted as one; of those that are gone it is not known."""
        duty = self._catalogue.duties.get(key)
        return CONFIDENTIAL if duty and duty.confidential else duty_title(self._catalogue, key)


class _Running:
    """Six numbers at positions of the tree, summed up along its order."""

    def __init__(self, rows: Iterable[tuple[int, ...]]) -> None:
        found = list(rows)
        self._positions = [position for position, *_ in found]
        self._rows = [Numbers(*map(int, numbers)) for _, *numbers in found]
        self._columns = [
            list(accumulate(column, initial=0)) for column in zip(*self._rows, strict=True)
        ]

    def between(self, first: int, last: int) -> Numbers:
        """The sums of the positions from `first` to `last`, both included."""
        return next(self.stretches(first, [last]))

    def stretches(self, first: int, ends: Iterable[int]) -> Iterator[Numbers]:
        """The sums up to each of `ends`, every stretch beginning where the one before ended."""
        start = bisect_left(self._positions, first)
        for last in ends:
            end = bisect_right(self._positions, last, start)
            yield self._sums(start, end) if start < end else NOTHING
            start = end

    def _sums(self, start: int, end: int) -> Numbers:
        if end == start + 1:
            return self._rows[start]
        return Numbers(*[column[end] - column[start] for column in self._columns])


def change(numbers: Numbers, org_id: int, last: digests.Counts | None) -> int | None:
    """By how many the overdue ones are more than the digest before counted."""
    if last is None:
        return None
    return numbers.overdue - numbers_of(last, org_id).overdue


def as_counts(by_child: Mapping[int, Numbers]) -> digests.Counts:
    """Numbers as they are kept with a digest."""
    return {str(org_id): numbers for org_id, numbers in by_child.items()}


def numbers_of(counts: digests.Counts, org_id: int) -> Numbers:
    """The inverse of `as_counts`, for one organization."""
    return Numbers(*counts.get(str(org_id), ()))


def total(numbers: Iterable[Numbers]) -> Numbers:
    """All of them together."""
    return Numbers(*map(sum, zip(NOTHING, *numbers, strict=True)))


def duty_title(catalogue: Catalogue, key: str) -> str:
    """As the catalogue calls it; its key where the catalogue no longer knows it."""
    duty = catalogue.duties.get(key)
    return duty.title if duty else key
