"""Who takes over an office is told once what is open there."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import and_, exists, select

from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import NEWCOMER
from dj_cadence.domain.reminders.quiet_period import Quiet
from dj_cadence.domain.reminders.recipient import addressee
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.tasks.workflow import speaking_tasks
from dj_cadence.settings import Settings
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.reminders import notices
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.roster import people
from dj_cadence.store.schema import appointment, notice, org, task

_OPEN = (State.OPEN, State.RETURNED, State.UNRECORDED, State.OVERDUE)


def are_newcomers(session: Session, today: date) -> bool:
    """Whether anybody's office has not been looked at yet."""
    first = select(appointment.c.id).where(people.new_in_office(today)).limit(1)
    return session.execute(first).first() is not None


def welcome(
    session: Session,
    catalogue: Catalogue,
    settings: Settings,
    quiets: Sequence[Quiet],
    today: date,
) -> None:
    """Write a notice for each task that is open where somebody is new in office.

    Where nobody else was ever written to, the reminders themselves are news enough. What
    is spoken of today anyway is folded into it. In a quiet period it waits.
    """
    query = _taken_over(today).where(~is_silent(quiets, today))
    found = session.execute(query).all()
    for some in batched(found):
        org_ids = {row.org_id for row in some}
        rows = _open_tasks(session, catalogue, org_ids, today)
        book = AddressBook(session, org_ids, today, settings)
        notices.add(session, _notices(catalogue, some, rows, book, today))
    people.mark_handover_notified(session, today, elsewhere=is_silent(quiets, today))


def _taken_over(today: date) -> AnySelect:
    """New appointments where somebody else was written to before."""
    others = exists().where(
        task.c.org_id == appointment.c.org_id,
        notice.c.task_id == task.c.id,
        notice.c.message_id.is_not(None),
        notice.c.person_id != appointment.c.person_id,
    )
    query = select(appointment).join(org, org.c.id == appointment.c.org_id)
    return query.where(people.new_in_office(today), others).order_by(appointment.c.id)


def _open_tasks(
    session: Session, catalogue: Catalogue, org_ids: set[int], today: date
) -> list[AnyRow]:
    here = and_(task.c.org_id.in_(sorted(org_ids)), task.c.state.in_(_OPEN))
    rows = session.execute(select(task).where(here).order_by(task.c.id)).all()
    return speaking_tasks(session, catalogue, rows, today)


def _notices(
    catalogue: Catalogue,
    fresh: Sequence[AnyRow],
    rows: Sequence[AnyRow],
    book: AddressBook,
    today: date,
) -> Iterator[Notice]:
    """One for each task that is now told somebody new, or about somebody new."""
    comers = {(row.org_id, row.person_id): row.id for row in reversed(fresh)}
    for row in rows:
        office, holders = catalogue.office(row.duty, row.step), book.holders(row.org_id)
        to = addressee(office, holders, book.reachable)
        holder = holders.get(office)
        persons = [one.person_id for one in (to, holder) if one]
        number = next((n for p in persons if (n := comers.get((row.org_id, p)))), None)
        if number:
            yield Notice(row.id, row.due_revision, NEWCOMER, number, 0, office, today)
