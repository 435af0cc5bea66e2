"""What messages are made of: their open notices with the tasks meant, and their digests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.orm import Session

from dj_cadence.store.database import batches
from dj_cadence.store.schema import digest, notice, org, slot, task


class Said(NamedTuple):
    """What an item says, whoever's it is."""

    rung: str
    level: int
    office: str
    relay: str
    duty: str
    step: str
    opens: date
    planned: date | None
    due: date
    state: str
    target: int
    amount: int
    of_case: bool
    label: str
    provisional: bool
    unit: str
    theme: str
    about: str | None
    """The name of the organization below that it is about."""


class OpenItem(NamedTuple):
    """An open notice of a message."""

    message_id: int
    task_id: int
    told_org_id: int | None
    org_name: str
    said: Said


def open_items(session: Session, message_ids: Sequence[int]) -> list[OpenItem]:
    """In the organizations' own order, then by date."""
    about = org.alias()
    said = {
        **{name: notice.c[name] for name in ("rung", "level", "office", "relay")},
        **{name: task.c[name] for name in ("duty", "step", "opens", "planned", "due", "state")},
        **{name: task.c[name] for name in ("target", "amount")},
        "of_case": task.c.instance < 0,
        **{name: slot.c[name] for name in ("label", "provisional", "unit", "theme")},
        "about": about.c.name,
    }
    query = (
        select(notice.c.message_id, notice.c.task_id, notice.c.org_id, org.c.name)
        .add_columns(*(said[name] for name in Said._fields))
        .join(task, task.c.id == notice.c.task_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .join(org, org.c.id == task.c.org_id)
        .outerjoin(about, about.c.id == task.c.instance)
        .where(notice.c.message_id.in_(message_ids), notice.c.outcome == "")
        .order_by(org.c.position, task.c.due, task.c.id)
    )
    return [
        OpenItem(row[0], row[1], row[2], row[3], Said(*row[4:])) for row in session.execute(query)
    ]


class Above(NamedTuple):
    """A superior that was to be told of a task."""

    level: int
    name: str
    reached: bool


def upwards(session: Session, task_ids: Collection[int]) -> Mapping[int, list[Above]]:
    """The superiors that were to be told of each task, the nearest first.

    Only what concerns the lateness that it has now.
    """
    reached = notice.c.message_id.is_not(None)
    closed = or_(reached, notice.c.outcome == "no_addressee")
    query = (
        select(notice.c.task_id, notice.c.level, org.c.name, reached)
        .join(task, task.c.id == notice.c.task_id)
        .join(org, org.c.id == notice.c.org_id)
        .where(notice.c.level > 0, closed, notice.c.due_on > task.c.due)
        .order_by(notice.c.task_id, notice.c.level, notice.c.id)
    )
    found: dict[int, list[Above]] = {}
    for some in batches(task_ids):
        for task_id, *above in session.execute(query.where(notice.c.task_id.in_(some))):
            found.setdefault(task_id, []).append(Above(*above))
    return found


def digests(session: Session, message_ids: Sequence[int]) -> Sequence[RowMapping]:
    """message_id, org_id and week of each digest, in the organizations' own order."""
    return (
        session.execute(
            select(digest.c.message_id, digest.c.org_id, digest.c.week)
            .join(org, org.c.id == digest.c.org_id)
            .where(digest.c.message_id.in_(message_ids))
            .order_by(org.c.position, digest.c.week)
        )
        .mappings()
        .all()
    )
