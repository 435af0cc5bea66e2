"""What counts in a digest, as conditions on `task` and `org`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, and_, case, literal, or_, text

from dj_cadence.domain.tasks.task import IN_TIME, State
from dj_cadence.store.schema import SETTLED_TASK, UNSETTLED_TASK, task
from dj_cadence.store.tasks.overrides import binds

IS_UNSETTLED = text(f"task.{UNSETTLED_TASK}")
"""As the index of these tasks has it, which are a small part of all."""
_IS_SETTLED = text(f"task.{SETTLED_TASK}")
IS_OVERDUE = and_(IS_UNSETTLED, task.c.state == State.OVERDUE.value)
IS_OPEN = task.c.state.in_(sorted(IN_TIME))


@dataclass(frozen=True, slots=True)
class DigestCriteria:
    """The duties that superiors see, the week, and what is news in it."""

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
    last_due_known: Mapping[date, Collection[str]]
    """Duties by the last due date whose tasks were overdue before `since` already."""
    last_due_known_otherwise: date
    """The same for tasks of a duty that the catalogue no longer has."""
    last_asked_known: date
    """The last day of asking whose time to answer was over before `since`."""

    def is_seen(self) -> ColumnElement[bool]:
        """Whether superiors see the task."""
        return binds(self.duties, self.adopted)

    def is_due(self) -> ColumnElement[bool]:
        """Whether it is still open and due in the week."""
        return and_(IS_UNSETTLED, IS_OPEN, task.c.due.between(self.monday, self.sunday))

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
