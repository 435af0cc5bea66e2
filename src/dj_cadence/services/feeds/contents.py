"""What a calendar feed shows: tasks, and for superiors one summary a week of what lies below.

Never in a feed: a case, or what else is about a person; a step of a workflow that is
no meeting and no legal date, which has other readers; an organization below by name
beside the word that it is late.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from dj_cadence.domain.dates.arithmetic import DAY, add_months, month_end
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.organizations.facts import SUPERIORS
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import basis_text
from dj_cadence.domain.tasks.task import State
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.feeds import feeds
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks.task_list import TaskRow, tasks

MONTHS_BACK, MONTHS_AHEAD = 2, 13
CANCELLED_SHOWN = timedelta(days=21)
"""A withdrawn task stays so long as a cancelled entry, for programs that ask seldom."""
FORM = 2
"""Of the entries; one more whenever their wording changes, so that phones take it in."""
_ALL_TASKS = {"", SECRETARY, CLERK}
"""Offices that are shown every task of their organization, and what lies below it."""


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """How many tasks below a superior fall due in one week, and how they stand."""

    above: Organization
    monday: date
    due: int
    settled: int
    overdue: int

    @property
    def name(self) -> str:
        """What its revisions are kept under."""
        return f"week:{self.above.id}:{week_label(self.monday)}"


@dataclass(frozen=True)
class FeedContents:
    """A feed before anything of it is rendered."""

    subject: str
    month: date
    """Its first day; the window is counted from it."""
    tasks: Sequence[TaskRow]
    weeks: Sequence[WeekSummary]

    def shown(self, settings: Settings) -> dict[str, str]:
        """What is shown beside tasks, by the name its revisions are kept under."""
        texts = {"site": site_look(settings)}
        for task in self.tasks:
            rule = task.rule
            told = f"{rule.title}\n{basis_text(rule, task.stage)}" if rule else ""
            texts[rule_name(task)] = told
            texts[f"org:{task.org_id}"] = task.org_name
            if task.subject_id:
                texts[f"org:{task.subject_id}"] = task.about
        for week in self.weeks:
            numbers = f"{week.due} {week.settled} {week.overdue}"
            texts[week.name] = f"{week.above.name}\n{numbers}"
        return texts


def site_look(settings: Settings) -> str:
    """What of the settings every entry shows."""
    return f"{FORM}\n{settings.web_address}\n{settings.time_zone.key}\n{settings.feed_alarms}"


def news_since(settings: Settings, today: date) -> datetime:
    """What was withdrawn at this instant or later is still shown as cancelled."""
    return datetime.combine(today - CANCELLED_SHOWN, time(), settings.time_zone)


def contents(
    session: Session, catalogue: Catalogue, settings: Settings, subject: str, today: date
) -> FeedContents:
    """What the feed shows.

    Of `today` count the month, who holds which office, and which withdrawals are news.
    """
    seats = feeds.seats(session, subject, today)
    month = today.replace(day=1)
    by_org = {
        org_id: {office for _, office in held} for org_id, held in groupby(seats, key=itemgetter(0))
    }
    return FeedContents(
        subject=subject,
        month=month,
        tasks=_tasks(session, catalogue, by_org, month, news_since(settings, today)),
        weeks=_weeks(session, catalogue, by_org, month),
    )


def _tasks(
    session: Session, catalogue: Catalogue, by_org: dict[int, set[str]], month: date, news: datetime
) -> list[TaskRow]:
    """Whole months around `month`; withdrawn ones only while they are `news`."""
    first, last = window(month)
    rows = tasks(session, catalogue, today=month, org_ids=by_org, due_from=first)
    return [
        task
        for task in rows
        if task.subject_id >= 0
        and not task.confidential
        and (not task.step or (task.stage is not None and task.stage.in_calendar))
        and (by_org[task.org_id] & _ALL_TASKS or task.office in by_org[task.org_id])
        and first <= day_of(task) <= last
        and (task.state is not State.WITHDRAWN or task.changed_at >= news)
    ]


def window(month: date) -> tuple[date, date]:
    """The first and the last day that a feed shows in the month that begins with `month`."""
    return add_months(month, -MONTHS_BACK), month_end(add_months(month, MONTHS_AHEAD))


def rule_name(task: TaskRow) -> str:
    """What the revisions of a task's title and basis are kept under."""
    return f"duty:{task.duty}" + (f":{task.step}" if task.step else "")


def day_of(task: TaskRow) -> date:
    """The day on which a task stands in a calendar."""
    return task.planned or task.due


def _weeks(
    session: Session, catalogue: Catalogue, by_org: dict[int, set[str]], month: date
) -> list[WeekSummary]:
    """Whole weeks that begin in the window."""
    first, last = window(month)
    monday = first + (-first.weekday() % 7) * DAY
    sunday = last + (6 - last.weekday()) * DAY
    summaries = []
    for org_id, offices in by_org.items():
        above = orgs.by_id(session, org_id)
        is_superior = above.kind in SUPERIORS and above.subtree_end > above.position
        if is_superior and offices & _ALL_TASKS:
            rows = feeds.due_by_day(session, above, catalogue.binding(), monday, sunday)
            summaries += _summaries(above, rows)
    return summaries


def _summaries(above: Organization, rows: Sequence[AnyRow]) -> list[WeekSummary]:
    by_week: defaultdict[date, Counter[State]] = defaultdict(Counter)
    for row in rows:
        by_week[row.due - row.due.weekday() * DAY][State(row.state)] += row.n
    return [
        WeekSummary(
            above=above,
            monday=monday,
            due=states.total(),
            settled=sum(n for state, n in states.items() if state.is_settled),
            overdue=states[State.OVERDUE],
        )
        for monday, states in sorted(by_week.items())
    ]
