"""Which organizations are planned at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from dj_cadence.store.schema import org

FEW = 1000


@dataclass(frozen=True, slots=True)
class OrgSelection:
    """Which organizations are planned at a time: a range of ids, and of them the changed ones."""

    first: int | None = None
    last: int | None = None
    changed_after: int | None = None
    """Only those that changed after this data version; None: all."""

    def holds(self, org_id: ColumnElement[int]) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = [true()]
        if self.changed_after is not None:
            changed = select(org.c.id).where(org.c.changed_at_version > self.changed_after)
            conditions.append(org_id.in_(changed))
        if self.first is not None:
            conditions.append(org_id.between(self.first, self.last))
        return and_(*conditions)


def organizations(session: Session, changed_after: int | None) -> Sequence[int]:
    """The ids of the organizations that changed after a data version, in order; None: all."""
    everyone = OrgSelection(changed_after=changed_after)
    return session.scalars(
        select(org.c.id).where(everyone.holds(org.c.id)).order_by(org.c.id)
    ).all()


def parts(ids: Sequence[int], changed_after: int | None, at_once: int) -> list[OrgSelection]:
    """The organizations of `ids`, cut into so many at once; all are one part if they fit."""
    if len(ids) <= at_once:
        return [OrgSelection(changed_after=changed_after)] if ids or changed_after is None else []
    starts = ids[::at_once]
    ends = [*(start - 1 for start in starts[1:]), ids[-1]]
    return [OrgSelection(*ends_, changed_after) for ends_ in zip(starts, ends, strict=True)]


def are_few(session: Session, changed_after: int) -> bool:
    """Whether so few organizations changed that a look at each of them is worth it."""
    changed = select(org.c.id).where(org.c.changed_at_version > changed_after).limit(FEW + 1)
    return len(session.scalars(changed).all()) <= FEW
