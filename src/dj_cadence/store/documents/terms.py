"""The terms of office of Party organizations that run out and are owed."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.documents.election_letter import CommitteeTerm, OrganizationForm
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, Facts
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.store.access.reach import reached
from dj_cadence.store.schema import org, profile, slot, start_event, task


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
    return [
        CommitteeTerm(row.name, _form(row.facts, today), row.day, row.due, row.provisional)
        for row in session.execute(query)
    ]


def _form(stored: dict[str, object], today: date) -> OrganizationForm:
    facts = Facts.from_json(stored).at(today)
    return OrganizationForm(facts.kind, facts.has_committee)
