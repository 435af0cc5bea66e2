"""Documents of an organization, filled from its tasks: letters, year-end pack, wall plan."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dj_cadence.chinese import official_day
from dj_cadence.domain.dates.arithmetic import FIRST_DAY, add_years, month_end
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.domain.documents.document import (
    CORE_LINES,
    CommitteeTerm,
    ContactPerson,
    Document,
    DocumentLine,
    WallDay,
    WallLine,
    WallPlan,
    calls_itself,
    titles_of,
)
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS, OrgKind
from dj_cadence.domain.organizations.offices import CLERK
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Term as TermRule
from dj_cadence.domain.tasks.task import LET_OFF, OWED, State
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, readable
from dj_cadence.store.core.database import Session
from dj_cadence.store.documents import contents
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.tasks.task_list import TaskRow, tasks

_HUNG_UP = frozenset(State) - LET_OFF
ELECTION = (
    DocumentKind.REQUEST,
    DocumentKind.CANDIDATES,
    DocumentKind.RESULT,
    DocumentKind.REPLY,
    DocumentKind.CANDIDATES_REPLY,
    DocumentKind.RESULT_REPLY,
)


@dataclass(frozen=True, slots=True)
class DocumentWriter:
    """Writes for an organization, as far as the visitor may read what stands in it."""

    session: Session
    catalogue: Catalogue
    organization: Organization
    visitor: Visitor
    today: date
    contact: str = ""
    """Whom the site's settings name: 王老师（0531-1）."""

    def write(self, kind: DocumentKind, month: date | None = None, year: int = 0) -> Document:
        """The document; `month` is any day of the month in which terms end.

        Raises Refused where there is nothing to write about.
        """
        if kind is DocumentKind.YEAR_END:
            return self._year_end(year or self.today.year)
        if kind is DocumentKind.REMINDER:
            return self._reminder(month or self.today)
        return self._about_election(kind)

    def wall_plan(self, year: int = 0, month: date | None = None) -> WallPlan:
        """What the organization does in a year, or in the month that holds `month`.

        It hangs where everybody reads it: nothing about persons stands in it. Raises Refused
        where nothing is planned.
        """
        own, today = self.organization, self.today
        first, last = date(year or today.year, 1, 1), date(year or today.year, 12, 31)
        if month:
            first, last = month.replace(day=1), month_end(month)
        span = chinese_label(f"{first:%Y-%m}" if month else str(first.year))
        rows = hung_up(self._tasks(first, last))
        lines = _wall_lines(readable(self.session, self.visitor, rows, today), self.catalogue)
        if not lines:
            raise Refused(f"{own.name}在{span}没有任务。")
        return WallPlan(own.name, span, today, lines[:CORE_LINES], lines[CORE_LINES:])

    def _tasks(self, first: date, last: date) -> list[TaskRow]:
        span: Any = {"due_from": first, "due_until": last}
        own = self.organization.code
        return tasks(self.session, self.catalogue, today=self.today, org_code=own, **span)

    def reminder_months(self, until: date) -> list[date]:
        """First days of the months, up to `until`, for which there is a 换届提醒函 to write."""
        return sorted({term.ends.replace(day=1) for term in self._terms_below(FIRST_DAY, until)})

    def _year_end(self, year: int) -> Document:
        """It is handed up: of what is about persons it says only how many there were."""
        rows = reported(self._tasks(date(year, 1, 1), date(year, 12, 31)), year, self.today)
        if not rows:
            raise Refused(f"{self.organization.name}在{year}年没有到期的任务。")
        plain = (row for row in rows if not row.confidential)
        public = readable(self.session, self.visitor, plain, self.today)
        ids = [row.id for row in public]
        records = contents.records(self.session, ids)
        reasons = contents.reasons(self.session, ids)
        lines = [_line(row, records.get(row.id, []), reasons.get(row.id, "")) for row in public]
        lines += _counted([row for row in rows if row.confidential], year)
        return self._document(DocumentKind.YEAR_END, year=year, lines=tuple(lines))

    def _reminder(self, month: date) -> Document:
        """To all directly below whose terms end in a month. Raises Refused where none does."""
        own, first = self.organization, month.replace(day=1)
        terms = self._terms_below(first, month_end(month))
        if not terms:
            raise Refused(f"{own.name}的下级党组织中，没有{month.year}年{month.month}月届满的。")
        return self._document(
            DocumentKind.REMINDER,
            terms=tuple(terms),
            month=first,
            we=calls_itself(OrgKind(own.kind), own.name),
            contact=self._contact(own),
        )

    def _about_election(self, kind: DocumentKind) -> Document:
        """One of the six documents of an election. Raises Refused for what elects nobody."""
        own, today = self.organization, self.today
        term = contents.term_of(self.session, self._term_duties(), own.id, today)
        if term is None:
            raise Refused(f"{own.name}没有换届任务；可能缺少上次换届日期，请先登记。")
        above = own.approver_id or own.supervisor_id
        sender = orgs.by_id(self.session, above) if kind.is_reply and above else own
        just_begun = term.elected <= today < add_years(term.elected, 1) and term.ends > today
        return self._document(
            kind,
            terms=(term,),
            we=calls_itself(OrgKind(sender.kind), sender.name) if kind.is_reply else "",
            form=term.form,
            titles=titles_of(own.name, term.form),
            full_members=int(own.roster.get("full_members", 0)),
            probationary_members=int(own.roster.get("probationary_members", 0)),
            elected_on=term.elected if just_begun else None,
            contact=self._contact(sender),
        )

    def _document(self, kind: DocumentKind, **parts: Any) -> Document:
        """Under the name of who approves, else who oversees; of none at the top."""
        own = self.organization
        above = own.approver_id or own.supervisor_id
        superior = orgs.names(self.session, [above])[above] if above else ""
        return Document(kind, own.name, superior, self.today, **parts)

    def _terms_below(self, first: date, last: date) -> list[CommitteeTerm]:
        """Those directly below that the visitor sees and that end on a day `first`…`last`."""
        duties, span = self._term_duties(), (first, last)
        return contents.terms_below(
            self.session, duties, self.organization.id, self.visitor, span, self.today
        )

    def _term_duties(self) -> list[str]:
        return [d.key for d in self.catalogue.enabled() if isinstance(d.recurrence, TermRule)]

    def _contact(self, sender: Organization) -> ContactPerson:
        """The sender's clerk; for the organization at the top whom the settings name goes first."""
        person, _, phone = self.contact.removesuffix("）").rpartition("（")
        if sender.supervisor_id is None and person:
            return ContactPerson(person, phone)
        clerk = people.holders(self.session, [sender.id], self.today).get((sender.id, CLERK))
        if clerk is None:
            return ContactPerson()
        phones = people.addresses(self.session, [clerk.person_id]).get(clerk.person_id, {})
        return ContactPerson(clerk.name, phones.get("phone", ""))


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


def _counted(rows: list[TaskRow], year: int) -> list[DocumentLine]:
    if not rows:
        return []
    done = sum(row.state is State.DONE for row in rows)
    last = max(row.due for row in rows)
    remark = f"其中办结{done}项；内容不列出"
    return [DocumentLine(CONFIDENTIAL, f"{year}年", last, None, 0, f"共{len(rows)}项", remark)]


def hung_up(rows: Iterable[TaskRow]) -> list[TaskRow]:
    """Of these tasks, those that stand on a plan for the wall."""
    return [row for row in rows if row.state in _HUNG_UP and not row.step and not row.confidential]


def _wall_lines(rows: Sequence[TaskRow], catalogue: Catalogue) -> tuple[WallLine, ...]:
    """One line for each title: what the surest rules demand first, then the catalogue's order.

    A duty that the catalogue no longer knows is the last.
    """

    def rank(row: TaskRow) -> tuple[str, int, date]:
        tier = row.rule.tier.value if row.rule else "Z"
        return tier, order.get(row.duty, 0), row.due

    def day(row: TaskRow) -> WallDay:
        return WallDay(chinese_label(row.period), row.planned, row.due, row.provisional)

    by_title: defaultdict[str, list[TaskRow]] = defaultdict(list)
    order = {key: n for n, key in enumerate(catalogue.duties)}
    for row in sorted(rows, key=rank):
        by_title[row.title].append(row)
    return tuple(
        WallLine(title, tasks[0].office, tuple(map(day, tasks)))
        for title, tasks in by_title.items()
    )
