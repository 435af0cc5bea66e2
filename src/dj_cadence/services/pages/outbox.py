"""Messages as a visitor may read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.domain.messages.claim import StoredLetter
from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.services.access.permissions import readable
from dj_cadence.services.delivery.skeletons import HIDDEN, unpack
from dj_cadence.services.pages.message_links import standing_token
from dj_cadence.settings import Settings
from dj_cadence.store.access import outbox as messages
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery.message_links import message_tasks
from dj_cadence.store.tasks.task_list import tasks

PAGE = 50
OutboxLine = Mapping[str, Any]
"""One message as the list shows it: its row with the reader as `person`, and its subject."""


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


def outbox(session: Session, visitor: Visitor, today: date, before: int = 0) -> list[OutboxLine]:
    """The newest messages the visitor may read; with `before`, those older than that one."""
    rows = messages.newest(session, visitor, today, before, PAGE)
    return [_line(row, _letter(row)) for row in rows]


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
    row = messages.one(session, visitor, message_id, today)
    if row is None:
        return None
    own = visitor.administrator or visitor.person_id == row.person_id
    about = tasks(session, catalogue, today=today, ids=list(message_tasks(session, row.id)[1]))
    whole = own or len(readable(session, visitor, about, today)) == len(about)
    token = standing_token(session, catalogue, settings, row.id, now) if own and whole else ""
    letter = _letter(row, token or HIDDEN) if whole else None
    ended = f"{settings.web_address}/t/{HIDDEN}"
    return SentLetter(
        line=_line(row, letter),
        address=row.address,
        text=letter.text.replace(ended, "（链接已失效，或只供收件人使用）") if letter else "",
        html=letter.html.replace(ended, f"{settings.web_address}/") if letter else "",
        link=f"/t/{token}" if token else "",
        kept_back=not whole,
    )


def _letter(row: AnyRow, token: str = HIDDEN) -> Letter | None:
    """None while it was not written yet. Without its token, its link opens nothing."""
    return unpack(StoredLetter(row.skeleton, row.content), token) if row.content else None


def _line(row: AnyRow, letter: Letter | None) -> OutboxLine:
    return {**row._asdict(), "subject": letter.subject if letter else ""}
