"""The calendar of an organization or a person, kept whole until what it shows has changed.

Reading one costs a look at a few sums; the calendar is put together again only where
they are not those of the copy. Its bytes hang on the data and on the month, and withdrawn
entries leave it on their day; nothing else.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.rendering.icalendar_text import calendar_bytes
from dj_cadence.services.feeds.contents import FeedContents, contents, news_since, site_look
from dj_cadence.services.feeds.events import FeedWriter
from dj_cadence.settings import Settings
from dj_cadence.store.core.compiled import QuickReader
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.feeds import feeds
from dj_cadence.store.feeds.feeds import Facts, FeedCopy, Revision

__all__ = ["FeedCopy"]


@dataclass(frozen=True, slots=True)
class FeedState:
    """What a calendar is made of as it stands, and the copy that would show just that."""

    row: AnyRow
    today: date
    """Of it hang who holds which office, and the month."""
    org_ids: Sequence[int]
    facts: Facts
    key: str


@dataclass(frozen=True)
class Feeds:
    """Reads calendars and keeps their copies true."""

    database: Database
    settings: Settings
    catalogue: Callable[[Session], Catalogue]
    """The applied one; looked up only where a calendar has to be put together."""

    def look(self, session: Session, subject: str, now: datetime) -> FeedState:
        """How the subject's calendar stands now."""
        today = now.astimezone(self.settings.time_zone).date()
        seats = feeds.seats(session, subject, today)
        org_ids = sorted({org_id for org_id, _ in seats}) or [0]  # no office, no tasks
        facts = feeds.facts(session, org_ids)
        news = feeds.withdrawn_since(session, org_ids, news_since(self.settings, today))
        text = repr((site_look(self.settings), (today.year, today.month), seats, facts, news))
        row = feeds.find(session, subject)
        assert row, "who has an address exists"
        return FeedState(row, today, org_ids, facts, sha256(text.encode()).hexdigest())

    def stands(self, token_hash: str, state: FeedState, now: datetime) -> bool:
        """Whether that still is how a calendar stands, and its token valid. For one thread.

        Asked on a connection of its own, which waits for no writer.
        """
        if state.today != now.astimezone(self.settings.time_zone).date():
            return False
        return feeds.confirmed(self._reader, token_hash, state.org_ids) == state.facts

    @cached_property
    def _reader(self) -> QuickReader:
        return QuickReader(self.database)

    def renew(self, subject: str, now: datetime) -> None:
        """Put the calendar together and keep it. Nothing is rendered in a transaction."""
        with self.database.read() as session:
            look = self.look(session, subject, now)
            found = contents(session, self.catalogue(session), self.settings, subject, look.today)
        writer = FeedWriter(self.settings, look.row.uid, self._revisions(found, now))
        name = f"党建任务 · {look.row.name}"
        body = calendar_bytes(name, self.settings.time_zone.key, writer.events(found))
        packed = gzip.compress(body, mtime=0)  # no time, so that the same is the same
        copy = FeedCopy(sha256(body).hexdigest(), now, body, packed)
        with self.database.write(durable=False) as session:
            feeds.keep(session, subject, look.key, copy)

    def read(
        self, subject: str, now: datetime, confirmed: FeedState | None = None
    ) -> tuple[FeedState, FeedCopy]:
        """The calendar as it stands now, put together again where it has changed."""
        with self.database.read() as session:
            look = confirmed or self.look(session, subject, now)
            if copy := feeds.copy(session, subject, look.key):
                return look, copy
        self.renew(subject, now)
        with self.database.read() as session:
            newest = feeds.copy(session, subject)
        assert newest, "it was kept just now"
        return look, newest

    def body(self, subject: str, now: datetime) -> bytes:
        """The whole calendar as it stands now."""
        return self.read(subject, now)[1].body

    def _revisions(self, found: FeedContents, now: datetime) -> dict[str, Revision]:
        """How often each thing that is shown has changed, this time included."""
        shown = found.shown(self.settings)
        with self.database.read() as session:
            known = feeds.revisions(session, shown)
        if news := {name: text for name, text in shown.items() if name not in known}:
            with self.database.write() as session:
                feeds.note_revisions(session, news, now)
                known = feeds.revisions(session, shown)
        return known
