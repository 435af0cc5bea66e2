"""What each superior is told of its subtree, as values."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import (
    LISTED,
    NOTHING,
    DigestChild,
    DigestDays,
    DigestLine,
    DigestView,
    SubtreeRows,
    child_of,
    digest_days,
    folded,
    unnamed,
)
from dj_cadence.domain.organizations.organization import WHOLE_TREE, Organization, TreeRange
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import State, overdue_days
from dj_cadence.services.digest.counts import SubtreeCounts, total
from dj_cadence.services.digest.missing_data import MissingData, calendar_sentences
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest import digests, numbers
from dj_cadence.store.digest.digests import Counts
from dj_cadence.store.digest.numbers import SubtreeTask
from dj_cadence.store.roster import orgs

_period_label = cache(chinese_label)


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
    before = digests.week_told(session, week, above)
    found = Digests(
        session, catalogue, settings, week, today=today, span=above.subtree, before=before
    )
    return found.view(org_id)


def digests_of_a_pass(
    catalogue: Catalogue, settings: Settings, today: date
) -> Callable[[Session, int, str], DigestView]:
    """Gives the digest of a superior for a week.

    The tree is read once for each week, and once more for each week in which superiors that
    could not be told since then were told last. Several threads may ask at once.
    """
    weeks_told: dict[str, dict[int, str]] = {}
    read: dict[tuple[str, str | None], Digests] = {}
    reading = Lock()

    def view(session: Session, org_id: int, week: str) -> DigestView:
        with reading:
            if week not in weeks_told:
                weeks_told[week] = digests.weeks_told(session, week, WHOLE_TREE)
            before = weeks_told[week].get(org_id)
            if (week, before) not in read:
                read[week, before] = Digests(
                    session, catalogue, settings, week, today=today, span=WHOLE_TREE, before=before
                )
        return read[week, before].view(org_id)

    return view


def kept_digest(
    session: Session, catalogue: Catalogue, above: Organization, week: str
) -> DigestView | None:
    """The numbers of a past week's digest as they were counted then; None where none was made."""
    counts = digests.counts_of(session, above.id, week)
    if counts is None:
        return None
    before = digests.week_told(session, week, above)
    days = digest_days(week, before, catalogue.calendar)
    below = orgs.children(session, above.id, counts.keys())
    counts_before = digests.counts_of(session, above.id, before)
    return _view(above, days, days.until, below, counts, counts_before, listed=False)


def _view(
    above: Organization,
    days: DigestDays,
    day: date,
    below: Iterable[Organization],
    counts: Counts,
    before: Counts | None,
    **lists: Any,
) -> DigestView:
    """With a line for each child; `before` is what the digest before counted, if it is known."""

    def change(child: Organization) -> int | None:
        now, then = (each.get(child.id, NOTHING).overdue for each in (counts, before or {}))
        return None if before is None else now - then

    children = tuple(
        DigestChild(child.code, child.name, counts.get(child.id, NOTHING), change(child))
        for child in below
    )
    changes = [child.change for child in children if child.change is not None]
    return DigestView(
        org_code=above.code,
        org_name=above.name,
        week=days.week,
        day=day,
        since=days.since,
        numbers=total(child.numbers for child in children),
        change=sum(changes) if changes else None,
        children=children,
        **lists,
    )


class Digests:
    """Everything that the digests of one week say in a part of the tree, read at once."""

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
        self._counts = SubtreeCounts(session, catalogue, settings, week, before, span)
        criteria = self._counts.criteria
        self._tasks = SubtreeRows(numbers.late_or_missed(session, span, criteria))
        self._own: defaultdict[int, list[SubtreeTask]] = defaultdict(list)
        for task in numbers.own_tasks(session, span, criteria):
            self._own[task.org_id].append(task)
        self._decisions: defaultdict[int | None, list[SubtreeTask]] = defaultdict(list)
        deciders = None if span == WHOLE_TREE else self._counts.organizations.keys()
        for task in numbers.decisions(session, deciders):
            self._decisions[task.decider_id].append(task)
        self._missing = MissingData(session, span, today, settings.channels)
        self._counts_before = digests.counts(session, before, span)

    def view(self, org_id: int) -> DigestView:
        """The digest of one superior."""
        counts = self._counts
        above = counts.organizations[org_id]
        below = counts.children(above)
        lines = [(task, child_of(task, below).name) for task in self._tasks.below(above)]
        overdue = [line for line in lines if line[0].state is State.OVERDUE]
        missing = self._missing.sentences(above, below)
        return _view(
            above,
            counts.days,
            self._today,
            below,
            counts.by_child(above),
            self._counts_before.get(org_id),
            duties=counts.by_duty(above),
            newly_overdue=self._lines(line for line in overdue if line[0].is_new),
            still_overdue=self._lines(line for line in overdue if not line[0].is_new),
            missed=self._lines(line for line in lines if line[0].state is State.MISSED),
            decisions=self._lines((task, task.org_name) for task in self._decisions[org_id]),
            own=self._lines((task, above.name) for task in self._own[org_id]),
            missing=(*missing, *calendar_sentences(self._catalogue.calendar, self._today)),
        )

    def _lines(self, tasks: Iterable[tuple[SubtreeTask, str]]) -> tuple[DigestLine, ...]:
        """One by one; of what is about persons only how many there are."""
        public: list[DigestLine] = []
        private: list[DigestLine] = []
        for task, child in tasks:
            is_private = self._catalogue.is_confidential(task.duty, task.subject_id)
            (private if is_private else public).append(self._line(task, child))
        return (*folded(public, LISTED), *unnamed(private))

    def _line(self, task: SubtreeTask, child: str) -> DigestLine:
        title = self._catalogue.title(task.duty, OWN)
        return DigestLine(
            child=child,
            org_name=task.org_name,
            title=f"{title}：{task.about}" if task.about else title,
            period=_period_label(task.label),
            due=task.due,
            overdue_days=overdue_days(self._today, task.due, task.state),
            reason=task.reason,
            task_id=task.id,
        )
