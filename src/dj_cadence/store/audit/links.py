"""Links that nobody would know any more, and copies of calendars."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, cast, exists, literal, select, update

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import feed, letter, message, token

_WITH_A_LINK = ("bundle", "digest")


def messages_without_token(session: Session, sent_after: datetime) -> list[tuple[int, datetime]]:
    """(id, made at) of the letters that went out then or later and whose link is not known."""
    subject = literal("message:") + cast(message.c.id, String)
    query = select(message.c.id, message.c.created_at).where(
        message.c.state == MessageState.SENT,
        message.c.kind.in_(_WITH_A_LINK),
        message.c.sent_at > sent_after,
        exists().where(letter.c.message_id == message.c.id),
        ~exists().where(token.c.subject == subject, token.c.purpose == "message"),
    )
    return [(row.id, row.created_at) for row in session.execute(query)]


def feeds_without_token(session: Session) -> list[tuple[str, int]]:
    """(subject, generation) of the calendars whose address is not known."""
    mine = (token.c.subject == feed.c.subject, token.c.generation == feed.c.generation)
    has_token = exists().where(token.c.purpose == "feed", *mine)
    query = select(feed.c.subject, feed.c.generation).where(~has_token)
    return [(row.subject, row.generation) for row in session.execute(query)]


class StoredFeed(NamedTuple):
    """The bytes of a calendar as they are kept, and by gzip."""

    subject: str
    etag: str
    body: bytes | None
    packed: bytes | None


def feed_copies(session: Session) -> Iterator[StoredFeed]:
    """The copies that would be handed out."""
    query = select(*(feed.c[name] for name in StoredFeed._fields)).where(feed.c.key != "")
    rows = session.execute(query.execution_options(yield_per=100))
    yield from map(StoredFeed._make, rows)


def discard_copies(session: Session, subjects: Collection[str]) -> None:
    """Have these calendars put together anew."""
    session.execute(update(feed).where(feed.c.subject.in_(subjects)).values(key=""))
