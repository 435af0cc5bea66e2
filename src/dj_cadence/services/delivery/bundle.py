"""From notices to messages: one person, one day, one message over all channels."""

from collections.abc import Sequence
from datetime import date, datetime

from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.messages.states import REACHED_NOBODY, MessageKind
from dj_cadence.domain.messages.view import Observe, ignore
from dj_cadence.domain.reminders.notice import QuietPeriod
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.digest.making import digests_due, make_digests
from dj_cadence.services.reminders.handovers import tell_new_holders
from dj_cadence.services.reminders.recipients import Bundle, Recipients
from dj_cadence.settings import Settings
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import messages
from dj_cadence.store.delivery.messages import NewMessage
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.reminders import quiet_periods as store
from dj_cadence.store.reminders.notices import Assignment
from dj_cadence.store.reminders.waiting_notices import any_new_holder, any_waiting
from dj_cadence.store.site import site as sites

PERSONS_AT_ONCE = 500


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
        if any(not quiet.org_code and quiet.runs_on(today) for quiet in quiets):
            week = None  # the next one speaks of this week too
        newcomers = any_new_holder(session, today)
        waits = any_waiting(session, quiets, today) or digests.unsent(session, week_label(today))
        if not row.sending or not (week or newcomers or waits):
            return 0
    with database.write(durable=False) as session:
        notices.close_needless(session)
        if week:
            make_digests(session, catalogue, settings, week, now)
        if newcomers:
            tell_new_holders(session, catalogue, settings, quiets, today)
    addressed = _addressed(database, catalogue, settings, quiets, today, now, observe)
    batches = batched(addressed.bundles.values(), PERSONS_AT_ONCE)
    return sum(_write(database, batch, today, now) for batch in batches)


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
            gathered = Recipients(session, catalogue.calendar, settings, quiets, readers, today)
            gathered.gather()
        if gathered.unaddressed:
            with database.write(durable=False) as session:
                notices.close_unaddressed(session, gathered.unaddressed)
                notices.add(session, gathered.passed_up)
        for notice in gathered.passed_up:
            what = {name: getattr(notice, name) for name in ("reminder_step", "level", "office")}
            observe({"at": now, "event": "escalated", "task": notice.task_id, **what})
        if not gathered.passed_up:
            return gathered


# --- writing it down -----------------------------------------------------------------------------


def _write(database: Database, batch: list[Bundle], today: date, now: datetime) -> int:
    """Notices and their message in one transaction."""
    with database.write(durable=False) as session:
        existing = messages.of_day(session, [each.person_id for each in batch], today)
        joined, begun = {}, []
        for each in batch:
            rows = existing.get(each.person_id, [])
            if joinable := next((row for row in rows if row.may_take_more), None):
                joined[each.person_id] = joinable.id
            elif all(row.state in REACHED_NOBODY for row in rows):
                kind = MessageKind.DIGEST if each.digests else MessageKind.BUNDLE
                new = NewMessage(each.person_id, today, kind, *each.way, len(rows), each.late)
                begun.append(new)
            # else the person has had today's message; the rest waits for tomorrow
        # What another process began meanwhile is missing: its part waits for the next pass.
        added = messages.enqueue(session, begun, now)
        # Notices and digests hang on their message, in which a task is spoken of once.
        message_ids, assignments = joined | added, []
        for each in batch:
            if message_id := message_ids.get(each.person_id):
                assignments += [
                    Assignment(notice_id, message_id, each.person_id, org_id, relay)
                    for notice_id, org_id, relay in each.notices
                ]
                if each.digests:
                    digests.put_in(session, week_label(today), each.digests, message_id)
        if assignments:
            notices.assign(session, assignments)
            notices.fold(session, message_ids.values())
        return len(added)
