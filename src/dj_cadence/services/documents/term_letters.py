"""The letters about terms of office: the reminder to those below, and the papers of an election."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import and_, select

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.dates.arithmetic import add_years, month_end
from dj_cadence.domain.documents.document import Document
from dj_cadence.domain.documents.election_letter import (
    CommitteeTerm,
    ContactPerson,
    OrganizationForm,
    Titles,
    calls_itself,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, Facts, OrgKind
from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Term as TermRule
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.errors import Refused
from dj_cadence.store.access.reach import reached
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.schema import org, profile, slot, start_event, task
from dj_cadence.store.tasks.task_list import TaskRow

ELECTION = (
    DocumentKind.REQUEST,
    DocumentKind.CANDIDATES,
    DocumentKind.RESULT,
    DocumentKind.REPLY,
    DocumentKind.CANDIDATES_REPLY,
    DocumentKind.RESULT_REPLY,
)


def has_letters(rows: Iterable[TaskRow]) -> bool:
    """Whether there is a term among an organization's tasks that letters can be about."""
    return any(
        row.rule is not None
        and row.rule.owed_by.kinds <= PARTY_ORGANIZATIONS
        and isinstance(row.rule.recurrence, TermRule)
        and not row.step
        and row.state in OWED
        for row in rows
    )


def offered(
    rows: Iterable[TaskRow], today: date, *, own: bool, replies: bool
) -> list[DocumentKind]:
    """The letters that belong to the steps which an organization has to do now.

    `own` are those that it writes itself, `replies` those of the one above it.
    """
    now = [row.stage for row in rows if row.opens <= today and row.state in OWED]
    kinds = dict.fromkeys(kind for step in now if step for kind in step.letters)
    return [kind for kind in kinds if (replies if kind.is_reply else own)]


def reminder_months(
    session: Session,
    catalogue: Catalogue,
    org_id: int,
    until: date,
    *,
    visitor: Visitor,
    today: date,
) -> list[date]:
    """First days of the months, up to `until`, for which there is a 换届提醒函 to write."""
    below = and_(org.c.supervisor_id == org_id, reached(visitor, Right.SEE, today))
    ending = and_(below, task.c.due <= until)
    return sorted({term.ends.replace(day=1) for term in _terms(session, catalogue, ending, today)})


def reminder(
    session: Session,
    catalogue: Catalogue,
    found: Organization,
    contact: ContactPerson,
    *,
    visitor: Visitor,
    today: date,
    month: date,
) -> Document:
    """To all directly below whose terms end in a month. Raises Refused where none does."""
    first, last = month.replace(day=1), month_end(month)
    below = and_(org.c.supervisor_id == found.id, reached(visitor, Right.SEE, today))
    terms = _terms(session, catalogue, and_(below, task.c.due.between(first, last)), today)
    if not terms:
        raise Refused(f"{found.name}的下级党组织中，没有{month.year}年{month.month}月届满的。")
    return Document(
        DocumentKind.REMINDER,
        found.name,
        superior_name(session, found),
        today,
        terms,
        first,
        we=calls_itself(OrgKind(found.kind), found.name),
        contact=_contact(session, found, contact, today),
    )


def about_election(
    session: Session,
    catalogue: Catalogue,
    kind: DocumentKind,
    found: Organization,
    contact: ContactPerson,
    *,
    today: date,
) -> Document:
    """One of the six papers of an election. Raises Refused for what elects nobody."""
    terms = _terms(session, catalogue, org.c.id == found.id, today)
    if not terms:
        raise Refused(f"{found.name}没有换届任务；可能缺少上次换届日期，请先登记。")
    term, above = terms[-1], found.approver_id or found.supervisor_id
    sender = orgs.by_id(session, above) if kind.is_reply and above else found
    just_begun = term.elected <= today < add_years(term.elected, 1) and term.ends > today
    return Document(
        kind,
        found.name,
        superior_name(session, found),
        today,
        (term,),
        we=calls_itself(OrgKind(sender.kind), sender.name) if kind.is_reply else "",
        form=term.form,
        titles=Titles(found.name, term.form),
        full_members=int(found.roster.get("full_members", 0)),
        probationary_members=int(found.roster.get("probationary_members", 0)),
        elected_on=term.elected if just_begun else None,
        contact=_contact(session, sender, contact, today),
    )


def site_contact(text: str) -> ContactPerson:
    """What the settings say, 王老师（0531-1）, in its two parts."""
    person, _, phone = text.removesuffix("）").rpartition("（")
    return ContactPerson(person, phone)


def superior_name(session: Session, found: Organization) -> str:
    """Who approves, else who oversees; empty at the top."""
    above = found.approver_id or found.supervisor_id
    return session.scalar(select(org.c.name).where(org.c.id == above)) or ""


def _terms(
    session: Session, catalogue: Catalogue, where: object, today: date
) -> tuple[CommitteeTerm, ...]:
    """Terms of Party organizations that run out and are owed, in the organizations' own order."""
    duties = [d.key for d in catalogue.enabled() if isinstance(d.recurrence, TermRule)]
    query = (
        select(org.c.name, profile.c.facts, start_event.c.day, task.c.due, slot.c.provisional)
        .select_from(task)
        .join(org, org.c.id == task.c.org_id)
        .join(profile, profile.c.id == org.c.profile_id)
        .join(start_event, start_event.c.id == task.c.start_event_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .where(
            where,  # type: ignore[arg-type]
            org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)),
            task.c.duty.in_(duties),
            task.c.step == "",
            task.c.state.in_(sorted(OWED)),
        )
        .order_by(org.c.position, task.c.due)
    )
    return tuple(
        CommitteeTerm(row.name, _form(row.facts, today), row.day, row.due, row.provisional)
        for row in session.execute(query)
    )


def _form(stored: dict[str, object], today: date) -> OrganizationForm:
    facts = Facts.from_json(stored).at(today)
    return OrganizationForm(facts.kind, facts.has_committee)


def _contact(
    session: Session, sender: Organization, of_site: ContactPerson, today: date
) -> ContactPerson:
    """The sender's clerk; for the organization at the top whom the settings name goes first."""
    if sender.supervisor_id is None and of_site.person:
        return of_site
    holder = people.holders(session, [sender.id], today).get((sender.id, CLERK))
    if holder is None:
        return ContactPerson()
    phones = people.addresses(session, [holder.person_id]).get(holder.person_id, {})
    return ContactPerson(holder.name, phones.get("phone", ""))
