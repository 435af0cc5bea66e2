"""The year's or month's plan of an organization, to be hung on the wall."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from dj_cadence.domain.dates.arithmetic import month_end
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.documents.document import CORE_LINES, WallDay, WallLine, WallPlan
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import LET_OFF, State
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, readable
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks.task_list import TaskRow, tasks

_SHOWN = frozenset(State) - LET_OFF


def wall_plan(
    session: Session,
    catalogue: Catalogue,
    organization: Organization,
    *,
    visitor: Visitor,
    today: date,
    year: int = 0,
    month: date | None = None,
) -> WallPlan:
    """What the organization does in a year, or in the month that holds `month`.

    It hangs where everybody reads it: nothing about persons stands in it. Raises Refused
    where nothing is planned.
    """
    first, last = _span(year or today.year, month)
    span = chinese_label(f"{first:%Y-%m}" if month else str(first.year))
    rows = tasks(
        session,
        catalogue,
        today=today,
        org_code=organization.code,
        states=_SHOWN,
        due_from=first,
        due_until=last,
    )
    lines = _lines(readable(session, visitor, hung_up(rows), today), catalogue)
    if not lines:
        raise Refused(f"{organization.name}在{span}没有任务。")
    return WallPlan(organization.name, span, today, lines[:CORE_LINES], lines[CORE_LINES:])


def hung_up(rows: Iterable[TaskRow]) -> list[TaskRow]:
    """Of these tasks, those that stand on a plan for the wall."""
    return [row for row in rows if row.state in _SHOWN and not row.step and not row.confidential]


def _span(year: int, month: date | None) -> tuple[date, date]:
    if month:
        return month.replace(day=1), month_end(month)
    return date(year, 1, 1), date(year, 12, 31)


def _lines(rows: Sequence[TaskRow], catalogue: Catalogue) -> tuple[WallLine, ...]:
    """One line for each title: what the surest rules demand first, then the catalogue's order."""
    by_title: defaultdict[str, list[TaskRow]] = defaultdict(list)
    order = {key: n for n, key in enumerate(catalogue.duties)}
    for row in sorted(rows, key=lambda row: (_tier(row), order.get(row.duty, 0), row.due)):
        by_title[row.title].append(row)
    return tuple(
        WallLine(title, tasks[0].office, tuple(_day(row) for row in tasks))
        for title, tasks in by_title.items()
    )


def _tier(row: TaskRow) -> str:
    """A before B before the rest; a duty that the catalogue no longer knows is the last."""
    return row.rule.tier.value if row.rule else "Z"


def _day(row: TaskRow) -> WallDay:
    return WallDay(chinese_label(row.period), row.planned, row.due, row.provisional)
