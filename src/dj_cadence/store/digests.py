"""What a superior's subtree owes, counted by the database."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.organization import PARTY_ORGANIZATIONS, OrgKind
from dj_cadence.domain.task import State
from dj_cadence.store.database import insert_or_ignore
from dj_cadence.store.overrides import is_adopted
from dj_cadence.store.schema import anchor, digest, org, slot, task
from dj_cadence.store.types import AnyRow

SUPERIORS = (OrgKind.SUPERVISOR, OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH)

_above = org.alias("above")


def _below() -> ColumnElement[bool]:
    """Whether `org` lies strictly below `_above`."""
    return and_(org.c.position > _above.c.position, org.c.position <= _above.c.subtree_end)


def _binds(duties: Sequence[str]) -> ColumnElement[bool]:
    """Whether the superior sees it: the period binds, or a superior adopted it."""
    return or_(task.c.duty.in_(duties), is_adopted())


def _overdue(duties: Sequence[str]) -> ColumnElement[bool]:
    return and_(task.c.state == State.OVERDUE.value, _binds(duties))


def _undated() -> ColumnElement[bool]:
    """Whether `org` is a Party organization whose last election nobody has entered."""
    elected = select(anchor.c.org_id).where(anchor.c.kind == "election", anchor.c.current)
    standing = and_(org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)), org.c.dissolved.is_(None))
    return and_(standing, org.c.id.not_in(elected))


def superiors_without(
    session: Session, week: str, duties: Sequence[str], *, for_data: bool
) -> list[AnyRow]:
    """(org_id, overdue, missing) of each superior that has something to read and no digest yet.

    Data that is missing is worth a digest of its own only where `for_data` says so.
    """
    overdue = (
        select(_above.c.id, func.count(task.c.id).label("n"))
        .select_from(_above.join(org, _below()).join(task, task.c.org_id == org.c.id))
        .where(_overdue(duties))
        .group_by(_above.c.id)
        .subquery("late")
    )
    missing = (
        select(_above.c.id, func.count(org.c.id).label("n"))
        .select_from(_above.join(org, _below()))
        .where(_undated())
        .group_by(_above.c.id)
        .subquery("undated")
    )
    made = select(digest.c.org_id).where(digest.c.week == week)
    joined = org.outerjoin(overdue, overdue.c.id == org.c.id)
    joined = joined.outerjoin(missing, missing.c.id == org.c.id)
    counts = (func.coalesce(overdue.c.n, 0), func.coalesce(missing.c.n, 0))
    query = select(org.c.id, counts[0].label("overdue"), counts[1].label("missing"))
    return list(
        session.execute(
            query.select_from(joined).where(
                org.c.kind.in_(SUPERIORS),
                org.c.id.not_in(made),
                or_(counts[0] > 0, counts[1] > 0) if for_data else counts[0] > 0,
            )
        )
    )


def write(session: Session, week: str, rows: Sequence[AnyRow], now: datetime) -> None:
    """Write down that these superiors have a digest to be sent."""
    values = [
        {
            "org_id": row.id,
            "week": week,
            "counts": {"overdue": row.overdue, "missing": row.missing},
            "made_at": now,
        }
        for row in rows
    ]
    if values:
        session.execute(insert(digest), values)


def unsent(session: Session, week: str) -> list[int]:
    """Superiors whose digest of `week` is not part of a message yet."""
    query = select(digest.c.org_id).where(digest.c.week == week, digest.c.message_id.is_(None))
    return list(session.scalars(query))


def put_in(session: Session, week: str, org_ids: Sequence[int], message_id: int) -> None:
    """Make these digests part of a message."""
    mine = and_(digest.c.week == week, digest.c.org_id.in_(org_ids))
    session.execute(update(digest).where(mine).values(message_id=message_id))


def order(session: Session, org_id: int, week: str, message_id: int, now: datetime) -> None:
    """Make the digest part of a message, whether or not it was made or sent before."""
    row = {"org_id": org_id, "week": week, "counts": {}, "made_at": now}
    session.execute(insert_or_ignore(session, digest), row)
    put_in(session, week, [org_id], message_id)


# --- what a digest says -------------------------------------------------------------------------


def overdue_lines(session: Session, above: AnyRow, duties: Sequence[str]) -> list[AnyRow]:
    """Every overdue task below, in the organizations' own order, the oldest first."""
    about = org.alias("about")
    joined = task.join(org, org.c.id == task.c.org_id).join(slot, slot.c.id == task.c.slot_id)
    joined = joined.outerjoin(about, about.c.id == task.c.instance)
    query = select(
        org.c.name,
        org.c.position,
        about.c.name.label("about"),
        task.c.duty,
        task.c.due,
        slot.c.label,
    )
    query = query.select_from(joined).where(_inside(above), _overdue(duties))
    return list(session.execute(query.order_by(org.c.position, task.c.due, task.c.duty)))


def _inside(above: AnyRow) -> ColumnElement[bool]:
    return and_(org.c.position > above.position, org.c.position <= above.subtree_end)


def children(session: Session, above: AnyRow) -> list[AnyRow]:
    """The organizations directly below, in their own order."""
    query = select(org).where(org.c.supervisor_id == above.id).order_by(org.c.position)
    return list(session.execute(query))


def due_between(
    session: Session, above: AnyRow, duties: Sequence[str], first: date, last: date
) -> list[int]:
    """The position of the organization of each open task below that is due in the days given."""
    query = select(org.c.position).join_from(task, org, org.c.id == task.c.org_id)
    query = query.where(
        _inside(above),
        _binds(duties),
        task.c.state == State.OPEN.value,
        task.c.due.between(first, last),
    )
    return list(session.scalars(query))


def settled_since(
    session: Session, above: AnyRow, duties: Sequence[str], since: datetime
) -> list[int]:
    """The position of the organization of each task below that was done since an instant."""
    query = select(org.c.position).join_from(task, org, org.c.id == task.c.org_id)
    query = query.where(
        _inside(above),
        _binds(duties),
        task.c.state == State.DONE.value,
        task.c.settled_at >= since,
    )
    return list(session.scalars(query))


def undated(session: Session, above: AnyRow) -> list[str]:
    """Names of the Party organizations below without an election date."""
    query = select(org.c.name).where(_inside(above), _undated())
    return list(session.scalars(query.order_by(org.c.position)))


def party_organizations(session: Session, above: AnyRow, today: date) -> list[AnyRow]:
    """The Party organizations below that still exist, in their own order."""
    kinds = org.c.kind.in_(sorted(PARTY_ORGANIZATIONS))
    standing = or_(org.c.dissolved.is_(None), org.c.dissolved > today)
    query = select(org.c.id, org.c.name).where(_inside(above), kinds, standing)
    return list(session.execute(query.order_by(org.c.position)))
