"""From notices to messages: one person, one day, one message over all channels."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import exists, select

from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.messages.view import Observe, ignore
from dj_cadence.domain.reminders.quiet_period import QuietPeriod
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.digest.making import digests_due, make_digests
from dj_cadence.services.reminders.handover import tell_new_holders
from dj_cadence.services.reminders.recipients import Bundle, Recipients, gather
from dj_cadence.settings import Settings
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.conditions import is_asked_for
from dj_cadence.store.core.database import Database, Session, insert_or_ignore
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.reminders import quiet_periods as store
from dj_cadence.store.reminders.handovers import any_new_holder
from dj_cadence.store.reminders.notices import Assignment
from dj_cadence.store.reminders.waiting_notices import any_waiting
from dj_cadence.store.schema import letter, message
from dj_cadence.store.site import site as sites

PERSONS_AT_ONCE = 500
_OVER = ("gave_up", "superseded", "settled")
"""A message in one of these states reached nobody and does not count as the day's one."""


def bundle(
    database: Database,
    catalogue: Catalogue,
    settings: Settings,
    *,
    now: datetime,
    observe: Observe = ignore,
) -> int:
    """Make the messages of today; returns how many.

    Nothing happens on a day off, outside the sending hours, or while sending is off. What
    could not be said then, or falls into a quiet period, is still waiting at a later call.
    """
    if not settings.sending_hours(catalogue.calendar).allow(now):
        return 0
    today = now.astimezone(settings.time_zone).date()
    with database.read() as session:
        row, quiets = sites.load(session), store.every(session)
        week = digests_due(catalogue, row.digest_week, today)
        if store.is_quiet_everywhere(session, today):
            week = None  # the next one speaks of this week too
        newcomers = any_new_holder(session, today)
        if not row.sending or not (week or newcomers or _anything_waiting(session, quiets, today)):
            return 0
    with database.write(durable=False) as session:
        notices.close_needless(session)
        if week:
            make_digests(session, catalogue, settings, week, now)
        if newcomers:
            tell_new_holders(session, catalogue, settings, quiets, today)
    found = _addressed(database, catalogue, settings, quiets, today, now, observe)
    batches = batched(found.bundles.values(), PERSONS_AT_ONCE)
    return sum(_write(database, batch, today, now) for batch in batches)


def _anything_waiting(session: Session, quiets: Sequence[QuietPeriod], today: date) -> bool:
    return any_waiting(session, quiets, today) or bool(digests.unsent(session, week_label(today)))


def _addressed(
    database: Database,
    catalogue: Catalogue,
    settings: Settings,
    quiets: Sequence[QuietPeriod],
    today: date,
    now: datetime,
    observe: Observe,
) -> Recipients:
    """Who is told what. A level that cannot be reached is passed over, and said to be."""
    while True:
        with database.read() as session:
            readers = digests.unsent(session, week_label(today))
            found = gather(session, catalogue.calendar, settings, quiets, readers, today)
        if found.unaddressed:
            with database.write(durable=False) as session:
                notices.close_unaddressed(session, found.unaddressed)
                notices.add(session, found.passed_up)
        for notice in found.passed_up:
            what = {name: getattr(notice, name) for name in ("reminder_step", "level", "office")}
            observe({"at": now, "event": "escalated", "task": notice.task_id, **what})
        if not found.passed_up:
            return found


# --- writing it down -----------------------------------------------------------------------------


def _write(database: Database, batch: list[Bundle], today: date, now: datetime) -> int:
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
        written = _insert(session, begun)
        _put_in(session, batch, joined | written, week_label(today))
        return len(written)


def _messages_today(
    session: Session, person_ids: list[int], today: date
) -> dict[int, list[AnyRow]]:
    """The day's one message of each, with those that reached nobody; not what was asked for."""
    written = exists().where(letter.c.message_id == message.c.id)
    query = select(message, written.label("is_written")).where(
        message.c.day == today, ~is_asked_for(), message.c.person_id.in_(person_ids)
    )
    found: dict[int, list[AnyRow]] = {}
    for row in session.execute(query.with_for_update(of=message)):
        found.setdefault(row.person_id, []).append(row)
    return found


def _is_joinable(row: AnyRow) -> bool:
    return bool(row.state == "ready" and not row.is_written)


def _new_message(one: Bundle, serial: int, today: date, now: datetime) -> dict[str, object]:
    channel, address = one.way
    return {
        "person_id": one.person_id,
        "day": today,
        "serial": serial,
        "kind": "digest" if one.digests else "bundle",
        "channel": channel,
        "address": address,
        "late": one.late,
        "state": "ready",
        "send_at": now,
        "created_at": now,
    }


def _insert(session: Session, rows: list[dict[str, object]]) -> dict[int, int]:
    """The new messages by person, without those that another process began meanwhile.

    What was meant for one of these hangs on the other's, or waits for the next pass.
    """
    if not rows:
        return {}
    returning = insert_or_ignore(message).returning(message.c.person_id, message.c.id)
    return {row.person_id: row.id for row in session.execute(returning, rows)}


def _put_in(session: Session, batch: list[Bundle], messages: dict[int, int], week: str) -> None:
    """Hang notices and digests on their message, in which a task is spoken of once."""
    assignments: list[Assignment] = []
    for one in batch:
        message_id = messages.get(one.person_id)
        if message_id is None:
            continue
        assignments += [
            Assignment(told.notice_id, message_id, one.person_id, told.org_id, told.relay)
            for told in one.notices
        ]
        if one.digests:
            digests.put_in(session, week, one.digests, message_id)
    if assignments:
        notices.assign(session, assignments)
        notices.fold(session, messages.values())
