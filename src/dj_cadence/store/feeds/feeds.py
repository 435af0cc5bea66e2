"""What calendar feeds are made of, and the copy that is kept of each.

A subject is what a feed is for, as tokens have it: `org:12`, `person:5`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import (
    CursorResult,
    bindparam,
    case,
    func,
    literal,
    or_,
    outerjoin,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.compiled import CompiledStatement, QuickReader
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.shared_conditions import holds_office
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.schema import appointment, feed, feed_revision, org, person, site, task, token
from dj_cadence.store.tasks.overrides import is_adopted

Facts = tuple[tuple[object, ...], ...]
"""What a feed hangs on, an organization after the other: another as soon as that has changed."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revision:
    """How often something that feeds show has changed, and when it did so last."""

    number: int
    changed_at: datetime


NEVER = Revision(0, _LONG_AGO)


# --- what a feed shows ----------------------------------------------------------------------


def seats(session: Session, subject: str, today: date) -> list[tuple[int, str]]:
    """(organization, office) whose tasks the feed shows: its own, or of the offices held today.

    An organization's own feed has no office.
    """
    kind, _, number = subject.partition(":")
    if kind == "org":
        return [(int(number), "")]
    columns = (appointment.c.org_id, appointment.c.office)
    held = select(*columns).where(appointment.c.person_id == int(number), holds_office(today))
    rows = session.execute(held.distinct().order_by(*columns))
    return [(org_id, office) for org_id, office in rows]


def facts(session: Session, org_ids: Iterable[int]) -> Facts:
    """Which rows are true now, one for each organization."""
    return tuple(tuple(session.execute(_FACTS, {"org": org_id}).one()) for org_id in org_ids)


def confirmed(reader: QuickReader, token_hash: str, org_ids: Iterable[int]) -> Facts | None:
    """What is true of these organizations now; None where the token is valid no longer."""
    each = [{"hash": token_hash, "org": org_id} for org_id in org_ids]
    rows = reader.first_rows(_CONFIRMED, each)
    return None if None in rows else tuple(tuple(row) for row in rows if row)


def withdrawn_since(session: Session, org_ids: Collection[int], since: datetime) -> int:
    """How many of their tasks were withdrawn then or later: one fewer when one is news no more."""
    query = select(func.count()).where(
        task.c.org_id.in_(org_ids),
        task.c.state == State.WITHDRAWN.value,
        task.c.changed_at >= since,
    )
    return session.scalar(query) or 0


def find(session: Session, subject: str) -> AnyRow | None:
    """The subject's `name`, the site's `uid`, the `key` of the copy that is kept.

    And `generation`: which of its addresses is the valid one, the first where none was asked for.
    None where there is no such organization or person.
    """
    kind, _, number = subject.partition(":")
    whose = org if kind == "org" else person
    kept = outerjoin(whose, feed, feed.c.subject == subject).join(site, true())
    generation = func.coalesce(feed.c.generation, 1).label("generation")
    query = select(whose.c.name, site.c.uid, feed.c.key, generation).select_from(kept)
    return session.execute(query.where(whose.c.id == int(number))).one_or_none()


def due_by_day(
    session: Session, above: Organization, duties: Sequence[str], first: date, last: date
) -> list[AnyRow]:
    """(due, state, n) of the tasks strictly below that superiors see; cases and steps apart."""
    query = (
        select(task.c.due, task.c.state, func.count().label("n"))
        .join_from(task, org, org.c.id == task.c.org_id)
        .where(
            org.c.position > above.position,
            org.c.position <= above.subtree_end,
            task.c.subject_id >= 0,
            task.c.step == "",
            task.c.state != State.WITHDRAWN.value,
            or_(task.c.duty.in_(duties), is_adopted()),
            task.c.due.between(first, last),
        )
        .group_by(task.c.due, task.c.state)
    )
    return list(session.execute(query))


_sums = (
    select(func.count().label("n"), func.coalesce(func.sum(task.c.sequence), 0).label("changes"))
    .where(task.c.org_id == bindparam("org"))
    .subquery("sums")
)
_FACTS: AnySelect = select(
    site.c.shown_version, site.c.digest_week, _sums.c.n, _sums.c.changes
).select_from(site.join(_sums, true()))
"""One row that is another as soon as a task of the organization reads otherwise.

Or as something else does that feeds show: names, offices and rules have a version, and
numbers of a subtree count from the week's digest. Each change of a task
raises its SEQUENCE, so that their sum, which an index answers, tells of all.
"""
_valid = select(token.c.hash).where(token.c.hash == bindparam("hash"), token.c.revoked_at.is_(None))
_CONFIRMED = CompiledStatement(_FACTS.where(_valid.exists()))


# --- how often it changed ---------------------------------------------------------------------


def revisions(session: Session, shown: Mapping[str, str]) -> dict[str, Revision]:
    """Of these texts by name, how often those have changed that are as they were seen last."""
    query = select(feed_revision).where(feed_revision.c.name.in_(shown.keys()))
    return {
        row.name: Revision(row.number, row.changed_at)
        for row in session.execute(query)
        if row.hash == _text_hash(shown[row.name])
    }


def note_revisions(session: Session, shown: Mapping[str, str], now: datetime) -> None:
    """Count a change for each of these whose text is another than the one seen last."""
    for name, text in sorted(shown.items()):
        seen = _text_hash(text)
        first = {"name": name, "hash": seen, "number": 0, "changed_at": _LONG_AGO}
        session.execute(insert_or_ignore(feed_revision), first)
        session.execute(
            update(feed_revision)
            .where(feed_revision.c.name == name, feed_revision.c.hash != seen)
            .values(hash=seen, number=feed_revision.c.number + 1, changed_at=now)
        )


def _text_hash(text: str) -> str:
    """What is kept of a text to tell whether it is still the same."""
    return sha256(text.encode()).hexdigest()


# --- addresses and copies ---------------------------------------------------------------------


def ensure(session: Session, subject: str) -> None:
    """Write the subject's row, if it has none."""
    session.execute(insert_or_ignore(feed), {"subject": subject, "generation": 1})


def next_generation(session: Session, subject: str, after: int) -> bool:
    """Count the subject's addresses up, where that still is `after`; whether it was.

    Of several that ask at once one is told yes: no address between remains valid.
    """
    last = (feed.c.subject == subject, feed.c.generation == after)
    done = session.execute(update(feed).where(*last).values(generation=after + 1))
    assert isinstance(done, CursorResult)
    return bool(done.rowcount)


class FeedCopy(NamedTuple):
    """A calendar as it is kept."""

    etag: str
    modified_at: datetime
    body: bytes
    packed: bytes
    """`body` by gzip."""


def copy(session: Session, subject: str, key: str = "") -> FeedCopy | None:
    """The copy that is kept; with a `key` only one that was made of just that."""
    query = select(feed.c.etag, feed.c.modified_at, feed.c.body, feed.c.packed)
    mine = (feed.c.subject == subject, *([feed.c.key == key] if key else []))
    row = session.execute(query.where(*mine)).one_or_none()
    return FeedCopy._make(row) if row else None


def keep(session: Session, subject: str, key: str, new: FeedCopy) -> None:
    """Keep a copy. The same bytes stay as old as they are."""
    ensure(session, subject)
    made_at = feed.c.modified_at
    then = case((feed.c.etag == new.etag, made_at), else_=literal(new.modified_at, made_at.type))
    values = new._asdict() | {"key": key, "modified_at": then}
    session.execute(update(feed).where(feed.c.subject == subject).values(values))
