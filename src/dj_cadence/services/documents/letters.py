"""Papers of an organization, filled from its tasks: letters about terms, the year-end pack."""

from collections.abc import Iterable, Sequence
from datetime import date

from dj_cadence.chinese import official_day
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.domain.documents.document import Document, DocumentLine
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor
from dj_cadence.services.access.sight import readable
from dj_cadence.services.documents.term_letters import (
    about_election,
    reminder,
    site_contact,
    superior_name,
)
from dj_cadence.store.core.database import Session
from dj_cadence.store.documents import year_end
from dj_cadence.store.tasks.task_list import TaskRow, tasks


def make_document(
    session: Session,
    catalogue: Catalogue,
    kind: DocumentKind,
    organization: Organization,
    *,
    visitor: Visitor,
    today: date,
    month: date | None = None,
    year: int = 0,
    contact: str = "",
) -> Document:
    """The document of an organization, as far as the visitor may read what stands in it.

    `month` is any day of the month in which terms end, `contact` whom the site's settings name.

    Raises Refused where there is nothing to write about.
    """
    if kind is DocumentKind.YEAR_END:
        return _year_end(session, catalogue, organization, visitor, today, year or today.year)
    named, month = site_contact(contact), month or today
    if kind is DocumentKind.REMINDER:
        return reminder(session, catalogue, organization, named, visitor, today, month)
    return about_election(session, catalogue, kind, organization, named, today=today)


def _year_end(
    session: Session,
    catalogue: Catalogue,
    organization: Organization,
    visitor: Visitor,
    today: date,
    year: int,
) -> Document:
    """It is handed up: of what is about persons it says only how many there were."""
    whole = tasks(
        session,
        catalogue,
        today=today,
        org_code=organization.code,
        due_from=date(year, 1, 1),
        due_until=date(year, 12, 31),
    )
    rows = reported(whole, year, today)
    if not rows:
        raise Refused(f"{organization.name}在{year}年没有到期的任务。")
    public = readable(session, visitor, (row for row in rows if not row.confidential), today)
    ids = [row.id for row in public]
    records, reasons = year_end.records(session, ids), year_end.reasons(session, ids)
    lines = tuple(_line(row, records.get(row.id, []), reasons.get(row.id, "")) for row in public)
    lines += _counted([row for row in rows if row.confidential], year)
    above = superior_name(session, organization)
    return Document(DocumentKind.YEAR_END, organization.name, above, today, year=year, lines=lines)


def reported(rows: Iterable[TaskRow], year: int, today: date) -> list[TaskRow]:
    """Of these tasks, what the year-end pack of that year tells of."""
    return [
        row
        for row in rows
        if row.due.year == year
        and row.state is not State.WITHDRAWN
        and not row.step
        and row.opens <= today
    ]


def _line(row: TaskRow, records: Sequence[tuple[date, str]], reason: str) -> DocumentLine:
    """Of its records those that say more than its day."""
    remarks = [
        official_day(day) + (f"，{note}" if note else "")
        for day, note in records
        if note or len(records) > 1
    ]
    if reason:
        remarks.append(f"原因：{reason}")
    return DocumentLine(
        title=row.title,
        period=chinese_label(row.period),
        due=row.due,
        completed_on=row.completed_on,
        late_days=row.late_days,
        state=row.state.label,
        remark="；".join(remarks),
    )


def _counted(rows: list[TaskRow], year: int) -> tuple[DocumentLine, ...]:
    if not rows:
        return ()
    done = sum(row.state is State.DONE for row in rows)
    last = max(row.due for row in rows)
    remark = f"其中办结{done}项；内容不列出"
    return (DocumentLine(CONFIDENTIAL, f"{year}年", last, None, 0, f"共{len(rows)}项", remark),)
