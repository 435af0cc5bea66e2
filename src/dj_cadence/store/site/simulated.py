"""What a simulation, or the demonstration, asks of the days that it walks through."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import func, select, true

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.domain.reminders.plan import NEWCOMER
from dj_cadence.domain.tasks.task import BEGUN, State
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import quiet_periods
from dj_cadence.store.schema import digest, message, notice, org, person, task

_ASKED_FOR = sorted(BEGUN - {State.RETURNED})
_READY = message.c.state == MessageState.READY


def tasks_meant_by(session: Session, day: date, *, all_of_them: bool = True) -> list[int]:
    """The tasks that were to be done by `day`, in order.

    Else three of four, and none of terms: what diligent people of the demonstration do.
    """
    diligent = (org.c.position + task.c.slot_id) % 4 != 0
    query = (
        select(task.c.id)
        .join_from(task, org, org.c.id == task.c.org_id)
        .where(
            task.c.state.in_(_ASKED_FOR),
            func.coalesce(task.c.planned, task.c.due) <= day,
            true() if all_of_them else diligent & (task.c.period != "term"),
        )
        .order_by(task.c.due, task.c.id)
    )
    return list(session.scalars(query))


def ready_messages(session: Session) -> list[dict[str, Any]]:
    """What the events say of each message that would go out now, in order.

    `person` by the number in the roster, `digests` the organizations by code, `held` whether a
    quiet period kept something back, `newcomer` whether it tells of what is open in an office.
    """
    tasks: defaultdict[int, set[int]] = defaultdict(set)
    newcomers: set[int] = set()
    told = select(notice.c.message_id, notice.c.task_id, notice.c.reminder_step)
    for message_id, task_id, reminder_step in session.execute(
        told.join_from(notice, message).where(_READY)
    ):
        tasks[message_id].add(task_id)
        if reminder_step == NEWCOMER:
            newcomers.add(message_id)
    digests: defaultdict[int, list[str]] = defaultdict(list)
    carried = select(digest.c.message_id, org.c.code).join_from(digest, message)
    carried = carried.join(org, org.c.id == digest.c.org_id)
    for message_id, code in session.execute(carried.where(_READY).order_by(org.c.position)):
        digests[message_id].append(code)
    query = select(message, person.c.key).join_from(message, person).where(_READY)
    rows = session.execute(query.order_by(message.c.id)).all()
    held = quiet_periods.reasons_held(session, [row.id for row in rows])
    return [
        {
            "to": row.address,
            "person": row.key,
            "channel": row.channel,
            "kind": row.kind,
            "tasks": sorted(tasks[row.id]),
            "digests": digests[row.id],
            "late": row.late,
            "held": row.id in held,
            "newcomer": row.id in newcomers,
        }
        for row in rows
    ]


def describe_tasks(session: Session) -> dict[int, dict[str, Any]]:
    """What the events say of every task, by id."""
    query = select(task.c.id, org.c.code, task.c.duty, task.c.step, task.c.period, task.c.due)
    rows = session.execute(query.join_from(task, org, org.c.id == task.c.org_id))
    return {
        id_: {"org": code, "duty": duty, "step": step, "period": period, "due": due.isoformat()}
        for id_, code, duty, step, period, due in rows
    }


def task_states(session: Session) -> dict[str, int]:
    """How many tasks are in each state."""
    query = select(task.c.state, func.count()).group_by(task.c.state)
    return dict(session.execute(query).all())
