"""Links that nobody would know any more, and copies of calendars."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import String, cast, exists, literal, select, update

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import feed, letter, message, token

_WITH_A_LINK = ("bundle", "digest")


def messages_without_token(session: Session, sent_after: datetime) -> Sequence[AnyRow]:
    """(id, created_at) of the letters that went out then or later and whose link is not known."""
    subject = literal("message:") + cast(message.c.id, String)
    query = select(message.c.id, message.c.created_at).where(
        message.c.state == MessageState.SENT,
        message.c.kind.in_(_WITH_A_LINK),
        message.c.sent_at > sent_after,
        exists().where(letter.c.message_id == message.c.id),
        ~exists().where(token.c.subject == subject, token.c.purpose == "message"),
    )
    return session.execute(query).all()


def feeds_without_token(session: Session) -> Sequence[AnyRow]:
    """(subject, generation) of the calendars whose address is not known."""
    mine = (token.c.subject == feed.c.subject, token.c.generation == feed.c.generation)
    has_token = exists().where(token.c.purpose == "feed", *mine)
    return session.execute(select(feed.c.subject, feed.c.generation).where(~has_token)).all()


def feed_copies(session: Session) -> Iterable[AnyRow]:
    """(subject, etag, body, packed) of the copies that would be handed out, packed by gzip."""
    query = select(feed.c.subject, feed.c.etag, feed.c.body, feed.c.packed)
    return session.execute(query.where(feed.c.key != "").execution_options(yield_per=100))


def discard_copies(session: Session, subjects: Collection[str]) -> None:
    """Have these calendars put together anew."""
    session.execute(update(feed).where(feed.c.subject.in_(subjects)).values(key=""))
