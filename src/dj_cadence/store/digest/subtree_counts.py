"""What is owed, done and lacking in a stretch of the tree, counted and listed by the database.

Organizations lie in preorder, so that a subtree is a stretch of positions. Each statement
here answers for one superior as for the whole tree: `Span` says for which positions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.facts import PARTY_ORGANIZATIONS
from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.organizations.tree_range import TreeRange
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.conditions import holds_office, in_range, is_current_election
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import (
    SETTLED,
    UNSETTLED,
    act,
    address,
    appointment,
    notice,
    org,
    person,
    slot,
    start_event,
    task,
)
from dj_cadence.store.tasks.overrides import binds

_OPEN = (State.OPEN.value, State.RETURNED.value)
_WAITING = (State.OVERDUE.value, State.SUBMITTED.value)
_REPORTED = (State.DONE.value, State.MISSED.value)
# As the indexes of these tasks have it, which are a small part of all.
_OWED = text(f"task.{UNSETTLED}")
_OVER = text(f"task.{SETTLED}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What counts: the duties superiors see, the week, and what is news in it."""

    duties: Sequence[str]
    """Those whose period binds."""
    adopted: Sequence[str]
    """Those that some superior adopted; they count in its subtree."""
    monday: date
    sunday: date
    since: datetime
    """What was settled from then on …"""
    until: datetime
    """… and before then is news."""
    known: Mapping[date, Collection[str]]
    """Duties by the last due date whose tasks were overdue before `since` already."""
    known_otherwise: date
    """The same for tasks of a duty that the catalogue no longer has."""
    answered: date
    """The last day of asking whose time to answer was over before `since`."""


def organizations(session: Session, span: TreeRange) -> list[AnyRow]:
    """The organizations, in their own order."""
    columns = (org.c.id, org.c.code, org.c.name, org.c.kind, org.c.position, org.c.subtree_end)
    query = select(*columns, org.c.supervisor_id).where(in_range(span))
    return list(session.execute(query.order_by(org.c.position)))


def numbers(session: Session, span: TreeRange, asked: Asked) -> list[AnyRow]:
    """(position, duty, overdue, newly_overdue, due, settled, missed, submitted).

    One row for each organization and duty with anything to count, in no order.
    """

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    state, overdue = task.c.state, task.c.state == State.OVERDUE.value
    query = (
        select(
            org.c.position,
            task.c.duty,
            number(overdue),
            number(and_(overdue, _is_new(asked))),
            number(state.in_(_OPEN)),
            number(state == State.DONE.value),
            number(state == State.MISSED.value),
            number(state == State.SUBMITTED.value),
        )
        .join_from(task, org, org.c.id == task.c.org_id)
        .where(
            in_range(span),
            binds(asked.duties, asked.adopted),
            or_(
                _is_waiting(),
                and_(_OWED, state.in_(_OPEN), task.c.due.between(asked.monday, asked.sunday)),
                _is_news(asked, _REPORTED),
            ),
        )
        .group_by(org.c.position, task.c.duty)
    )
    return list(session.execute(query))


def lines(session: Session, span: TreeRange, asked: Asked) -> list[AnyRow]:
    """Every task that is overdue or was closed as 未按期开展.

    In the organizations' own order, the oldest first.
    """
    about = org.alias("about")
    why = select(act.c.reason).where(act.c.task_id == task.c.id, act.c.kind == "missed")
    reason = why.order_by(act.c.id.desc()).limit(1).correlate(task).scalar_subquery()
    query = (
        select(
            task.c.id,
            org.c.position,
            org.c.name,
            about.c.name.label("about"),
            task.c.duty,
            task.c.subject_id,
            task.c.due,
            task.c.state,
            slot.c.label,
            _is_new(asked).label("is_new"),
            case((task.c.state == State.MISSED.value, reason), else_="").label("reason"),
        )
        .select_from(task)
        .join(org, org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(about, about.c.id == task.c.subject_id)
        .where(
            in_range(span),
            binds(asked.duties, asked.adopted),
            or_(_is_overdue(), _is_news(asked, (State.MISSED.value,))),
        )
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )
    return list(session.execute(query))


def decisions(session: Session, org_ids: Collection[int] | None = None) -> list[AnyRow]:
    """What is handed up and waits for an organization's decision, whether it binds or not.

    In the organizations' own order, the oldest first; `decider_id` says whose decision it is.
    `org_ids` leaves those of a few.
    """
    about, whose = org.alias("about"), orgs.decider()
    query = (
        select(
            task.c.id,
            task.c.org_id,
            org.c.code,
            org.c.name,
            about.c.name.label("about"),
            task.c.duty,
            task.c.step,
            task.c.subject_id,
            task.c.due,
            task.c.state,
            task.c.completed_on,
            slot.c.label,
            whose.label("decider_id"),
        )
        .select_from(task)
        .join(org, org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(about, about.c.id == task.c.subject_id)
        .where(_OWED, task.c.state == State.SUBMITTED.value)
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )
    mine = whose.in_(org_ids) if org_ids is not None else whose.is_not(None)
    return list(session.execute(query.where(mine)))


def own_lines(session: Session, span: TreeRange, asked: Asked) -> list[AnyRow]:
    """What superiors themselves still owe and is late, to be recorded, or due by the week's end."""
    about = org.alias("about")
    late = task.c.state.in_([State.OVERDUE.value, State.UNRECORDED.value])
    coming = and_(task.c.state.in_(_OPEN), task.c.due <= asked.sunday)
    query = (
        select(
            task.c.id,
            task.c.org_id,
            org.c.name,
            about.c.name.label("about"),
            task.c.duty,
            task.c.subject_id,
            task.c.due,
            task.c.state,
            slot.c.label,
        )
        .select_from(org)
        .join(task, task.c.org_id == org.c.id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(about, about.c.id == task.c.subject_id)
        .where(in_range(span), org.c.subtree_end > org.c.position, or_(late, coming))
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )
    return list(session.execute(query))


def _is_new(asked: Asked) -> ColumnElement[bool]:
    """Whether what is overdue was not yet at the digest before."""
    just_answered = and_(task.c.asked_on.is_not(None), task.c.asked_on > asked.answered)
    return or_(task.c.due > _known(asked), just_answered)


def _known(asked: Asked) -> ColumnElement[date]:
    """The last due date whose tasks were overdue at the digest before."""
    whens = [
        (task.c.duty.in_(sorted(duties)), literal(day, Date)) for day, duties in asked.known.items()
    ]
    otherwise = literal(asked.known_otherwise, Date)
    return case(*whens, else_=otherwise) if whens else otherwise


def _is_waiting() -> ColumnElement[bool]:
    return and_(_OWED, task.c.state.in_(_WAITING))


def _is_overdue() -> ColumnElement[bool]:
    return and_(_OWED, task.c.state == State.OVERDUE.value)


def _is_news(asked: Asked, states: Sequence[str]) -> ColumnElement[bool]:
    settled = task.c.settled_at
    return and_(_OVER, task.c.state.in_(states), settled >= asked.since, settled < asked.until)


# --- data that is missing -------------------------------------------------------------------------


def undated(session: Session, span: TreeRange) -> list[AnyRow]:
    """(position, name) of Party organizations whose last election nobody has entered."""
    elected = select(start_event.c.org_id).where(is_current_election())
    return _party_organizations(session, span, org.c.id.not_in(elected))


def vacant(session: Session, span: TreeRange, today: date) -> list[AnyRow]:
    """(position, name) of Party organizations without a 书记."""
    return _party_organizations(session, span, org.c.id.not_in(_led(today)))


def unreachable(
    session: Session, span: TreeRange, today: date, channels: Collection[str]
) -> list[AnyRow]:
    """(position, name) of those with a 书记 where nobody has an address on these channels."""
    reached = (
        select(appointment.c.org_id)
        .join(address, address.c.person_id == appointment.c.person_id)
        .where(
            holds_office(today), address.c.state == "ok", address.c.channel.in_(sorted(channels))
        )
    )
    silent = and_(org.c.id.in_(_led(today)), org.c.id.not_in(reached))
    return _party_organizations(session, span, silent)


def refused(
    session: Session, span: TreeRange, today: date, since: datetime | None = None
) -> list[AnyRow]:
    """(position, name, person, channel) of addresses in use that were refused or came back.

    With `since`, only those found bad from then on.
    """
    query = (
        select(org.c.position, org.c.name, person.c.name.label("person"), address.c.channel)
        .join_from(address, person)
        .join(appointment, appointment.c.person_id == person.c.id)
        .join(org, org.c.id == appointment.c.org_id)
        .where(in_range(span), holds_office(today), address.c.state == "bad")
        .distinct()
        .order_by(org.c.position, person.c.name, address.c.channel)
    )
    return list(session.execute(query if since is None else query.where(_bad_from(since))))


def _bad_from(since: datetime) -> ColumnElement[bool]:
    return address.c.bad_since >= since


def passed_over(session: Session, span: TreeRange, since: date | None = None) -> list[AnyRow]:
    """(position, name, number) of superiors that could not be told of so many overdue tasks.

    With `since`, only those that should have been told from that day on.
    """
    late = and_(task.c.id == notice.c.task_id, task.c.state == State.OVERDUE.value)
    query = (
        select(org.c.position, org.c.name, func.count(task.c.id.distinct()).label("number"))
        .join_from(notice, task, late)
        .join(org, org.c.id == notice.c.org_id)
        .where(
            in_range(span), text("outcome = 'no_addressee' AND level > 0")
        )  # as the index has it
        .group_by(org.c.position, org.c.name)
        .order_by(org.c.position)
    )
    return list(session.execute(query if since is None else query.where(notice.c.due_on >= since)))


def bereft(session: Session, span: TreeRange, today: date) -> list[AnyRow]:
    """(position, name, office) of offices that lost their holder, the 书记's apart.

    An office that nobody ever held at an organization falls to its 书记 and is no gap.
    """
    now = appointment.alias("now")
    held = exists().where(
        now.c.org_id == appointment.c.org_id,
        now.c.office == appointment.c.office,
        holds_office(today, now),
    )
    query = (
        select(org.c.position, org.c.name, appointment.c.office)
        .join_from(appointment, org, org.c.id == appointment.c.org_id)
        .where(
            in_range(span),
            _is_party(),
            appointment.c.until < today,
            appointment.c.office != SECRETARY,
            ~held,
        )
        .distinct()
    )
    return list(session.execute(query.order_by(org.c.position, appointment.c.office)))


def _led(today: date) -> Select[tuple[int]]:
    """Organizations that have a 书记."""
    return select(appointment.c.org_id).where(
        holds_office(today), appointment.c.office == SECRETARY
    )


def _is_party() -> ColumnElement[bool]:
    """Of the Party, and not to be dissolved on a day that is known."""
    return and_(org.c.kind.in_(sorted(PARTY_ORGANIZATIONS)), org.c.dissolved.is_(None))


def _party_organizations(
    session: Session, span: TreeRange, condition: ColumnElement[bool]
) -> list[AnyRow]:
    query = select(org.c.position, org.c.name).where(in_range(span), _is_party(), condition)
    return list(session.execute(query.order_by(org.c.position)))
