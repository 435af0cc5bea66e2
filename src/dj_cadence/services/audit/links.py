"""Links that people hold: each is known, and opens what it was made for."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from dj_cadence.services.access.link_tokens import MESSAGE_LIFE
from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.settings import Settings
from dj_cadence.signing import make_token, message_subject
from dj_cadence.store.audit import links
from dj_cadence.store.audit.invariant import Moment
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.site import tokens

_CLOSE_TO_ITS_END = timedelta(days=1)


def look_at_links(
    database: Database, settings: Settings, moment: Moment, *, mend: bool
) -> Iterator[AuditFinding]:
    """Links in letters and calendars' addresses that nobody would know any more; spoilt copies."""
    since = moment.now - MESSAGE_LIFE + _CLOSE_TO_ITS_END
    with database.read() as session:
        messages = [
            ("message", message_subject(row.id), 1, row.created_at, row.created_at + MESSAGE_LIFE)
            for row in links.messages_without_token(session, since)
        ]
        feeds = [("feed", *row, moment.now, None) for row in links.feeds_without_token(session)]
    if mend:
        for some in batched([*messages, *feeds]):
            with database.write() as session:
                for purpose, subject, n, made_at, until in some:
                    link = [(make_token(settings.key, purpose, subject, n), subject)]
                    tokens.remember(session, link, purpose, made_at, until, generation=n)
    yield AuditFinding("token_lost", len(messages), "封消息里的链接打不开了；已补回", mended=mend)
    yield AuditFinding("feed_token_lost", len(feeds), "个日历地址打不开了；已补回", mended=mend)
    with database.read() as session:
        spoilt = [copy.subject for copy in links.feed_copies(session) if not _is_whole(copy)]
    if mend and spoilt:
        with database.write() as session:
            links.discard_copies(session, spoilt)
    text = "份日历的留存坏了；已作废，下次读取时重做"
    yield AuditFinding("feed_copy_spoilt", len(spoilt), text, mended=mend)


def _is_whole(copy: AnyRow) -> bool:
    """Whether the bytes are those that the tag says."""
    try:
        same = gzip.decompress(copy.packed or b"") == copy.body
    except (OSError, EOFError, zlib.error):
        return False
    return bool(same and sha256(copy.body or b"").hexdigest() == copy.etag)
