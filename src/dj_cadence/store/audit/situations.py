"""Owed tasks by what their next step depends on: those in one situation stand or fall together."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import BEGUN, OWED, SILENT, State, Task
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import catalogue, notice, task
from dj_cadence.store.tasks import tasks

_KEY = (
    *("duty", "step", "state", "opens", "planned", "due", "asked_on"),
    *("plan_snapshot_id", "reminded_until", "due_revision", "redated_on"),
)
_REMINDED = sorted(BEGUN - {State.RETURNED})
_columns = [task.c[name] for name in _KEY]


def situations(session: Session) -> Sequence[AnyRow]:
    """Each with the `number` of its tasks and the `last_next` day on which one is looked at."""
    return _grouped(session, task.c.state.in_(sorted(OWED)))


def key_of(row: AnyRow) -> tuple[Any, ...]:
    """What makes the situation of such a row."""
    return tuple(row[: len(_KEY)])


def plainly_reminded(session: Session) -> Sequence[AnyRow]:
    """The situations of tasks that are reminded as their plan says and in no other way."""
    return _grouped(session, _is_plainly_reminded())


def _grouped(session: Session, which: ColumnElement[bool]) -> Sequence[AnyRow]:
    counted = (func.count().label("number"), func.max(task.c.next_on).label("last_next"))
    return session.execute(select(*_columns, *counted).where(which).group_by(*_columns)).all()


def reminded(session: Session) -> dict[tuple[Any, ...], dict[tuple[str, int], int]]:
    """How many tasks of a situation have each reminder (step, occurrence) to their own office."""
    mine = (notice.c.level == 0, notice.c.due_revision == 0, _is_plainly_reminded())
    each = (*_columns, notice.c.reminder_step, notice.c.occurrence)
    query = select(*each, func.count(task.c.id.distinct())).join_from(task, notice)
    query = query.where(*mine).group_by(*each)
    numbers: dict[tuple[Any, ...], dict[tuple[str, int], int]] = {}
    for *key, reminder_step, occurrence, number in session.execute(query):
        numbers.setdefault(tuple(key), {})[reminder_step, occurrence] = number
    return numbers


def _is_plainly_reminded() -> ColumnElement[bool]:
    """Never dated anew, and looked at before."""
    plain = (task.c.step == OWN, task.c.subject_id == 0, task.c.due_revision == 0)
    return and_(*plain, task.c.state.in_(_REMINDED), task.c.reminded_until != FIRST_DAY)


def without_reminder(
    session: Session, key: Sequence[Any], reminders: Collection[tuple[str, int]]
) -> list[int]:
    """The tasks of a situation that lack one of these reminders (step, occurrence)."""
    mine = (notice.c.task_id == task.c.id, notice.c.level == 0)
    lacks = (
        ~exists().where(*mine, notice.c.reminder_step == step, notice.c.occurrence == occurrence)
        for step, occurrence in reminders
    )
    query = select(task.c.id).where(task.c.subject_id == 0, *_is_in(key), or_(*lacks))
    return list(session.scalars(query.order_by(task.c.id)))


def look_again(session: Session, ids: Collection[int], key: Sequence[Any], moment: Moment) -> int:
    """Have the engine write down anew what these tasks were to be reminded of."""
    still = (among(task.c.id, ids), *_is_in(key))
    return _woken(session, still, moment, reminded_until=FIRST_DAY)


def wake(session: Session, key: Sequence[Any], after: date, moment: Moment) -> int:
    """Have the engine look at once at those that it would look at only after a day."""
    return _woken(session, (*_is_in(key), task.c.next_on > after), moment)


def set_state(session: Session, key: Sequence[Any], state: State, moment: Moment) -> int:
    """Give those that nobody looks at soon the state that their dates say."""
    wrong = (*_is_in(key), task.c.next_on > moment.latest)
    return _woken(session, wrong, moment, state=state.value, **tasks.shown_anew(moment.now))


def bring_back(session: Session, key: Sequence[Any], state: State, moment: Moment) -> int:
    """Take back what a pass made of these tasks on a day that is still to come.

    They count as dated anew today, so that what was said too early is said again on its day.
    """
    anew = {"due_revision": task.c.due_revision + 1, "redated_on": moment.day}
    values = {"state": state.value, "reminded_until": FIRST_DAY} | anew
    return _woken(session, _is_in(key), moment, **values, **tasks.shown_anew(moment.now))


def _woken(
    session: Session, which: Sequence[ColumnElement[bool]], moment: Moment, **values: Any
) -> int:
    """Change these tasks, to be looked at by the next pass; returns how many."""
    changed = update(task).where(*which).values(next_on=moment.day, **values)
    return session.connection().execute(changed).rowcount


_ASLEEP = (task.c.next_on.is_(None), task.c.state.not_in(sorted(SILENT)))


def asleep(session: Session) -> list[Task]:
    """The tasks that nobody will look at any more, though they are not silent."""
    return tasks.where(session, *_ASLEEP)


def wake_asleep(session: Session, ids: Collection[int], moment: Moment) -> int:
    """Have the engine look at those of these that are still asleep."""
    return _woken(session, (among(task.c.id, ids), *_ASLEEP), moment)


def last_applied(session: Session) -> datetime | None:
    """When rules and calendar changed last."""
    applied_at: datetime | None = session.scalar(select(func.max(catalogue.c.applied_at)))
    return applied_at


def _is_in(key: Sequence[Any]) -> list[ColumnElement[bool]]:
    return [
        column.is_(None) if value is None else column == value
        for column, value in zip(_columns, key, strict=True)
    ]
