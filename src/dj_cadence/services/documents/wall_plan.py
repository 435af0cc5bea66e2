"""The year's or month's plan of an organization, to be hung on the wall."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from dj_cadence.domain.dates.arithmetic import month_end
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.documents.document import CORE_LINES, WallDay, WallLine, WallPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import LET_OFF, State
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import readable
from dj_cadence.services.documents.letters import DocumentWriter
from dj_cadence.store.tasks.task_list import TaskRow, tasks

_SHOWN = frozenset(State) - LET_OFF


def wall_plan(writer: DocumentWriter, year: int = 0, month: date | None = None) -> WallPlan:
    """What the organization does in a year, or in the month that holds `month`.

    It hangs where everybody reads it: nothing about persons stands in it. Raises Refused
    where nothing is planned.
    """
    session, own, today = writer.session, writer.organization, writer.today
    first, last = date(year or today.year, 1, 1), date(year or today.year, 12, 31)
    if month:
        first, last = month.replace(day=1), month_end(month)
    span = chinese_label(f"{first:%Y-%m}" if month else str(first.year))
    rows = tasks(
        session,
        writer.catalogue,
        today=today,
        org_code=own.code,
        states=_SHOWN,
        due_from=first,
        due_until=last,
    )
    lines = _lines(readable(session, writer.visitor, hung_up(rows), today), writer.catalogue)
    if not lines:
        raise Refused(f"{own.name}在{span}没有任务。")
    return WallPlan(own.name, span, today, lines[:CORE_LINES], lines[CORE_LINES:])


def hung_up(rows: Iterable[TaskRow]) -> list[TaskRow]:
    """Of these tasks, those that stand on a plan for the wall."""
    return [row for row in rows if row.state in _SHOWN and not row.step and not row.confidential]


def _lines(rows: Sequence[TaskRow], catalogue: Catalogue) -> tuple[WallLine, ...]:
    """One line for each title: what the surest rules demand first, then the catalogue's order.

    A duty that the catalogue no longer knows is the last.
    """

    def rank(row: TaskRow) -> tuple[str, int, date]:
        tier = row.rule.tier.value if row.rule else "Z"
        return tier, order.get(row.duty, 0), row.due

    def day(row: TaskRow) -> WallDay:
        return WallDay(chinese_label(row.period), row.planned, row.due, row.provisional)

    by_title: defaultdict[str, list[TaskRow]] = defaultdict(list)
    order = {key: n for n, key in enumerate(catalogue.duties)}
    for row in sorted(rows, key=rank):
        by_title[row.title].append(row)
    return tuple(
        WallLine(title, tasks[0].office, tuple(map(day, tasks)))
        for title, tasks in by_title.items()
    )
