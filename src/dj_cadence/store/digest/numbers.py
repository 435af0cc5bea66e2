"""What counts in a digest, its numbers, and the tasks that it lists, the oldest first.

Numbers are counted by one statement, for one superior as for the whole tree.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, or_, select, text
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.digest.digest import Numbers
from dj_cadence.domain.organizations.organization import TreeRange
from dj_cadence.domain.tasks.task import IN_TIME, LATE, State
from dj_cadence.store.core.shared_conditions import in_range
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import SETTLED_TASK, UNSETTLED_TASK, act, org, slot, task
from dj_cadence.store.tasks.overrides import binds

_IS_UNSETTLED = text(f"task.{UNSETTLED_TASK}")
"""As the index of these tasks has it, which are a small part of all."""
_IS_SETTLED = text(f"task.{SETTLED_TASK}")
_IS_OVERDUE = and_(_IS_UNSETTLED, task.c.state == State.OVERDUE.value)
_IS_OPEN = task.c.state.in_(sorted(IN_TIME))


@dataclass(frozen=True, slots=True)
class DigestCriteria:
    """The duties that superiors see, the week, and what is news in it."""

    duties: Sequence[str]
    """Those whose period binds."""
    adopted: Sequence[str]
    """Those that some superior adopted; they count in its subtree."""
    monday: date
    since: datetime
    """What was settled from then on …"""
    until: datetime
    """… and before then is news."""
    last_due_known: Mapping[date, Collection[str]]
    """Duties by the last due date whose tasks were overdue before `since` already."""
    last_due_known_otherwise: date
    """The same for tasks of a duty that the catalogue no longer has."""
    last_asked_known: date
    """The last day of asking whose time to answer was over before `since`."""

    @property
    def sunday(self) -> date:
        return self.monday + 6 * DAY

    def is_seen(self) -> ColumnElement[bool]:
        """Whether superiors see the task."""
        return binds(self.duties, self.adopted)

    def is_newly_overdue(self) -> ColumnElement[bool]:
        """Of what is overdue, whether it was not yet at the digest before."""
        otherwise = literal(self.last_due_known_otherwise, Date)
        days = [
            (task.c.duty.in_(sorted(duties)), literal(day, Date))
            for day, duties in self.last_due_known.items()
        ]
        due_before = case(*days, else_=otherwise) if days else otherwise
        asked = and_(task.c.asked_on.is_not(None), task.c.asked_on > self.last_asked_known)
        return or_(task.c.due > due_before, asked)

    def is_news(self, *states: State) -> ColumnElement[bool]:
        """Whether it was settled so since the digest before."""
        settled = task.c.settled_at
        settled_so = and_(_IS_SETTLED, task.c.state.in_(states))
        return and_(settled_so, settled >= self.since, settled < self.until)


class DutyNumbers(NamedTuple):
    """The numbers of a duty at one organization."""

    position: int
    duty: str
    numbers: Numbers


def count(session: Session, span: TreeRange, criteria: DigestCriteria) -> list[DutyNumbers]:
    """One for each organization and duty with anything to count, in the organizations' order."""
    state = task.c.state
    is_overdue = state == State.OVERDUE.value
    conditions = {
        "overdue": is_overdue,
        "newly_overdue": and_(is_overdue, criteria.is_newly_overdue()),
        "due": _IS_OPEN,
        "settled": state == State.DONE.value,
        "missed": state == State.MISSED.value,
        "submitted": state == State.SUBMITTED.value,
    }
    counts = [func.sum(case((conditions[name], 1), else_=0)) for name in Numbers._fields]
    waits = and_(_IS_UNSETTLED, state.in_((State.OVERDUE.value, State.SUBMITTED.value)))
    is_due = and_(_IS_UNSETTLED, _IS_OPEN, task.c.due.between(criteria.monday, criteria.sunday))
    counted = or_(waits, is_due, criteria.is_news(State.DONE, State.MISSED))
    query = (
        select(org.c.position, task.c.duty, *counts)
        .join_from(task, org, org.c.id == task.c.org_id)
        .where(in_range(span), criteria.is_seen(), counted)
        .group_by(org.c.position, task.c.duty)
        .order_by(org.c.position)
    )
    return [
        DutyNumbers(position, duty, Numbers(*map(int, row)))
        for position, duty, *row in session.execute(query)
    ]


# --- the tasks that a digest lists ----------------------------------------------------------------

_about = org.alias("about")
_NO, _NOTHING = literal(False), literal("")


class SubtreeTask(NamedTuple):
    """One task as a digest or a list of decisions has it."""

    id: int
    org_id: int
    duty: str
    step: str
    subject_id: int
    due: date
    state: State
    completed_on: date | None
    org_code: str
    org_name: str
    position: int
    about: str | None
    """The organization that it is about, where that is another."""
    label: str
    decider_id: int | None
    """Whose decision it waits for once it is handed up."""
    is_new: bool = False
    """Whether it has become overdue since the digest before."""
    reason: str = ""
    """Why it was not done."""


def late_or_missed(
    session: Session, span: TreeRange, criteria: DigestCriteria
) -> list[SubtreeTask]:
    """Every task that is overdue, or was closed as 未按期开展 since the digest before."""
    why = select(act.c.reason).where(act.c.task_id == task.c.id, act.c.kind == "missed")
    last = why.order_by(act.c.id.desc()).limit(1).correlate(task).scalar_subquery()
    reason = case((task.c.state == State.MISSED.value, last), else_="")
    listed = or_(_IS_OVERDUE, criteria.is_news(State.MISSED))
    query = _tasks(criteria.is_newly_overdue(), reason)
    return _read(session, query.where(in_range(span), criteria.is_seen(), listed))


def own_tasks(session: Session, span: TreeRange, criteria: DigestCriteria) -> list[SubtreeTask]:
    """What superiors themselves still owe and is late, to be recorded, or due by the week's end."""
    late = task.c.state.in_(sorted(LATE))
    listed = or_(late, and_(_IS_OPEN, task.c.due <= criteria.sunday))
    leads = org.c.subtree_end > org.c.position
    return _read(session, _tasks().where(in_range(span), leads, listed))


def decisions(session: Session, org_ids: Collection[int] | None = None) -> list[SubtreeTask]:
    """What waits for the decision of any of `org_ids`, else of any at all; bound or not."""
    decider = orgs.decider()
    mine = decider.is_not(None) if org_ids is None else decider.in_(org_ids)
    waits = (_IS_UNSETTLED, task.c.state == State.SUBMITTED.value, mine)
    return _read(session, _tasks().where(*waits))


def _tasks(is_new: ColumnElement[bool] = _NO, reason: ColumnElement[str] = _NOTHING) -> Select[Any]:
    return (
        select(
            *(task.c[name] for name in SubtreeTask._fields[:8]),
            *(org.c.code, org.c.name, org.c.position, _about.c.name, slot.c.label),
            *(orgs.decider(), is_new, reason),
        )
        .select_from(org)
        .join(task, task.c.org_id == org.c.id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(_about, _about.c.id == task.c.subject_id)
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )


def _read(session: Session, query: Select[Any]) -> list[SubtreeTask]:
    rows = map(SubtreeTask._make, session.execute(query))
    return [row._replace(state=State(row.state), reason=row.reason or "") for row in rows]
