"""The digests that were made, with what they counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, null, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.iso_week import first_day_of_week, week_label
from dj_cadence.domain.digest.digest import WEEK
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.tree_range import TreeRange
from dj_cadence.store.core.conditions import in_range
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import digest, org

SUPERIORS = (OrgKind.SUPERVISOR, OrgKind.PARTY_COMMITTEE, OrgKind.GENERAL_BRANCH)
Counts = Mapping[str, Sequence[int]]
"""The numbers of each organization directly below, by its id; none where all are zero."""


def superiors(session: Session) -> list[AnyRow]:
    """(id, position, subtree_end) of those who read a digest: they have others below them."""
    query = select(org.c.id, org.c.position, org.c.subtree_end)
    return list(session.execute(query.where(_leads()).order_by(org.c.position)))


def made(session: Session, week: str) -> set[int]:
    """The superiors whose digest of the week is written down."""
    return set(session.scalars(select(digest.c.org_id).where(digest.c.week == week)))


def write(
    session: Session,
    week: str,
    counted: Iterable[tuple[int, Counts, bool]],
    now: datetime,
) -> None:
    """Write down (superior, its numbers, whether it is worth sending) for the week.

    What another process wrote at the same time stands: both counted the same.
    """
    values = [
        {"org_id": org_id, "week": week, "counts": counts, "worth_sending": worth, "made_at": now}
        for org_id, counts, worth in counted
    ]
    if values:
        session.execute(insert_or_ignore(digest), values)


def unsent(session: Session, week: str) -> list[int]:
    """Superiors whose digest of `week` is worth sending and not part of a message yet."""
    return list(session.scalars(select(digest.c.org_id).where(digest.c.week == week, _waits())))


def put_in(session: Session, week: str, org_ids: Collection[int], message_id: int) -> None:
    """Make these digests part of a message."""
    mine = and_(digest.c.week == week, digest.c.org_id.in_(org_ids))
    session.execute(update(digest).where(mine).values(message_id=message_id))


def release(session: Session, message_ids: Collection[int]) -> None:
    """Let the digests that are part of these messages wait for another one."""
    mine = among(digest.c.message_id, message_ids)
    session.execute(update(digest).where(mine).values(message_id=None))


RELEASE = update(digest).where(digest.c.message_id == bindparam("this")).values(message_id=null())
"""The same for the message `this`."""


def week_before(session: Session, week: str) -> str:
    """The last week before `week` whose digests were made; empty where there is none."""
    query = select(func.max(digest.c.week)).where(digest.c.week < week)
    return session.scalar(query) or ""


def weeks_told(session: Session, week: str, span: TreeRange) -> dict[int, str]:
    """The week in which a superior was told last, for those where it is not `week_before`.

    A digest with nothing worth sending counts as told; one that waits for the end of a quiet
    period, or for somebody who can be reached, does not. Of those who were never told, it is
    the week before their first digest.
    """
    of = and_(digest.c.org_id == org.c.id, digest.c.week < week)
    told = select(func.max(digest.c.week)).where(of, ~_waits()).correlate(org).scalar_subquery()
    first = select(func.min(digest.c.week)).where(of).correlate(org).scalar_subquery()
    last = and_(digest.c.week == week_before(session, week), ~_waits())
    query = select(org.c.id, told.label("told"), first.label("first")).where(
        in_range(span), _leads(), org.c.id.not_in(select(digest.c.org_id).where(last))
    )
    return {
        row.id: row.told or week_label(first_day_of_week(row.first) - WEEK)
        for row in session.execute(query)
        if row.first
    }


def counts(session: Session, week: str, span: TreeRange) -> dict[int, Counts]:
    """What the digests of a week counted, by superior."""
    query = select(digest.c.org_id, digest.c.counts).join_from(digest, org)
    found = session.execute(query.where(digest.c.week == week, in_range(span)))
    return {row.org_id: row.counts for row in found}


def one(session: Session, org_id: int, week: str) -> AnyRow | None:
    """The digest of a superior as it was written down."""
    found = select(digest).where(digest.c.org_id == org_id, digest.c.week == week)
    return session.execute(found).one_or_none()


def children(session: Session, org_id: int, counted: Counts) -> list[AnyRow]:
    """The organizations directly below, and those that were when this was counted."""
    then = org.c.id.in_([int(number) for number in counted])
    query = select(org).where(or_(org.c.supervisor_id == org_id, then)).order_by(org.c.position)
    return list(session.execute(query))


def _leads() -> ColumnElement[bool]:
    return and_(org.c.kind.in_(SUPERIORS), org.c.subtree_end > org.c.position)


def _waits() -> ColumnElement[bool]:
    """Worth sending and part of no message: what a message that failed carried waits again."""
    return and_(digest.c.worth_sending, digest.c.message_id.is_(None))
