"""The digests that were made, with what they counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, null, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.iso_week import first_day_of_week, week_label
from dj_cadence.domain.digest.digest import WEEK, Numbers
from dj_cadence.domain.organizations.facts import SUPERIORS
from dj_cadence.domain.organizations.organization import Organization, TreeRange
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import in_range
from dj_cadence.store.schema import digest, org

Counts = Mapping[int, Numbers]
"""The numbers of each organization directly below, by its id; none where all are zero."""


def superiors_without(session: Session, week: str) -> list[int]:
    """Those who read a digest, since they have others below them, and have none of `week` yet."""
    made = select(digest.c.org_id).where(digest.c.week == week)
    query = select(org.c.id).where(_leads(), org.c.id.not_in(made)).order_by(org.c.position)
    return list(session.scalars(query))


def write(
    session: Session, week: str, counted: Iterable[tuple[int, Counts, bool]], now: datetime
) -> None:
    """Write down (superior, its numbers, whether it is worth sending) for the week.

    What another process wrote at the same time stands: both counted the same.
    """
    values = [
        {
            "org_id": org_id,
            "week": week,
            "counts": {str(child): numbers for child, numbers in by_child.items()},
            "worth_sending": worth_sending,
            "made_at": now,
        }
        for org_id, by_child, worth_sending in counted
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


def week_told(session: Session, week: str, above: Organization) -> str:
    """The week of the last digest before `week` that this superior was told; may be empty."""
    told = weeks_told(session, week, TreeRange(above.position, above.position))
    return told.get(above.id) or week_before(session, week)


def counts(session: Session, week: str, span: TreeRange) -> dict[int, Counts]:
    """What the digests of a week counted, by superior."""
    query = select(digest.c.org_id, digest.c.counts).join_from(digest, org)
    rows = session.execute(query.where(digest.c.week == week, in_range(span)))
    return {row.org_id: _counts(row.counts) for row in rows}


def counts_of(session: Session, org_id: int, week: str) -> Counts | None:
    """What the digest of one superior counted; None where none was made."""
    query = select(digest.c.counts).where(digest.c.org_id == org_id, digest.c.week == week)
    stored = session.scalars(query).one_or_none()
    return None if stored is None else _counts(stored)


def _counts(stored: Mapping[str, Sequence[int]]) -> Counts:
    return {int(child): Numbers(*numbers) for child, numbers in stored.items()}


def _leads() -> ColumnElement[bool]:
    return and_(org.c.kind.in_(SUPERIORS), org.c.subtree_end > org.c.position)


def _waits() -> ColumnElement[bool]:
    """Worth sending and part of no message: what a message that failed carried waits again."""
    return and_(digest.c.worth_sending, digest.c.message_id.is_(None))
