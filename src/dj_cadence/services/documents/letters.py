"""Papers of an organization, filled from its tasks: letters about terms, the year-end pack."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import and_, select

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
from dj_cadence.store.schema import act, record, record_task, task
from dj_cadence.store.tasks import acts
from dj_cadence.store.tasks.task_list import TaskRow, tasks


def paper(
    session: Session,
    catalogue: Catalogue,
    kind: DocumentKind,
    found: Organization,
    *,
    visitor: Visitor,
    today: date,
    month: date | None = None,
    year: int = 0,
    contact: str = "",
) -> Document:
    """The paper of an organization, as far as the visitor may read what stands in it.

    `month` is any day of the month in which terms end, `contact` whom the site's settings name.

    Raises Refused where there is nothing to write about.
    """
    match kind:
        case DocumentKind.YEAR_END:
            return _year_end(session, catalogue, found, visitor, today, year or today.year)
        case DocumentKind.REMINDER:
            return reminder(
                session,
                catalogue,
                found,
                site_contact(contact),
                visitor=visitor,
                today=today,
                month=month or today,
            )
        case _:
            named = site_contact(contact)
            return about_election(session, catalogue, kind, found, named, today=today)


def _year_end(
    session: Session,
    catalogue: Catalogue,
    found: Organization,
    visitor: Visitor,
    today: date,
    year: int,
) -> Document:
    """It is handed up: of what is about persons it says only how many there were."""
    whole = tasks(
        session,
        catalogue,
        today=today,
        org_code=found.code,
        due_from=date(year, 1, 1),
        due_until=date(year, 12, 31),
    )
    rows = reported(whole, year, today)
    if not rows:
        raise Refused(f"{found.name}在{year}年没有到期的任务。")
    public = readable(session, visitor, (row for row in rows if not row.confidential), today)
    ids = [row.id for row in public]
    notes, reasons = _notes(session, ids), _reasons(session, ids)
    lines = tuple(_line(row, [*notes[row.id], *reasons[row.id]]) for row in public)
    lines += _counted([row for row in rows if row.confidential], year)
    above = superior_name(session, found)
    return Document(DocumentKind.YEAR_END, found.name, above, today, year=year, lines=lines)


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


def _line(row: TaskRow, remarks: list[str]) -> DocumentLine:
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
    said = f"其中办结{done}项；内容不列出"
    return (DocumentLine(CONFIDENTIAL, f"{year}年", last, None, 0, f"共{len(rows)}项", said),)


def _notes(session: Session, ids: list[int]) -> dict[int, list[str]]:
    """The records of each task that say more than its day, as one line each."""
    query = (
        select(record_task.c.task_id, record.c.day, record.c.note)
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id.in_(ids), acts.is_counted())
        .order_by(record.c.day, record.c.id)
    )
    rows = session.execute(query).all()
    several = Counter(row.task_id for row in rows)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row.note or several[row.task_id] > 1:
            found[row.task_id].append(official_day(row.day) + (f"，{row.note}" if row.note else ""))
    return found


def _reasons(session: Session, ids: list[int]) -> dict[int, list[str]]:
    """Why a task was closed as 未按期开展 or let off."""
    query = select(act.c.task_id, act.c.reason).join(task, task.c.id == act.c.task_id)
    told = and_(act.c.kind.in_(("missed", "waive")), act.c.reason != "", act.c.undone_in.is_(None))
    closed = and_(act.c.task_id.in_(ids), told)
    settled = task.c.state.in_([State.MISSED.value, State.WAIVED.value])
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in session.execute(query.where(closed, settled).order_by(act.c.id)):
        found[row.task_id] = [f"原因：{row.reason}"]
    return found
