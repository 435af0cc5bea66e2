"""What messages are made of: their open notices with the tasks meant, and their digests."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import WITHOUT_TASKS, NoticeOutcome
from dj_cadence.domain.messages.view import ItemFacts
from dj_cadence.domain.reminders.plan import DECIDE
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.json_functions import among, json_array, json_group
from dj_cadence.store.schema import act, digest, message, notice, org, slot, task


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBody(ItemFacts):
    """What an item says, whoever's it is."""

    duty: str
    step: str
    asked_on: date | None
    amount: int
    label: str
    theme: str
    about: str | None
    """The name of the organization below that it is about."""


class ItemHead(NamedTuple):
    """What an item has for itself: whose it is, and where it stands in the message."""

    position: int
    due: str
    task_id: int
    level: int
    told_org_id: int | None
    org_name: str
    place: int
    """Among the bodies."""


class MessageContents(NamedTuple):
    """The open notices of a message, in the organizations' own order, then by date.

    A task is spoken of once; where it goes up to the same person, as that.
    """

    heads: tuple[ItemHead, ...]
    bodies: str
    """As JSON: equal for messages that say the same things, were they also raised in the same
    order."""

    def read_bodies(self) -> tuple[ItemBody, ...]:
        """What each item says, in the order of the heads."""
        every = json.loads(self.bodies)
        return tuple(_read(every[head.place]) for head in self.heads)


NOTHING = MessageContents((), "[]")


def _read(values: Sequence[Any]) -> ItemBody:
    """JSON has no dates, and SQLite no truth values."""
    named = dict(zip((field.name for field in fields(ItemBody)), values, strict=True))
    for name in ("opens", "planned", "due", "asked_on"):
        named[name] = date.fromisoformat(named[name]) if named[name] else None
    for name in ("of_case", "provisional"):
        named[name] = bool(named[name])
    return ItemBody(**named)


def contents(session: Session, message_ids: Sequence[int]) -> dict[int, MessageContents]:
    """By message; one without open notices is missing.

    A message is one row, its items are JSON in it: each row and each value that is fetched
    costs several times what the database needs to find it.
    """
    about = org.alias()
    # In the order of ItemHead, but for its `place`.
    head = (org.c.position, task.c.due, task.c.id, notice.c.level, notice.c.org_id, org.c.name)
    query = (
        select(
            notice.c.message_id,
            json_group(json_array(*head)),
            json_group(json_array(*_body_columns(about.c.name))),
        )
        .join(task, task.c.id == notice.c.task_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .join(org, org.c.id == task.c.org_id)
        .outerjoin(about, about.c.id == task.c.subject_id)
        .where(among(notice.c.message_id, message_ids), notice.c.outcome == NoticeOutcome.OPEN)
        .group_by(notice.c.message_id)
    )
    rows = session.execute(query).all()
    return {
        message_id: MessageContents(_sorted(heads), bodies) for message_id, heads, bodies in rows
    }


def _body_columns(about: ColumnElement[str]) -> list[ColumnElement[Any]]:
    """In the order of ItemBody."""
    return [
        *(notice.c[name] for name in ("reminder_step", "level", "office", "relay")),
        *(task.c[name] for name in ("opens", "planned", "due", "state", "target")),
        task.c.subject_id < 0,
        *(slot.c.provisional, slot.c.unit),
        case((task.c.state == State.RETURNED.value, _reason()), else_=""),
        *(task.c[name] for name in ("duty", "step", "asked_on", "amount")),
        *(slot.c.label, slot.c.theme),
        about,
    ]


def _reason() -> ColumnElement[str]:
    """The reason of the last return that still stands."""
    mine = (act.c.task_id == task.c.id, act.c.kind == "return", act.c.undone_in.is_(None))
    last = select(act.c.reason).where(*mine).order_by(act.c.id.desc()).limit(1)
    return func.coalesce(last.correlate(task).scalar_subquery(), "")


def _sorted(heads: str) -> tuple[ItemHead, ...]:
    each = [ItemHead(*values, place=place) for place, values in enumerate(json.loads(heads))]  # type: ignore[misc]
    each.sort(key=attrgetter("position", "due", "task_id", "level"))
    return tuple({item.task_id: item for item in each}.values())


class SuperiorTold(NamedTuple):
    """A superior that was to be told of a task."""

    level: int
    name: str
    reached: bool


def upwards(session: Session, task_ids: Collection[int]) -> Mapping[int, tuple[SuperiorTold, ...]]:
    """The superiors that were to be told of each task, the nearest first.

    Only what concerns the lateness that it has now.
    """
    reached = notice.c.message_id.is_not(None)
    closed = or_(reached, notice.c.outcome == NoticeOutcome.NO_ADDRESSEE)
    query = (
        select(notice.c.task_id, notice.c.level, org.c.name, reached)
        .join(task, task.c.id == notice.c.task_id)
        .join(org, org.c.id == notice.c.org_id)
        .where(among(notice.c.task_id, task_ids), notice.c.level > 0)
        .where(closed, notice.c.due_on > task.c.due, notice.c.reminder_step != DECIDE)
        .order_by(notice.c.task_id, notice.c.level, notice.c.id)
    )
    superiors: dict[int, tuple[SuperiorTold, ...]] = {}
    for task_id, *superior in session.execute(query).all():
        superiors[task_id] = (*superiors.get(task_id, ()), SuperiorTold(*superior))
    return superiors


def first_messages(session: Session, message_ids: Sequence[int]) -> dict[int, str]:
    """The messages that are somebody's first: `person`, or `address` where only that is new."""
    before = message.alias("before")
    mine = (
        before.c.person_id == message.c.person_id,
        before.c.id != message.c.id,
        before.c.kind.not_in(WITHOUT_TASKS),
        before.c.sent_at.is_not(None),
    )
    here = (before.c.channel == message.c.channel, before.c.address == message.c.address)
    is_known = exists().where(*mine)
    query = select(message.c.id, is_known).where(
        among(message.c.id, message_ids), ~exists().where(*mine, *here)
    )
    return {number: "address" if met else "person" for number, met in session.execute(query)}


def digests(session: Session, message_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """By message, the organization and week of each digest, in the organizations' own order."""
    query = (
        select(digest.c.message_id, digest.c.org_id, digest.c.week)
        .join(org, org.c.id == digest.c.org_id)
        .where(among(digest.c.message_id, message_ids))
        .order_by(org.c.position, digest.c.week)
    )
    by_message: dict[int, list[tuple[int, str]]] = {}
    for message_id, org_id, week in session.execute(query):
        by_message.setdefault(message_id, []).append((org_id, week))
    return by_message
