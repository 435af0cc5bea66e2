"""The numbers of a subtree: what the digest, the page and the command all count by.

The database counts them in `store.digest.numbers`; here they are added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from dj_cadence.domain.digest.digest import (
    CONFIDENTIAL,
    NOTHING,
    DigestDays,
    DigestDuty,
    Numbers,
    SubtreeRows,
    child_of,
    digest_days,
    last_answered,
    last_due_known,
)
from dj_cadence.domain.organizations.organization import Organization, TreeRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest.numbers import DigestCriteria, count
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides


def _criteria(
    session: Session, catalogue: Catalogue, settings: Settings, days: DigestDays
) -> DigestCriteria:
    calendar = catalogue.calendar

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(0), settings.time_zone)

    binding, adopted = catalogue.binding(), overrides.adopted(session)
    by_grace: defaultdict[int, list[str]] = defaultdict(list)
    for key in {*binding, *adopted} & catalogue.duties.keys():
        by_grace[catalogue.duties[key].recording_grace].append(key)
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for grace, keys in by_grace.items():
        by_day[last_due_known(days.since, grace, calendar)] += keys
    return DigestCriteria(
        duties=binding,
        adopted=adopted,
        monday=days.monday,
        since=midnight(days.since),
        until=midnight(days.until),
        last_due_known=by_day,
        last_due_known_otherwise=last_due_known(days.since, 0, calendar),
        last_asked_known=last_answered(days.since, calendar),
    )


class SubtreeCounts:
    """Counted once for a part of the tree, for all superiors in it.

    `before` is the week of the last digest that its readers were told.
    """

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        settings: Settings,
        week: str,
        before: str,
        span: TreeRange,
    ) -> None:
        self._catalogue = catalogue
        self.days = digest_days(week, before, catalogue.calendar)
        self.criteria = _criteria(session, catalogue, settings, self.days)
        organizations = orgs.in_range(session, span)
        self.organizations = {organization.id: organization for organization in organizations}
        self._children: defaultdict[int | None, list[Organization]] = defaultdict(list)
        for organization in organizations:
            self._children[organization.supervisor_id].append(organization)
        self._rows = SubtreeRows(count(session, span, self.criteria))

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
                title = CONFIDENTIAL if is_private else self._catalogue.title(key, OWN)
                by_title[title] += by_duty[key]
        return tuple(DigestDuty(title, total(numbers)) for title, numbers in by_title.items())


def total(several: Iterable[Numbers]) -> Numbers:
    """All of them together."""
    return Numbers(*map(sum, zip(NOTHING, *several, strict=True)))
