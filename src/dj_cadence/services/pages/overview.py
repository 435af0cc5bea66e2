"""The organizations on the pages, read for one visitor: nothing outside what they may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.access.permissions import decides_for
from dj_cadence.store.access import organizations as visible
from dj_cadence.store.access.organizations import above, below, codes, one
from dj_cadence.store.access.reach import offices_at
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest import numbers
from dj_cadence.store.tasks import overrides

__all__ = ["above", "below", "codes", "one"]

_NUMBERS = ("open", "unrecorded", "overdue", "own_late", "due_this_week")


@dataclass(frozen=True, slots=True)
class OrgLine:
    """One organization with what is owed in it; `depth` counts from the visitor's own top."""

    code: str
    name: str
    kind: str
    depth: int
    offices: str
    """What the visitor is there today, like 书记、校长; empty for nothing."""
    open: int
    unrecorded: int
    overdue: int
    """Of what superiors see, as the digest counts it; so is `due_this_week`."""
    own_late: int
    """Overdue by a period that nobody above set: the organization's own affair."""
    due_this_week: int

    def with_counts_of(self, other: "OrgLine") -> "OrgLine":
        return replace(self, **{n: getattr(self, n) + getattr(other, n) for n in _NUMBERS})


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was handed up and waits for the visitor."""

    task_id: int
    code: str
    org_name: str
    title: str
    period: str
    completed_on: date | None


def organizations(
    session: Session, visitor: Visitor, catalogue: Catalogue, today: date
) -> list[OrgLine]:
    """All that the visitor may see, in the organizations' own order."""
    is_seen_above = overrides.binds(catalogue.binding(), overrides.adopted(session))
    counts = visible.counts(session, visitor, is_seen_above, today)
    offices: dict[int, list[str]] = {}
    for org_id, office, acting in offices_at(session, visitor.person_id, today):
        offices.setdefault(org_id, []).append(f"{office}（主持工作）" if acting else office)
    return [
        OrgLine(
            code=row.code,
            name=row.name,
            kind=OrgKind(row.kind).label,
            depth=depth,
            offices="、".join(offices.get(row.id, ())),
            **{name: int(getattr(counts.get(row.id), name, 0)) for name in _NUMBERS},
        )
        for row, depth in _with_depth(visible.every(session, visitor, today))
    ]


def decisions(
    session: Session, visitor: Visitor, catalogue: Catalogue, today: date
) -> list[Decision]:
    """What the visitor is to confirm or to send back, the oldest first in each organization."""
    tasks = numbers.decisions(session, decides_for(session, visitor, today))
    return [
        Decision(
            task.id,
            task.org_code,
            task.org_name,
            CONFIDENTIAL
            if catalogue.is_confidential(task.duty, task.subject_id)
            else catalogue.title(task.duty, task.step),
            task.label,
            task.completed_on,
        )
        for task in tasks
    ]


def total(lines: Iterable[OrgLine]) -> dict[str, int]:
    """What is owed in all of them together."""
    every = list(lines)
    return {name: sum(getattr(line, name) for line in every) for name in _NUMBERS}


def folded(lines: Iterable[OrgLine], depth: int) -> list[OrgLine]:
    """Only the lines down to `depth`, each with the counts of what is hidden below it."""
    shown: list[OrgLine] = []
    for line in lines:
        if line.depth <= depth:
            shown.append(line)
        else:
            shown[-1] = shown[-1].with_counts_of(line)
    return shown


def _with_depth(rows: Iterable[AnyRow]) -> Iterable[tuple[AnyRow, int]]:
    """Each row of a preorder with the number of shown rows that contain it."""
    ends: list[int] = []
    for row in rows:
        while ends and ends[-1] < row.position:
            ends.pop()
        yield row, len(ends)
        ends.append(row.subtree_end)
