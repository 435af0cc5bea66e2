"""Organizations by duties for a month, a quarter, a semester or a year: who is behind, at a glance.

The rows keep the organizations' own order; there is no ranking. The numbers are the digest's.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.domain.dates.arithmetic import add_months
from dj_cadence.domain.dates.period import Period, Unit, periods
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.store.access import organizations as visible
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest.duty_grid import state_counts
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import overrides

UNITS = (Unit.MONTH, Unit.QUARTER, Unit.SEMESTER, Unit.YEAR)
_LATE, _WAITING = ("overdue",), ("unrecorded", "submitted", "returned")
LATE, WAITING = "late", "waiting"


class GridColumn(NamedTuple):
    """One duty."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """One organization: with all below it, or where every one is listed itself alone."""

    code: str
    name: str
    kind: str
    has_below: bool
    cells: Mapping[str, Counter[str]]
    """How many tasks are in each state, by duty; none where the duty is not owed."""

    def number(self, *states: str) -> int:
        """How many tasks are in one of these states."""
        return sum(cell[state] for cell in self.cells.values() for state in states)

    def is_shown(self, only: str) -> bool:
        """Whether it passes a filter: late, waiting, or empty for everything."""
        states = {LATE: _LATE, WAITING: _WAITING}.get(only, ())
        return not states or self.number(*states) > 0


@dataclass(frozen=True, slots=True)
class DutyGrid:
    """The whole table, before it is cut into pages."""

    period: Period
    before: str
    """The label of the period before; empty where none is known."""
    after: str
    columns: Sequence[GridColumn]
    rows: Sequence[GridRow]
    total: GridRow


@dataclass(frozen=True, slots=True)
class GridRequest:
    """What a visitor wants to see."""

    unit: Unit = Unit.MONTH
    label: str = ""
    """Of the period; empty for the one in which today lies."""
    every: bool = False
    """Whether all organizations below are listed one by one, not only those directly below."""
    only: str = ""
    """Late, waiting, or empty."""
    kind: str = ""
    """An OrgKind, or empty."""
    words: str = ""
    """What the name or code must contain."""


def duty_grid(
    session: Session,
    catalogue: Catalogue,
    visitor: Visitor,
    above: Organization,
    request: GridRequest,
    today: date,
) -> DutyGrid:
    """The table of `above`. Its own row comes first, as what it owes itself."""
    period, before, after = _period(session, catalogue, above, request, today)
    below = (
        visible.within(session, visitor, above, today)
        if request.every
        else visible.below(session, visitor, above.id, today)
    )
    chosen = [row for row in below if row.id != above.id and _fits(row, request)]
    duties = [duty.key for duty in catalogue.enabled() if not duty.confidential]
    due = (period.first, period.last)
    made = [
        *_rows(session, catalogue, [above], due, with_subtrees=False),
        *_rows(session, catalogue, chosen, due, with_subtrees=not request.every),
    ]
    rows = [row for row in made if row.is_shown(request.only) and (row.cells or row is not made[0])]
    owed = {duty for row in rows for duty in row.cells}
    columns = [GridColumn(key, catalogue.duties[key].title) for key in duties if key in owed]
    return DutyGrid(period, before, after, columns, rows, _total(rows))


def _rows(
    session: Session,
    catalogue: Catalogue,
    organizations: Sequence[Organization | AnyRow],
    due: tuple[date, date],
    *,
    with_subtrees: bool,
) -> list[GridRow]:
    """Each with what it owes on these days; what is about persons stays out."""
    counted = defaultdict[int, defaultdict[str, Counter[str]]](lambda: defaultdict(Counter))
    binding = [key for key in catalogue.binding() if not catalogue.duties[key].confidential]
    open_to_all = {duty.key for duty in catalogue.enabled() if not duty.confidential}
    adopted = sorted(open_to_all.intersection(overrides.adopted(session)))
    ids = [row.id for row in organizations]
    for org_id, duty, state, number in state_counts(
        session, ids, binding, adopted, due, with_subtrees=with_subtrees
    ):
        counted[org_id][duty][state] += number
    return [
        GridRow(
            row.code,
            row.name,
            OrgKind(row.kind).label,
            with_subtrees and row.subtree_end > row.position,
            counted[row.id],
        )
        for row in organizations
    ]


def _total(rows: Sequence[GridRow]) -> GridRow:
    cells: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for duty, cell in row.cells.items():
            cells[duty] += cell
    return GridRow("", "合计", "", has_below=False, cells=cells)


def _fits(row: AnyRow, request: GridRequest) -> bool:
    words = request.words.casefold()
    is_named = words in row.name.casefold() or words in row.code.casefold()
    return is_named and request.kind in ("", row.kind)


def _period(
    session: Session, catalogue: Catalogue, above: Organization, request: GridRequest, today: date
) -> tuple[Period, str, str]:
    """The period that is meant, and the labels of those beside it."""
    facts = orgs.facts(session, above)
    semesters = catalogue.calendar.semesters_for(facts.city, facts.stage)
    around = (add_months(today, -36), add_months(today, 36))
    every = list(periods(request.unit, *around, semesters)) or list(periods(Unit.MONTH, *around))
    meant = next((n for n, period in enumerate(every) if period.label == request.label), None)
    if meant is None:
        meant = max((n for n, period in enumerate(every) if period.first <= today), default=0)
    labels = ["", *(period.label for period in every), ""]
    return every[meant], labels[meant], labels[meant + 2]
