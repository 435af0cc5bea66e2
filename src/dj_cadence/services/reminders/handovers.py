"""What is open is told to whoever takes over an office.

A newcomer's list: for each open task of the office, one notice when the roster says that somebody
new holds it.
"""

from collections.abc import Sequence
from datetime import date

from dj_cadence.domain.reminders.notice import Notice, QuietPeriod, addressee
from dj_cadence.domain.reminders.plan import NEWCOMER
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.settings import Settings
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import notices
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.reminders.waiting_notices import handovers
from dj_cadence.store.roster import people
from dj_cadence.store.tasks import tasks as store


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
        tasks = store.reminded_of(session, org_ids)
        speaking = speaking_tasks(session, catalogue, tasks, today)
        book = AddressBook(session, org_ids, today, settings)
        by_holder = {(one.org_id, one.person_id): one.appointment_id for one in reversed(some)}
        new = []
        for row in speaking:  # told somebody new now, or about somebody new
            office, holders = catalogue.office(row.duty, row.step), book.holders(row.org_id)
            concerned = (addressee(office, holders, book.reachable), holders.get(office))
            keys = ((row.org_id, person.person_id) for person in concerned if person)
            if number := next((by_holder[key] for key in keys if key in by_holder), None):
                key = (row.id, row.due_revision, NEWCOMER, number, 0, office)
                new.append(Notice(*key, today))
        notices.add(session, new)
    people.mark_handover_notified(session, today, elsewhere=is_silent(quiets, today))
