"""Links that people hold: each is known, and opens what it was made for."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import String, and_, cast, exists, literal, select, update

from dj_cadence.domain.messages.states import MessageState
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.services.delivery.worker.letter_supply import TOKEN_LIFE
from dj_cadence.settings import Settings
from dj_cadence.signing import make_token, message_subject
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import feed, letter, message, token
from dj_cadence.store.site import tokens

_WITH_A_LINK = ("bundle", "digest")
_CLOSE_TO_ITS_END = timedelta(days=1)


def look_at_links(
    database: Database, settings: Settings, moment: Moment, *, mend: bool
) -> Iterator[AuditFinding]:
    """Links in letters and calendars' addresses that nobody would know any more; spoilt copies."""
    if lost := _lost_messages(database, moment):
        if mend:
            _remember_messages(database, settings, lost)
        yield AuditFinding("token_lost", len(lost), "封消息里的链接打不开了；已补回", mended=mend)
    if feeds := _lost_feeds(database):
        if mend:
            _remember_feeds(database, settings, feeds, moment)
        text = "个日历地址打不开了；已补回"
        yield AuditFinding("feed_token_lost", len(feeds), text, mended=mend)
    if spoilt := _spoilt_copies(database):
        if mend:
            with database.write() as session:
                again = update(feed).where(feed.c.subject.in_(spoilt)).values(key="")
                session.execute(again)
        text = "份日历的留存坏了；已作废，下次读取时重做"
        yield AuditFinding("feed_copy_spoilt", len(spoilt), text, mended=mend)


def _lost_messages(database: Database, moment: Moment) -> list[AnyRow]:
    """Letters that went out in the time that their link is good for."""
    subject = literal("message:") + cast(message.c.id, String)
    known = exists().where(token.c.subject == subject, token.c.purpose == "message")
    recent = message.c.sent_at > moment.now - TOKEN_LIFE + _CLOSE_TO_ITS_END
    written = exists().where(letter.c.message_id == message.c.id)
    query = select(message.c.id, message.c.created_at).where(
        and_(
            message.c.state == MessageState.SENT, message.c.kind.in_(_WITH_A_LINK), recent, written
        ),
        ~known,
    )
    with database.read() as session:
        return list(session.execute(query))


def _remember_messages(database: Database, settings: Settings, rows: list[AnyRow]) -> None:
    for some in batched(rows):
        with database.write() as session:
            for row in some:
                subject = message_subject(row.id)
                link = make_token(settings.key, "message", subject, 1)
                until = row.created_at + TOKEN_LIFE
                tokens.remember_messages(session, [(link, subject)], row.created_at, until)


def _lost_feeds(database: Database) -> list[AnyRow]:
    same = and_(token.c.subject == feed.c.subject, token.c.generation == feed.c.generation)
    known = exists().where(token.c.purpose == "feed", same)
    with database.read() as session:
        return list(session.execute(select(feed.c.subject, feed.c.generation).where(~known)))


def _remember_feeds(
    database: Database, settings: Settings, rows: list[AnyRow], moment: Moment
) -> None:
    with database.write() as session:
        for row in rows:
            link = make_token(settings.key, "feed", row.subject, row.generation)
            kept = {"subject": row.subject, "generation": row.generation, "now": moment.now}
            tokens.remember(session, link, purpose="feed", **kept)


def _spoilt_copies(database: Database) -> list[str]:
    """Whose bytes are not those that their tag says."""
    query = select(feed.c.subject, feed.c.etag, feed.c.body, feed.c.packed).where(feed.c.key != "")
    with database.read() as session:
        rows = session.execute(query.execution_options(yield_per=100))
        return [row.subject for row in rows if not _is_whole(row)]


def _is_whole(row: AnyRow) -> bool:
    try:
        same = gzip.decompress(row.packed or b"") == row.body
    except (OSError, EOFError, zlib.error):
        return False
    return bool(same and sha256(row.body or b"").hexdigest() == row.etag)
