"""Owed tasks by what their next step depends on: those in one situation stand or fall together."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import BEGUN, OWED, SILENT, State, Task
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import catalogue, notice, task
from dj_cadence.store.tasks import tasks

KEY = (
    "duty",
    "step",
    "state",
    "opens",
    "planned",
    "due",
    "asked_on",
    "plan_snapshot_id",
    "reminded_until",
    "due_revision",
    "redated_on",
)
_REMINDED = sorted(BEGUN - {State.RETURNED})
_columns = [task.c[name] for name in KEY]


def situations(session: Session) -> Sequence[AnyRow]:
    """Each with `number` of tasks, `last_next` day on which one is looked at, those `without`."""
    query = select(
        *_columns, func.count().label("number"), func.max(task.c.next_on).label("last_next")
    )
    return session.execute(query.where(task.c.state.in_(sorted(OWED))).group_by(*_columns)).all()


def reminded(session: Session) -> dict[tuple[Any, ...], dict[tuple[str, int], int]]:
    """How many tasks of a situation have each reminder (step, occurrence) to their own office."""
    mine = (notice.c.level == 0, notice.c.due_revision == 0)
    query = (
        select(
            *_columns, notice.c.reminder_step, notice.c.occurrence, func.count(task.c.id.distinct())
        )
        .join(notice, notice.c.task_id == task.c.id)
        .where(*mine, _is_plainly_reminded())
        .group_by(*_columns, notice.c.reminder_step, notice.c.occurrence)
    )
    numbers: dict[tuple[Any, ...], dict[tuple[str, int], int]] = {}
    for *key, reminder_step, occurrence, number in session.execute(query):
        numbers.setdefault(tuple(key), {})[reminder_step, occurrence] = number
    return numbers


def plainly_reminded(session: Session) -> dict[tuple[Any, ...], int]:
    """How many tasks of each situation are reminded as their plan says and in no other way."""
    query = select(*_columns, func.count()).where(_is_plainly_reminded()).group_by(*_columns)
    return {tuple(key): number for *key, number in session.execute(query)}


def _is_plainly_reminded() -> ColumnElement[bool]:
    """Never dated anew, and looked at before."""
    plain = (task.c.step == OWN, task.c.subject_id == 0, task.c.due_revision == 0)
    return and_(*plain, task.c.state.in_(_REMINDED), task.c.reminded_until != FIRST_DAY)


def without_reminder(
    session: Session, key: Sequence[Any], reminders: Collection[tuple[str, int]]
) -> list[int]:
    """The tasks of a situation that lack one of these reminders (step, occurrence)."""
    mine = (task.c.subject_id == 0, *_is_in(key))
    ids = set(session.scalars(select(task.c.id).where(*mine)))
    lacking: set[int] = set()
    for reminder_step, occurrence in reminders:
        has = (
            notice.c.reminder_step == reminder_step,
            notice.c.occurrence == occurrence,
            notice.c.level == 0,
        )
        there = select(notice.c.task_id).join(task, task.c.id == notice.c.task_id)
        lacking |= ids - set(session.scalars(there.where(*has, *mine)))
    return sorted(lacking)


def look_again(session: Session, ids: Sequence[int], key: Sequence[Any], moment: Moment) -> int:
    """Have the engine write down anew what these tasks were to be reminded of."""
    values = {"reminded_until": FIRST_DAY, "next_on": moment.day}
    still = (task.c.id.in_(ids), *_is_in(key))
    return len(
        session.scalars(update(task).where(*still).values(**values).returning(task.c.id)).all()
    )


def wake(session: Session, key: Sequence[Any], after: date, moment: Moment) -> int:
    """Have the engine look at once at those that it would look at only after a day."""
    late = update(task).where(*_is_in(key), task.c.next_on > after)
    return len(session.scalars(late.values(next_on=moment.day).returning(task.c.id)).all())


def set_state(
    session: Session, key: Sequence[Any], state: State, moment: Moment, now: datetime
) -> int:
    """Give those that nobody looks at soon the state that their dates say."""
    values = {
        "state": state.value,
        "next_on": moment.day,
        "sequence": task.c.sequence + 1,
        "changed_at": now,
    }
    wrong = update(task).where(*_is_in(key), task.c.next_on > moment.latest)
    return len(session.scalars(wrong.values(**values).returning(task.c.id)).all())


def bring_back(
    session: Session, key: Sequence[Any], state: State, moment: Moment, now: datetime
) -> int:
    """Take back what a pass made of these tasks on a day that is still to come.

    They count as dated anew today, so that what was said too early is said again on its day.
    """
    values = {
        "state": state.value,
        "reminded_until": FIRST_DAY,
        "next_on": moment.day,
        "due_revision": task.c.due_revision + 1,
        "redated_on": moment.day,
        "sequence": task.c.sequence + 1,
        "changed_at": now,
    }
    return len(
        session.scalars(
            update(task).where(*_is_in(key)).values(**values).returning(task.c.id)
        ).all()
    )


def asleep(session: Session) -> list[Task]:
    """The tasks that nobody will look at any more, though they are not silent."""
    return tasks.where(session, task.c.next_on.is_(None), task.c.state.not_in(sorted(SILENT)))


def wake_asleep(session: Session, ids: Sequence[int], moment: Moment) -> int:
    """Have the engine look at those of these that are still asleep."""
    number = 0
    for some in batched(ids):
        still = (task.c.id.in_(some), task.c.next_on.is_(None), task.c.state.not_in(sorted(SILENT)))
        woken = update(task).where(*still).values(next_on=moment.day).returning(task.c.id)
        number += len(session.scalars(woken).all())
    return number


def last_applied(session: Session) -> datetime | None:
    """When rules and calendar changed last."""
    last = session.scalars(select(func.max(catalogue.c.applied_at)))
    applied_at: datetime | None = last.one()
    return applied_at


def _is_in(key: Sequence[Any]) -> list[ColumnElement[bool]]:
    return [
        column.is_(None) if value is None else column == value
        for column, value in zip(_columns, key, strict=True)
    ]
