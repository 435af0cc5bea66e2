"""What the pages show, read for one visitor; nothing outside what the visitor may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, true

from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State
from dj_cadence.services.access.message_links import standing_token
from dj_cadence.services.access.permissions import Visitor, decides_for, overseen, oversees, visible
from dj_cadence.services.access.sight import readable
from dj_cadence.services.delivery.letter_codec import HIDDEN, unpack
from dj_cadence.settings import Settings
from dj_cadence.store.core.conditions import holds_office
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery.message_links import message_tasks
from dj_cadence.store.digest import subtree_tasks
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import (
    appointment,
    letter,
    message,
    org,
    person,
    skeleton,
    task,
)
from dj_cadence.store.tasks import overrides
from dj_cadence.store.tasks.task_list import tasks

OUTBOX_PAGE = 50
_OPEN = (State.OPEN.value, State.RETURNED.value)
_NUMBERS = ("open", "unrecorded", "overdue", "own_late", "due_this_week")


@dataclass(frozen=True, slots=True)
class OrgLine:
    """One organization with what is owed in it; `depth` counts from the visitor's own top."""

    code: str
    name: str
    kind: str
    depth: int
    offices: str
    """What the visitor is there today, like 书记、校长; empty for nothing."""
    open: int
    unrecorded: int
    overdue: int
    """Of what superiors see, as the digest counts it; so is `due_this_week`."""
    own_late: int
    """Overdue by a period that nobody above set: the organization's own affair."""
    due_this_week: int

    def with_counts_of(self, other: "OrgLine") -> "OrgLine":
        return replace(self, **{n: getattr(self, n) + getattr(other, n) for n in _NUMBERS})


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One message as the list shows it."""

    id: int
    day: date
    person: str
    kind: str
    channel: str
    state: str
    subject: str
    late: bool


@dataclass(frozen=True, slots=True)
class SentLetter:
    """One message as it went out, or will."""

    line: OutboxLine
    address: str
    text: str
    html: str
    link: str
    """Where it opens what it stands for, acting as its addressee; empty for others, and after."""
    kept_back: bool
    """Whether its content may not be shown: it speaks of what is about a person."""


def organizations(
    session: Session, visitor: Visitor, catalogue: Catalogue, today: date
) -> list[OrgLine]:
    """All that the visitor may see, in the organizations' own order."""
    rows = session.execute(_orgs(visitor, today)).all()
    seen = overrides.binds(catalogue.binding(), overrides.adopted(session))
    counts = {row.org_id: row for row in session.execute(_counts(visitor, seen, today))}
    offices = _offices(session, visitor, today)
    return [
        OrgLine(
            code=row.code,
            name=row.name,
            kind=OrgKind(row.kind).label,
            depth=depth,
            offices="、".join(offices.get(row.id, ())),
            **_numbers(counts.get(row.id)),
        )
        for row, depth in _with_depth(rows)
    ]


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was handed up and waits for the visitor."""

    task_id: int
    code: str
    org_name: str
    title: str
    period: str
    completed_on: date | None


def decisions(
    session: Session, visitor: Visitor, catalogue: Catalogue, today: date
) -> list[Decision]:
    """What the visitor is to confirm or to send back, the oldest first in each organization."""
    tasks = subtree_tasks.decisions(session, decides_for(session, visitor, today))
    return [
        Decision(
            task.id,
            task.org_code,
            task.org_name,
            CONFIDENTIAL
            if catalogue.is_confidential(task.duty, task.subject_id)
            else catalogue.title(task.duty, task.step),
            task.label,
            task.completed_on,
        )
        for task in tasks
    ]


def total(lines: Iterable[OrgLine]) -> dict[str, int]:
    """What is owed in all of them together."""
    every = list(lines)
    return {name: sum(getattr(line, name) for line in every) for name in _NUMBERS}


def folded(lines: Iterable[OrgLine], depth: int) -> list[OrgLine]:
    """Only the lines down to `depth`, each with the counts of what is hidden below it."""
    shown: list[OrgLine] = []
    for line in lines:
        if line.depth <= depth:
            shown.append(line)
        else:
            shown[-1] = shown[-1].with_counts_of(line)
    return shown


def organization(session: Session, visitor: Visitor, code: str, today: date) -> Organization | None:
    """The organization, or None when there is none or the visitor may not see it."""
    meant = orgs.lookup(session, code)
    if meant is None:
        return None
    seen = select(org.c.id).where(org.c.id == meant.id, visible(visitor, today))
    return meant if session.scalar(seen) else None


def codes(session: Session, visitor: Visitor, span: tuple[int, int], today: date) -> set[str]:
    """The codes of the organizations at these positions that the visitor may see."""
    here = org.c.position.between(*span)
    return set(session.scalars(select(org.c.code).where(here, visible(visitor, today))))


def above(session: Session, visitor: Visitor, position: int, today: date) -> list[AnyRow]:
    """The organizations above the one at `position`, as far as the visitor may see them."""
    wanted = and_(org.c.position < position, org.c.subtree_end >= position)
    return list(session.execute(_orgs(visitor, today).where(wanted)))


def below(session: Session, visitor: Visitor, org_id: int, today: date) -> list[AnyRow]:
    """The organizations directly below one."""
    return list(session.execute(_orgs(visitor, today).where(org.c.supervisor_id == org_id)))


def shown_above(
    session: Session, visitor: Visitor, org_id: int, today: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on `org`: where people may be named to the visitor, and where organizations may.

    Whoever sees the organization from within or from above knows the line that it reports up.
    """
    named = true() if oversees(session, visitor, org_id, today) else visible(visitor, today)
    return visible(visitor, today), named


def outbox(session: Session, visitor: Visitor, today: date, before: int = 0) -> list[OutboxLine]:
    """The newest messages the visitor may read; with `before`, those older than that one."""
    older = message.c.id < before if before else true()
    found = _messages(visitor, today).where(older).order_by(message.c.id.desc())
    return [_line(row, _letter(row)) for row in session.execute(found.limit(OUTBOX_PAGE))]


def sent_letter(
    session: Session,
    visitor: Visitor,
    catalogue: Catalogue,
    settings: Settings,
    message_id: int,
    now: datetime,
) -> SentLetter | None:
    """One message, or None when there is none or the visitor may not read it.

    Of one that speaks of what the visitor may not read, only that it was sent. Its link acts as
    the addressee, so it is made up from the site's key for no others, and for nobody once it has
    ended: instead of it stands the way to the start page.
    """
    today = now.astimezone(settings.time_zone).date()
    query = _messages(visitor, today).where(message.c.id == message_id)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    own = visitor.administrator or visitor.person_id == row.person_id
    about = tasks(session, catalogue, today=today, ids=list(message_tasks(session, row.id)[1]))
    whole = own or len(readable(session, visitor, about, today)) == len(about)
    token = standing_token(session, catalogue, settings, row.id, now) if own and whole else ""
    found = _letter(row, token or HIDDEN) if whole else None
    ended = f"{settings.web_address}/t/{HIDDEN}"
    return SentLetter(
        line=_line(row, found),
        address=row.address,
        text=found.text.replace(ended, "（链接已失效，或只供收件人使用）") if found else "",
        html=found.html.replace(ended, f"{settings.web_address}/") if found else "",
        link=f"/t/{token}" if token else "",
        kept_back=not whole,
    )


def _orgs(visitor: Visitor, today: date) -> Select[Any]:
    return select(org).where(visible(visitor, today)).order_by(org.c.position)


def _counts(visitor: Visitor, seen: ColumnElement[bool], today: date) -> Select[Any]:
    """`seen`: whether superiors see a task as late."""
    monday = today - timedelta(days=today.weekday())
    this_week = task.c.due.between(monday, monday + timedelta(days=6))

    def number(name: str, condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0)).label(name)

    waiting, overdue = task.c.state.in_(_OPEN), task.c.state == State.OVERDUE.value
    return (
        select(
            task.c.org_id,
            number("open", waiting),
            number("unrecorded", task.c.state == State.UNRECORDED.value),
            number("overdue", and_(overdue, seen)),
            number("own_late", and_(overdue, not_(seen))),
            number("due_this_week", and_(waiting, this_week, seen)),
        )
        .join(org, org.c.id == task.c.org_id)
        .where(
            visible(visitor, today),
            task.c.state.in_([*_OPEN, State.UNRECORDED.value, State.OVERDUE.value]),
        )
        .group_by(task.c.org_id)
    )


def _numbers(row: AnyRow | None) -> dict[str, int]:
    return {name: int(getattr(row, name)) if row else 0 for name in _NUMBERS}


def _offices(session: Session, visitor: Visitor, today: date) -> dict[int, list[str]]:
    held = select(appointment).where(
        appointment.c.person_id == visitor.person_id,
        holds_office(today),
    )
    found: dict[int, list[str]] = {}
    for row in session.execute(held.order_by(appointment.c.id)):
        office = f"{row.office}（主持工作）" if row.acting else row.office
        found.setdefault(row.org_id, []).append(office)
    return found


def _with_depth(rows: Iterable[AnyRow]) -> Iterable[tuple[AnyRow, int]]:
    """Each row of a preorder with the number of shown rows that contain it."""
    ends: list[int] = []
    for row in rows:
        while ends and ends[-1] < row.position:
            ends.pop()
        yield row, len(ends)
        ends.append(row.subtree_end)


def _messages(visitor: Visitor, today: date) -> Select[Any]:
    """Messages of people all of whose offices on that day lie below the visitor.

    To approve for an organization is not enough: its letters speak of those below it.
    """
    found = (
        select(
            message,
            skeleton.c.content.label("skeleton"),
            letter.c.content,
            person.c.name.label("person_name"),
        )
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
    )
    if visitor.administrator:
        return found
    seen = overseen(visitor, today)
    within = and_(_served(seen), not_(_served(not_(seen))))
    return found.where(or_(message.c.person_id == visitor.person_id, within))


def _served(where: ColumnElement[bool]) -> ColumnElement[bool]:
    served = appointment.alias("served")
    return (
        select(served.c.id)
        .join(org, org.c.id == served.c.org_id)
        .where(
            served.c.person_id == message.c.person_id,
            holds_office(message.c.day, served),
            where,
        )
        .exists()
    )


def _letter(row: AnyRow, token: str = HIDDEN) -> Letter | None:
    """None while it was not written yet. Without its token, its link opens nothing."""
    return unpack(row.skeleton, row.content, token) if row.content else None


def _line(row: AnyRow, letter: Letter | None) -> OutboxLine:
    return OutboxLine(
        id=row.id,
        day=row.day,
        person=row.person_name,
        kind=row.kind,
        channel=row.channel,
        state=row.state,
        subject=letter.subject if letter else "",
        late=row.late,
    )
