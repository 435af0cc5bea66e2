"""The link in a message: for what it acts, until when, and which of them stand.

It acts for the message's own tasks that its reader owes at their own organization, and shows
those that have come up from below. It ends with them: when the last one is settled (that day
counts whole, so that a slip can be taken back), withdrawn, or in other hands, and in any case
after a set time. It can be ended by itself before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.view import LISTED
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import State
from dj_cadence.services.access.link_tokens import ExpiredLink, UnknownLink, subject_of
from dj_cadence.services.access.permissions import discreet, holds_at, person_visitor, readable
from dj_cadence.services.tasks.joint_tasks import at_same_organization
from dj_cadence.settings import Settings
from dj_cadence.signing import message_token
from dj_cadence.store.access.reach import reached_among
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import message_links as store
from dj_cadence.store.site import tokens
from dj_cadence.store.tasks.task_list import TaskRow, tasks

LISTED_BACK = 60 * DAY
"""Links of messages before that have ended."""
_OVER = "这条消息里的事都已办结，或已不由您办理，链接到此为止。要看或要改，请登录后打开组织的页面。"


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What the link in a message stands for now."""

    person: Visitor
    day: date
    rows: Sequence[TaskRow]
    """The message's tasks that its reader may see."""
    own: Mapping[int, TaskRow]
    """Those on which the link acts, by id."""
    also: Mapping[int, Sequence[TaskRow]]
    """For each of them, what one activity may settle with it at the same organization."""
    below: Collection[int]
    """Those that have come up from below."""


class LiveLink(NamedTuple):
    """A link that still acts."""

    message_id: int
    day: date
    titles: Sequence[str]
    ends_at: datetime | None


def open_link(
    session: Session, catalogue: Catalogue, settings: Settings, token: str, now: datetime
) -> OpenedLink:
    """What stands behind a link. Raises UnknownLink, or ExpiredLink where it has ended."""
    message_id = subject_of(session, token, "message", now)
    link = _opened(session, catalogue, settings, message_id, now)
    if link is None:
        raise ExpiredLink(_OVER)
    return link


def standing_token(
    session: Session, catalogue: Catalogue, settings: Settings, message_id: int, now: datetime
) -> str:
    """The secret of a message's link, as long as it opens something; else empty."""
    token = message_token(settings.key, message_id)
    try:
        open_link(session, catalogue, settings, token, now)
    except (UnknownLink, ExpiredLink):
        return ""
    return token


def live_links(
    session: Session, catalogue: Catalogue, settings: Settings, person_id: int, now: datetime
) -> list[LiveLink]:
    """The links of a person that open something now, the newest first."""
    by_token = {
        message_token(settings.key, row.id): row
        for row in store.sent_to(session, person_id, (now - LISTED_BACK).date())
    }
    links = []
    for token, ends_at in tokens.valid(session, list(by_token), now).items():
        row = by_token[token]
        if link := _opened(session, catalogue, settings, row.id, now):
            links.append(LiveLink(row.id, row.day, [task.title for task in link.rows], ends_at))
    return sorted(links, reverse=True)


def withdraw(
    session: Session, settings: Settings, person_id: int, now: datetime, message_id: int = 0
) -> None:
    """End the link of one message to a person; without one, the links of all."""
    for row in store.sent_to(session, person_id, (now - LISTED_BACK).date()):
        if message_id in (0, row.id):
            tokens.revoke(session, message_token(settings.key, row.id), now)


def _opened(
    session: Session, catalogue: Catalogue, settings: Settings, message_id: int, now: datetime
) -> OpenedLink | None:
    """None where nothing is left for which the link stands."""
    local = now.astimezone(settings.time_zone)
    today, midnight = local.date(), datetime.combine(local.date(), time(0), local.tzinfo)
    message, levels = store.message_tasks(session, message_id)
    person = person_visitor(session, message.person_id)
    every = tasks(session, catalogue, today=today, ids=list(levels))
    org_ids = {row.org_id for row in every}
    seen = reached_among(session, person, Right.SEE, org_ids, today)
    mine = readable(session, person, (row for row in every if row.org_id in seen), today)
    rows = [discreet(row) for row in mine]  # whoever has the message has the link
    handed = store.handed_over(session, message, today)
    standing = [row for row in rows if _stands(row, midnight) and row.id not in handed]
    if not standing:
        return None
    at = holds_at(session, person.person_id, {row.org_id for row in standing}, today)
    own = {row.id: row for row in standing if row.org_id in at and levels[row.id] == 0}
    offered = list(own.values()) if len(own) <= LISTED else []  # a longer list offers no ticks
    also = at_same_organization(session, catalogue, offered, today)
    below = {row.id for row in rows if levels[row.id] > 0}
    return OpenedLink(person, message.day, rows, own, also, below)


def _stands(row: TaskRow, midnight: datetime) -> bool:
    """Owed, or settled today: a slip is taken back by the link that it was made with."""
    if not row.state.is_settled:
        return True
    done = row.state in (State.DONE, State.MISSED)
    return done and row.settled_at is not None and row.settled_at >= midnight
