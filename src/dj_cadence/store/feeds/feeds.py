"""What calendar feeds are made of, and the copy that is kept of each.

A subject is what a feed is for, as tokens have it: `org:12`, `person:5`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
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
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import appointment, feed, feed_revision, org, person, site, task, token
from dj_cadence.store.tasks.overrides import is_adopted

Facts = tuple[tuple[object, ...], ...]
"""What a feed hangs on, an organization after the other: another as soon as that has changed."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OfficeHeld:
    """An office held at an organization; an organization's own feed has no office."""

    org_id: int
    office: str


@dataclass(frozen=True, slots=True)
class Revision:
    """How often something that feeds show has changed, and when it did so last."""

    number: int
    changed_at: datetime


NEVER = Revision(0, _LONG_AGO)


# --- what a feed shows ----------------------------------------------------------------------


def seats(session: Session, subject: str, today: date) -> list[OfficeHeld]:
    """Whose tasks the feed shows: the organization's, or those of the offices held today."""
    kind, _, number = subject.partition(":")
    if kind == "org":
        return [OfficeHeld(int(number), "")]
    held = select(appointment.c.org_id, appointment.c.office).where(
        appointment.c.person_id == int(number), holds_office(today)
    )
    ordered = held.distinct().order_by(appointment.c.org_id, appointment.c.office)
    return [OfficeHeld(row.org_id, row.office) for row in session.execute(ordered)]


def org_facts(org_id: ColumnElement[int]) -> Select[Any]:
    """One row that is another as soon as a task of the organization reads otherwise.

    Or as something else does that feeds show: names, offices and rules have a version, and
    numbers of a subtree count from the week's digest. Each change of a task
    raises its SEQUENCE, so that their sum, which an index answers, tells of all.
    """
    sums = (
        select(
            func.count().label("n"), func.coalesce(func.sum(task.c.sequence), 0).label("changes")
        )
        .where(task.c.org_id == org_id)
        .subquery("sums")
    )
    return select(site.c.shown_version, site.c.digest_week, sums.c.n, sums.c.changes).select_from(
        site.join(sums, true())
    )


def facts(session: Session, of: Sequence[OfficeHeld]) -> Facts:
    """Which rows are true now, one for each organization of `org_ids`."""
    return tuple(tuple(session.execute(_FACTS, {"org": org_id}).one()) for org_id in org_ids(of))


def confirmed(reader: QuickReader, token_hash: str, org_ids: Iterable[int]) -> Facts | None:
    """What is true of these organizations now; None where the token is valid no longer."""
    each = [{"hash": token_hash, "org": org_id} for org_id in org_ids]
    rows = reader.first_rows(_CONFIRMED, each)
    return None if None in rows else tuple(tuple(row) for row in rows if row)


def org_ids(of: Sequence[OfficeHeld]) -> list[int]:
    """Whose tasks these seats show; 0, which has none, for whoever holds no office."""
    return sorted({seat.org_id for seat in of}) or [0]


def withdrawn_since(session: Session, of: Sequence[OfficeHeld], since: datetime) -> int:
    """How many of their tasks were withdrawn then or later: one fewer when one is news no more."""
    query = select(func.count()).where(
        task.c.org_id.in_(org_ids(of)),
        task.c.state == State.WITHDRAWN.value,
        task.c.changed_at >= since,
    )
    return session.scalar(query) or 0


def subject_row(session: Session, subject: str) -> AnyRow:
    """The subject's `name`, the site's `uid` and the `key` of the copy that is kept."""
    kind, _, number = subject.partition(":")
    whose = org if kind == "org" else person
    kept = outerjoin(whose, feed, feed.c.subject == subject).join(site, true())
    query = select(whose.c.name, site.c.uid, feed.c.key).select_from(kept)
    return session.execute(query.where(whose.c.id == int(number))).one()


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


_FACTS = org_facts(bindparam("org"))
_valid = select(token.c.hash).where(token.c.hash == bindparam("hash"), token.c.revoked_at.is_(None))
_CONFIRMED = CompiledStatement(_FACTS.where(_valid.exists()))


# --- how often it changed ---------------------------------------------------------------------


def revisions(session: Session, names: Sequence[str]) -> dict[str, tuple[str, Revision]]:
    """(hash, revision) of what is known, by name."""
    query = select(feed_revision).where(feed_revision.c.name.in_(names))
    return {
        row.name: (row.hash, Revision(row.number, row.changed_at)) for row in session.execute(query)
    }


def note_revisions(session: Session, shown: Mapping[str, str], now: datetime) -> None:
    """Count a change for each of these whose text is another than the one seen last."""
    for name, text in sorted(shown.items()):
        seen = text_hash(text)
        first = {"name": name, "hash": seen, "number": 0, "changed_at": _LONG_AGO}
        session.execute(insert_or_ignore(feed_revision), first)
        session.execute(
            update(feed_revision)
            .where(feed_revision.c.name == name, feed_revision.c.hash != seen)
            .values(hash=seen, number=feed_revision.c.number + 1, changed_at=now)
        )


def text_hash(text: str) -> str:
    """What is kept of a text to tell whether it is still the same."""
    return sha256(text.encode()).hexdigest()


# --- addresses and copies ---------------------------------------------------------------------


def generation(session: Session, subject: str) -> int:
    """Which of the subject's addresses is the valid one; the first where none was asked for."""
    stored = session.scalar(select(feed.c.generation).where(feed.c.subject == subject))
    return int(stored or 1)


def exists(session: Session, subject: str) -> bool:
    """Whether there is such an organization or person."""
    kind, _, number = subject.partition(":")
    whose = org if kind == "org" else person
    return session.execute(select(whose.c.id).where(whose.c.id == int(number))).first() is not None


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


def copy(session: Session, subject: str) -> FeedCopy:
    """The copy that is kept."""
    query = select(feed.c.etag, feed.c.modified_at, feed.c.body, feed.c.packed)
    return FeedCopy._make(session.execute(query.where(feed.c.subject == subject)).one())


def keep(
    session: Session,
    subject: str,
    *,
    key: str,
    etag: str,
    body: bytes,
    packed: bytes,
    now: datetime,
) -> None:
    """Keep a copy. The same bytes stay as old as they are."""
    ensure(session, subject)
    then = case(
        (feed.c.etag == etag, feed.c.modified_at), else_=literal(now, feed.c.modified_at.type)
    )
    session.execute(
        update(feed)
        .where(feed.c.subject == subject)
        .values(key=key, etag=etag, body=body, packed=packed, modified_at=then)
    )
