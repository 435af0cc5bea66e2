"""What documents are filled from: terms that run out, records, and why something was not done."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.documents.document import CommitteeTerm, OrganizationForm
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, Facts
from dj_cadence.domain.tasks.task import OWED, State
from dj_cadence.store.access.reach import reached
from dj_cadence.store.schema import act, org, profile, record, record_task, slot, start_event, task
from dj_cadence.store.tasks.records import is_counted


def term_of(
    session: Session, duties: Collection[str], org_id: int, today: date
) -> CommitteeTerm | None:
    """The last that an organization owes; `duties` are those whose periods are terms."""
    return next(reversed(_terms(session, duties, org.c.id == org_id, today)), None)


def terms_below(
    session: Session,
    duties: Collection[str],
    org_id: int,
    visitor: Visitor,
    span: tuple[date, date],
    today: date,
) -> list[CommitteeTerm]:
    """Those directly below an organization that the visitor sees, ending in a span of days.

    In the organizations' own order.
    """
    seen = reached(visitor, Right.SEE, today)
    where = and_(org.c.supervisor_id == org_id, seen, task.c.due.between(*span))
    return _terms(session, duties, where, today)


def _terms(
    session: Session, duties: Collection[str], where: ColumnElement[bool], today: date
) -> list[CommitteeTerm]:
    query = (
        select(org.c.name, profile.c.facts, start_event.c.day, task.c.due, slot.c.provisional)
        .select_from(task)
        .join(org, org.c.id == task.c.org_id)
        .join(profile, profile.c.id == org.c.profile_id)
        .join(start_event, start_event.c.id == task.c.start_event_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .where(
            where,
            org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)),
            task.c.duty.in_(duties),
            task.c.step == "",
            task.c.state.in_(sorted(OWED)),
        )
        .order_by(org.c.position, task.c.due)
    )
    terms = []
    for name, stored, elected, ends, provisional in session.execute(query):
        facts = Facts.from_json(stored).at(today)
        form = OrganizationForm(facts.kind, facts.has_committee)
        terms.append(CommitteeTerm(name, form, elected, ends, provisional))
    return terms


def records(session: Session, task_ids: Collection[int]) -> dict[int, list[tuple[date, str]]]:
    """(day, note) of the records that count, by task, the earliest first."""
    query = (
        select(record_task.c.task_id, record.c.day, record.c.note)
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id.in_(task_ids), is_counted())
        .order_by(record.c.day, record.c.id)
    )
    by_task: defaultdict[int, list[tuple[date, str]]] = defaultdict(list)
    for task_id, day, note in session.execute(query):
        by_task[task_id].append((day, note))
    return by_task


def reasons(session: Session, task_ids: Collection[int]) -> dict[int, str]:
    """Why tasks were closed as 未按期开展 or let off, as it was said last."""
    closed = task.c.state.in_([State.MISSED.value, State.WAIVED.value])
    query = (
        select(act.c.task_id, act.c.reason)
        .join(task, task.c.id == act.c.task_id)
        .where(act.c.task_id.in_(task_ids), closed)
        .where(act.c.kind.in_(("missed", "waive")), act.c.reason != "", act.c.undone_in.is_(None))
        .order_by(act.c.id)
    )
    return {row.task_id: row.reason for row in session.execute(query)}
