"""From notices to messages: one person, one day, one message over all channels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.addressing import Addressee, addressee, digest_reader
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.task import SILENT
from dj_cadence.domain.week import week_label
from dj_cadence.services.address_book import AddressBook
from dj_cadence.services.digest import digests_due, make_digests
from dj_cadence.settings import Settings
from dj_cadence.store import digests
from dj_cadence.store import site as sites
from dj_cadence.store.database import Database
from dj_cadence.store.schema import letter, message, notice, task
from dj_cadence.store.types import AnyRow

PERSONS_AT_ONCE = 500
_OVER = ("gave_up", "superseded", "settled")
"""A message in one of these states reached nobody and does not count as the day's one."""


@dataclass
class _Bundle:
    """What one person is to be told today."""

    person_id: int
    channel: str
    address: str
    notices: list[tuple[int, str]] = field(default_factory=list)
    """(notice, whom to pass it on to)."""
    digests: list[int] = field(default_factory=list)
    """Superiors whose digest it carries."""
    late: bool = False


def bundle(database: Database, catalogue: Catalogue, settings: Settings, *, now: datetime) -> int:
    """Make the messages of today; returns how many.

    Nothing happens on a day off, before the sending hour, or while sending is off. What
    could not be said then is still waiting at the next call.
    """
    local = now.astimezone(settings.time_zone)
    today = local.date()
    if not catalogue.calendar.is_working_day(today) or local.time() < settings.send_at:
        return 0
    with database.read() as session:
        row = sites.load(session)
        week = digests_due(catalogue, row.digest_week, today)
        if not row.sending or not (week or _anything_waiting(session, today)):
            return 0
    with database.write(durable=False) as session:
        _drop_settled(session)
        if week:
            make_digests(session, catalogue, settings, week, now)
    with database.read() as session:
        bundles, unaddressed = _collect(session, settings, today)
    with database.write(durable=False) as session:
        _close(session, unaddressed, "no_addressee")
    return sum(_write(database, batch, today, now) for batch in _batches(bundles))


def _anything_waiting(session: Session, today: date) -> bool:
    first = select(notice.c.id).where(*_is_waiting(today)).limit(1)
    return session.execute(first).first() is not None or bool(
        digests.unsent(session, week_label(today))
    )


def _drop_settled(session: Session) -> None:
    """Notices of tasks that were settled before anyone was told have their outcome."""
    settled = select(task.c.id).where(task.c.state.in_(sorted(SILENT)))
    waiting = and_(notice.c.message_id.is_(None), notice.c.outcome == "")
    session.execute(
        update(notice)
        .where(waiting, notice.c.task_id.in_(settled))
        .values(outcome="settled_before")
    )


def _close(session: Session, notice_ids: Sequence[int], outcome: str) -> None:
    if notice_ids:
        rows = [{"notice_id": notice_id} for notice_id in notice_ids]
        closing = update(notice).where(notice.c.id == bindparam("notice_id"))
        session.connection().execute(closing.values(outcome=outcome), rows)


# --- who is told what ----------------------------------------------------------------------------


def _collect(session: Session, settings: Settings, today: date) -> tuple[list[_Bundle], list[int]]:
    """The bundles of today, and the notices that have nobody to go to."""
    waiting, week = _waiting(session, today), week_label(today)
    readers = digests.unsent(session, week)
    book = AddressBook(session, {row.org_id for row in waiting} | set(readers), today, settings)
    bundles: dict[int, _Bundle] = {}
    unaddressed = []
    for row in waiting:
        found = addressee(row.office, book.holders(row.org_id), book.reachable)
        if found is None:
            unaddressed.append(row.id)
            continue
        one = _bundle_for(bundles, found, book)
        one.notices.append((row.id, found.relay))
        one.late |= row.due_on < today
    for org_id in readers:
        if reader := digest_reader(book.holders(org_id), book.reachable):
            _bundle_for(bundles, reader, book).digests.append(org_id)
    return list(bundles.values()), unaddressed


def _is_waiting(today: date) -> tuple[ColumnElement[bool], ...]:
    return notice.c.message_id.is_(None), notice.c.outcome == "", notice.c.due_on <= today


def _bundle_for(bundles: dict[int, _Bundle], to: Addressee, book: AddressBook) -> _Bundle:
    """The person's bundle, begun if need be on the channel that comes first for them."""
    if to.person_id not in bundles:
        bundles[to.person_id] = _Bundle(to.person_id, *book.way(to.person_id))
    return bundles[to.person_id]


def _waiting(session: Session, today: date) -> list[AnyRow]:
    query = (
        select(notice.c.id, notice.c.office, notice.c.due_on, task.c.org_id)
        .join_from(notice, task, task.c.id == notice.c.task_id)
        .where(*_is_waiting(today))
    )
    return list(session.execute(query.order_by(notice.c.id)))


# --- writing it down -----------------------------------------------------------------------------


def _batches(bundles: Iterable[_Bundle]) -> Iterable[list[_Bundle]]:
    remaining = iter(bundles)
    while batch := list(islice(remaining, PERSONS_AT_ONCE)):
        yield batch


def _write(database: Database, batch: list[_Bundle], today: date, now: datetime) -> int:
    """Notices and their message in one transaction."""
    with database.write(durable=False) as session:
        existing = _messages_today(session, [one.person_id for one in batch], today)
        joined, begun = {}, []
        for one in batch:
            rows = existing.get(one.person_id, [])
            if ready := next((row for row in rows if _is_joinable(row)), None):
                joined[one.person_id] = ready.id
            elif all(row.state in _OVER for row in rows):
                begun.append(_new_message(one, len(rows), today, now))
            # else the person has had today's message; the rest waits for tomorrow
        messages = joined | _insert(session, begun)
        _put_in(session, batch, messages, week_label(today))
        return len(begun)


def _messages_today(
    session: Session, person_ids: list[int], today: date
) -> dict[int, list[AnyRow]]:
    """The day's one message of each, with those that reached nobody; not what was asked for."""
    written = exists().where(letter.c.message_id == message.c.id)
    query = select(message, written.label("is_written")).where(
        message.c.day == today, message.c.serial >= 0, message.c.person_id.in_(person_ids)
    )
    found: dict[int, list[AnyRow]] = {}
    for row in session.execute(query.with_for_update(of=message)):
        found.setdefault(row.person_id, []).append(row)
    return found


def _is_joinable(row: AnyRow) -> bool:
    return bool(row.state == "ready" and not row.is_written)


def _new_message(one: _Bundle, serial: int, today: date, now: datetime) -> dict[str, object]:
    return {
        "person_id": one.person_id,
        "day": today,
        "serial": serial,
        "kind": "digest" if one.digests else "bundle",
        "channel": one.channel,
        "address": one.address,
        "late": one.late,
        "state": "ready",
        "send_at": now,
        "created_at": now,
    }


def _insert(session: Session, rows: list[dict[str, object]]) -> dict[int, int]:
    """The new messages by person."""
    if not rows:
        return {}
    returning = insert(message).returning(message.c.person_id, message.c.id)
    return {row.person_id: row.id for row in session.execute(returning, rows)}


def _put_in(session: Session, batch: list[_Bundle], messages: dict[int, int], week: str) -> None:
    """Hang notices and digests on their message."""
    rows = []
    for one in batch:
        message_id = messages.get(one.person_id)
        if message_id is None:
            continue
        rows += [
            {"n": notice_id, "m": message_id, "p": one.person_id, "r": relay}
            for notice_id, relay in one.notices
        ]
        if one.digests:
            digests.put_in(session, week, one.digests, message_id)
    if rows:
        mine = (notice.c.id == bindparam("n"), notice.c.message_id.is_(None))
        hanging = (
            update(notice)
            .where(*mine)
            .values(message_id=bindparam("m"), person_id=bindparam("p"), relay=bindparam("r"))
        )
        session.connection().execute(hanging, rows)
