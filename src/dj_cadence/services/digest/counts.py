"""The numbers of a subtree: what the digest, the page and the command all count by.

The database counts them in `store.digest.numbers`; here they are added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

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
from dj_cadence.domain.digest.subtree import SubtreeRows, child_of
from dj_cadence.domain.organizations.organization import Organization, TreeRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest import numbers
from dj_cadence.store.digest.criteria import DigestCriteria
from dj_cadence.store.digest.digests import Counts
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides


def digest_criteria(
    session: Session, catalogue: Catalogue, settings: Settings, week: str, before: str
) -> tuple[DigestDays, DigestCriteria]:
    """The stretch that a digest of `week` speaks about, and what counts in it.

    `before` is the week of the last digest that its readers were told.
    """
    days, calendar = digest_days(week, before, catalogue.calendar), catalogue.calendar

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(0), settings.time_zone)

    binding, adopted = catalogue.binding(), overrides.adopted(session)
    by_grace: defaultdict[int, list[str]] = defaultdict(list)
    for key in {*binding, *adopted} & catalogue.duties.keys():
        by_grace[catalogue.duties[key].recording_grace].append(key)
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for grace, keys in by_grace.items():
        by_day[last_due_known(days.since, grace, calendar)] += keys
    return days, DigestCriteria(
        duties=binding,
        adopted=adopted,
        monday=days.monday,
        sunday=days.sunday,
        since=midnight(days.since),
        until=midnight(days.until),
        last_due_known=by_day,
        last_due_known_otherwise=last_due_known(days.since, 0, calendar),
        last_asked_known=last_answered(days.since, calendar),
    )


class SubtreeCounts:
    """Counted once for a part of the tree, for all superiors in it."""

    def __init__(
        self, session: Session, catalogue: Catalogue, span: TreeRange, criteria: DigestCriteria
    ) -> None:
        self._catalogue = catalogue
        organizations = orgs.in_range(session, span)
        self.organizations = {organization.id: organization for organization in organizations}
        self._children: defaultdict[int | None, list[Organization]] = defaultdict(list)
        for organization in organizations:
            self._children[organization.supervisor_id].append(organization)
        self._rows = SubtreeRows(numbers.count(session, span, criteria))

    def children(self, above: Organization) -> Sequence[Organization]:
        """The organizations directly below, in their own order."""
        return self._children.get(above.id, ())

    def by_child(self, above: Organization) -> dict[int, Numbers]:
        """Of each organization directly below with its whole subtree, where there is any."""
        rows: defaultdict[int, list[Numbers]] = defaultdict(list)
        children = self.children(above)
        for row in self._rows.below(above):
            rows[child_of(row, children).id].append(row.numbers)
        return {org_id: total(numbers) for org_id, numbers in rows.items()}

    def by_duty(self, above: Organization) -> tuple[DigestDuty, ...]:
        """Each duty with anything to count, in the catalogue's order; about persons as one."""
        by_duty: defaultdict[str, list[Numbers]] = defaultdict(list)
        for row in self._rows.below(above):
            by_duty[row.duty].append(row.numbers)
        duties = self._catalogue.duties
        by_title: defaultdict[str, list[Numbers]] = defaultdict(list)
        for key in [*duties, *sorted(by_duty.keys() - duties)]:
            if key in by_duty:
                is_private = key in duties and duties[key].confidential
                title = CONFIDENTIAL if is_private else duty_title(self._catalogue, key)
                by_title[title] += by_duty[key]
        return tuple(DigestDuty(title, total(numbers)) for title, numbers in by_title.items())


def child_lines(
    children: Iterable[Organization], counts: Counts, before: Counts | None
) -> tuple[DigestChild, ...]:
    """Each child with its numbers; `before` is what the digest before counted, if it is known."""

    def line(child: Organization) -> DigestChild:
        own = counts.get(child.id, NOTHING)
        change = None if before is None else own.overdue - before.get(child.id, NOTHING).overdue
        return DigestChild(child.code, child.name, own, change)

    return tuple(line(child) for child in children)


def change_of_all(children: Sequence[DigestChild]) -> int | None:
    """None where the digest before is not known."""
    changes = [child.change for child in children if child.change is not None]
    return sum(changes) if len(changes) == len(children) and changes else None


def total(several: Iterable[Numbers]) -> Numbers:
    """All of them together."""
    return Numbers(*map(sum, zip(NOTHING, *several, strict=True)))


def duty_title(catalogue: Catalogue, key: str) -> str:
    """As the catalogue calls it; its key where the catalogue no longer knows it."""
    duty = catalogue.duties.get(key)
    return duty.title if duty else key
