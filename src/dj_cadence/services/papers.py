"""Papers of an organization, filled from its tasks: letters about terms, the year-end pack."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.dates import month_end
from dj_cadence.domain.digest import CONFIDENTIAL
from dj_cadence.domain.duty import Term
from dj_cadence.domain.paper import EndingTerm, Paper, PaperKind, PaperLine
from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.task import OWED, State
from dj_cadence.domain.wording import official_day
from dj_cadence.errors import Refused
from dj_cadence.services.access import Visitor, visible
from dj_cadence.services.sight import readable
from dj_cadence.store.schema import act, anchor, org, record, record_task, slot, task
from dj_cadence.store.task_views import TaskRow, tasks
from dj_cadence.store.types import AnyRow


def paper(
    session: Session,
    catalogue: Catalogue,
    kind: PaperKind,
    found: AnyRow,
    *,
    visitor: Visitor,
    today: date,
    month: date | None = None,
    year: int = 0,
) -> Paper:
    """The paper of an organization, as far as the visitor may read what stands in it.

    `month` is any day of the month in which terms end.

    Raises Refused where there is nothing to write about.
    """
    match kind:
        case PaperKind.REMINDER:
            return _reminder(session, catalogue, found, visitor, today, month or today)
        case PaperKind.REQUEST | PaperKind.REPLY:
            return _about_own_term(session, catalogue, kind, found, today)
        case PaperKind.YEAR_END:
            return _year_end(session, catalogue, found, visitor, today, year or today.year)


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
    below = and_(org.c.supervisor_id == org_id, visible(visitor, today))
    ending = and_(below, task.c.due <= until)
    return sorted({term.ends.replace(day=1) for term in _terms(session, catalogue, ending)})


def _reminder(
    session: Session,
    catalogue: Catalogue,
    found: AnyRow,
    visitor: Visitor,
    today: date,
    month: date,
) -> Paper:
    first, last = month.replace(day=1), month_end(month)
    below = and_(org.c.supervisor_id == found.id, visible(visitor, today))
    ending = and_(below, task.c.due.between(first, last))
    terms = _terms(session, catalogue, ending)
    if not terms:
        raise Refused(f"{found.name}的下级组织中，没有{month.year}年{month.month}月届满的。")
    return Paper(PaperKind.REMINDER, found.name, _superior(session, found), today, terms, first)


def _about_own_term(
    session: Session, catalogue: Catalogue, kind: PaperKind, found: AnyRow, today: date
) -> Paper:
    terms = _terms(session, catalogue, org.c.id == found.id)
    if not terms:
        raise Refused(f"{found.name}没有换届任务；可能缺少上次换届日期，请先补录。")
    return Paper(kind, found.name, _superior(session, found), today, terms[-1:])


def _terms(session: Session, catalogue: Catalogue, where: object) -> tuple[EndingTerm, ...]:
    """Terms that run out and are owed, in the organizations' own order."""
    duties = [d.key for d in catalogue.enabled() if isinstance(d.recurrence, Term)]
    query = (
        select(org.c.name, anchor.c.day, task.c.due, slot.c.provisional)
        .select_from(task)
        .join(org, org.c.id == task.c.org_id)
        .join(anchor, anchor.c.id == task.c.anchor_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .where(
            where,  # type: ignore[arg-type]
            task.c.duty.in_(duties),
            task.c.step == "",
            task.c.state.in_(sorted(OWED)),
        )
        .order_by(org.c.position, task.c.due)
    )
    return tuple(EndingTerm(*row) for row in session.execute(query))


def _superior(session: Session, found: AnyRow) -> str:
    """Who approves, else who oversees; empty at the top."""
    above = found.approver_id or found.supervisor_id
    return session.scalar(select(org.c.name).where(org.c.id == above)) or ""


def _year_end(
    session: Session, catalogue: Catalogue, found: AnyRow, visitor: Visitor, today: date, year: int
) -> Paper:
    """It is handed up: of what is about persons it says only how many there were."""
    whole = tasks(
        session,
        catalogue,
        today=today,
        org_code=found.code,
        due_from=date(year, 1, 1),
        due_until=date(year, 12, 31),
    )
    rows = [
        row
        for row in whole
        if row.state is not State.WITHDRAWN and not row.step and row.opens <= today
    ]
    if not rows:
        raise Refused(f"{found.name}在{year}年没有到期的任务。")
    public = readable(session, visitor, (row for row in rows if not row.confidential), today)
    ids = [row.id for row in public]
    notes, reasons = _notes(session, ids), _reasons(session, ids)
    lines = tuple(_line(row, [*notes[row.id], *reasons[row.id]]) for row in public)
    lines += _counted([row for row in rows if row.confidential], year)
    above = _superior(session, found)
    return Paper(PaperKind.YEAR_END, found.name, above, today, year=year, lines=lines)


def _line(row: TaskRow, remarks: list[str]) -> PaperLine:
    return PaperLine(
        title=row.title,
        period=chinese_label(row.period),
        due=row.due,
        completed_on=row.completed_on,
        late_days=row.late_days,
        state=row.state.label,
        remark="；".join(remarks),
    )


def _counted(rows: list[TaskRow], year: int) -> tuple[PaperLine, ...]:
    if not rows:
        return ()
    done = sum(row.state is State.DONE for row in rows)
    last = max(row.due for row in rows)
    said = f"其中办结{done}项；内容不列出"
    return (PaperLine(CONFIDENTIAL, f"{year}年", last, None, 0, f"共{len(rows)}项", said),)


def _notes(session: Session, ids: list[int]) -> dict[int, list[str]]:
    """The records of each task that say more than its day, as one line each."""
    query = (
        select(record_task.c.task_id, record.c.day, record.c.note)
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id.in_(ids), record.c.voided_at.is_(None))
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
    closed = and_(act.c.task_id.in_(ids), act.c.kind.in_(("missed", "waive")), act.c.reason != "")
    settled = task.c.state.in_([State.MISSED.value, State.WAIVED.value])
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in session.execute(query.where(closed, settled).order_by(act.c.id)):
        found[row.task_id] = [f"原因：{row.reason}"]
    return found
