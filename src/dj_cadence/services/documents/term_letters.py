"""Letters about terms of office: the reminder to those below, and the documents of an election."""

from collections.abc import Iterable
from datetime import date

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.domain.dates.arithmetic import FIRST_DAY, add_years, month_end
from dj_cadence.domain.documents.document import Document
from dj_cadence.domain.documents.election_letter import (
    CommitteeTerm,
    ContactPerson,
    Titles,
    calls_itself,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, OrgKind
from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Term as TermRule
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Session
from dj_cadence.store.documents.terms import term_of, terms_below
from dj_cadence.store.roster import orgs, people
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
    terms = _terms_below(session, catalogue, org_id, visitor, today, FIRST_DAY, until)
    return sorted({term.ends.replace(day=1) for term in terms})


def reminder(
    session: Session,
    catalogue: Catalogue,
    organization: Organization,
    contact: ContactPerson,
    visitor: Visitor,
    today: date,
    month: date,
) -> Document:
    """To all directly below whose terms end in a month. Raises Refused where none does."""
    first, last = month.replace(day=1), month_end(month)
    terms = _terms_below(session, catalogue, organization.id, visitor, today, first, last)
    if not terms:
        raise Refused(
            f"{organization.name}的下级党组织中，没有{month.year}年{month.month}月届满的。"
        )
    return Document(
        DocumentKind.REMINDER,
        organization.name,
        superior_name(session, organization),
        today,
        tuple(terms),
        first,
        we=calls_itself(OrgKind(organization.kind), organization.name),
        contact=_contact(session, organization, contact, today),
    )


def about_election(
    session: Session,
    catalogue: Catalogue,
    kind: DocumentKind,
    organization: Organization,
    contact: ContactPerson,
    *,
    today: date,
) -> Document:
    """One of the six documents of an election. Raises Refused for what elects nobody."""
    term = term_of(session, _term_duties(catalogue), organization.id, today)
    if term is None:
        raise Refused(f"{organization.name}没有换届任务；可能缺少上次换届日期，请先登记。")
    above = organization.approver_id or organization.supervisor_id
    sender = orgs.by_id(session, above) if kind.is_reply and above else organization
    just_begun = term.elected <= today < add_years(term.elected, 1) and term.ends > today
    return Document(
        kind,
        organization.name,
        superior_name(session, organization),
        today,
        (term,),
        we=calls_itself(OrgKind(sender.kind), sender.name) if kind.is_reply else "",
        form=term.form,
        titles=Titles(organization.name, term.form),
        full_members=int(organization.roster.get("full_members", 0)),
        probationary_members=int(organization.roster.get("probationary_members", 0)),
        elected_on=term.elected if just_begun else None,
        contact=_contact(session, sender, contact, today),
    )


def site_contact(text: str) -> ContactPerson:
    """What the settings say, 王老师（0531-1）, in its two parts."""
    person, _, phone = text.removesuffix("）").rpartition("（")
    return ContactPerson(person, phone)


def superior_name(session: Session, organization: Organization) -> str:
    """Who approves, else who oversees; empty at the top."""
    above = organization.approver_id or organization.supervisor_id
    return orgs.names(session, [above])[above] if above else ""


def _terms_below(
    session: Session,
    catalogue: Catalogue,
    org_id: int,
    visitor: Visitor,
    today: date,
    first: date,
    last: date,
) -> list[CommitteeTerm]:
    """Those directly below that the visitor sees and that end on a day `first`…`last`."""
    duties = _term_duties(catalogue)
    return terms_below(session, duties, org_id, visitor, first=first, last=last, today=today)


def _term_duties(catalogue: Catalogue) -> list[str]:
    return [d.key for d in catalogue.enabled() if isinstance(d.recurrence, TermRule)]


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
