"""Who takes over an office is told once what is open there."""

from collections.abc import Iterator, Sequence
from datetime import date

from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import NEWCOMER
from dj_cadence.domain.reminders.quiet_period import QuietPeriod
from dj_cadence.domain.reminders.recipient import addressee
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import Task
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.settings import Settings
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import due_tasks, notices
from dj_cadence.store.reminders.handovers import Handover, handovers
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.roster import people


def tell_new_holders(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    quiets: Sequence[QuietPeriod],
    today: date,
) -> None:
    """Write a notice for each task that is open where somebody is new in office.

    Where nobody else was ever written to, the reminders themselves are news enough. What
    is spoken of today anyway is folded into it. In a quiet period it waits.
    """
    for some in batched(handovers(session, quiets, today)):
        org_ids = {handover.org_id for handover in some}
        tasks = due_tasks.reminded_of(session, org_ids)
        speaking = speaking_tasks(session, catalogue, tasks, today)
        book = AddressBook(session, org_ids, today, settings)
        notices.add(session, _notices(catalogue, some, speaking, book, today))
    people.mark_handover_notified(session, today, elsewhere=is_silent(quiets, today))


def _notices(
    catalogue: Catalogue,
    new: Sequence[Handover],
    tasks: Sequence[Task],
    book: AddressBook,
    today: date,
) -> Iterator[Notice]:
    """One for each task that is now told somebody new, or about somebody new."""
    by_holder = {
        (appointment.org_id, appointment.person_id): appointment.appointment_id
        for appointment in reversed(new)
    }
    for row in tasks:
        office, holders = catalogue.office(row.duty, row.step), book.holders(row.org_id)
        concerned = (addressee(office, holders, book.reachable), holders.get(office))
        keys = ((row.org_id, person.person_id) for person in concerned if person)
        if appointment_id := next((by_holder[key] for key in keys if key in by_holder), None):
            yield Notice(row.id, row.due_revision, NEWCOMER, appointment_id, 0, office, today)
