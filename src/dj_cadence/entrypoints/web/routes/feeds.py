"""Subscribed calendars over HTTP: conditional, compressed, and answered without reading them.

Of each calendar that was asked for, its tags stay at hand with what must be true for them
to stand; the database confirms just that. What is written about others costs nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import WebContext
from dj_cadence.entrypoints.web.workers import Workers
from dj_cadence.services.access.link_tokens import linked_subject
from dj_cadence.services.feeds.address import PURPOSE
from dj_cadence.services.feeds.cache import Facts, FeedCopy, Feeds, FeedState, Freshness
from dj_cadence.signing import token_hash

KNOWN = 50_000
"""Calendars whose tags are at hand at most; each takes about two thousand bytes."""
HELD = 64 * 1024 * 1024
"""Bytes of calendars that are at hand whole at most."""
CONFIRMED_FOR = timedelta(seconds=1)
"""So long an answer needs no look.at what others wrote; at what the pages wrote, always."""
NOTHING = timedelta(0)
_NEVER = datetime.min.replace(tzinfo=UTC)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Representation:
    """A calendar in one coding: its tag, and the answer that the reader has it already."""

    tag: str
    unchanged: Response
    """Holds no state and serves many."""


@dataclass(frozen=True, slots=True)
class FeedVersion:
    """A calendar as it was read last, without its bytes."""

    subject: str
    org_ids: Sequence[int]
    facts: Facts
    """It stands as long as these are true of these organizations."""
    modified_at: datetime
    plain: Representation
    packed: Representation

    def is_known(self, asked: Headers) -> bool:
        """Whether the reader has this calendar, in either coding; a tag goes before a date."""
        known = asked.getlist("if-none-match")  # a list may be spread over several lines
        if known:
            return names_tag(",".join(known), {self.packed.tag, self.plain.tag})
        since = _http_date(asked.get("if-modified-since", ""))
        return since is not None and self.modified_at.replace(microsecond=0) <= since


@dataclass(slots=True)
class ConfirmedVersion:
    """An version, and when it was confirmed, after which write of the pages."""

    version: FeedVersion
    at: datetime
    last_write: object

    def is_fresh(self, now: datetime, last_write: object) -> bool:
        """Whether it needs not be confirmed again; a clock that was set back confirms nothing."""
        return self.last_write is last_write and NOTHING <= now - self.at < CONFIRMED_FOR


@dataclass(frozen=True, slots=True)
class FeedAnswers:
    """An version with its bytes, as answers in both codings."""

    version: FeedVersion
    plain: Response
    packed: Response

    @property
    def size(self) -> int:
        return len(self.plain.body) + len(self.packed.body)


class FeedEndpoint:
    """Every calendar of a site."""

    def __init__(self, context: WebContext, workers: Workers) -> None:
        self._context = context
        self._workers = workers
        self._feeds = Feeds(context.database, context.settings, context.catalogue)
        self._freshness = Freshness(context.database)
        self._day = date.min
        self._known: dict[str, ConfirmedVersion] = {}
        self._whole: dict[str, FeedAnswers] = {}
        self._held = 0

    async def answer(self, request: Request) -> Response:
        """The calendar behind a token, or 304 where the reader has these very bytes."""
        token = str(request.path_params["token"])
        version, whole = self._standing(token_hash(token)), self._whole.get(token_hash(token))
        if version is None:
            whole = await self._read(token)
            version = whole.version
        zipped = takes_gzip(",".join(request.headers.getlist("accept-encoding")))
        if version.is_known(request.headers):
            response = (version.packed if zipped else version.plain).unchanged
        else:
            whole = whole or await self._read(token)
            response = whole.packed if zipped else whole.plain
        # Never the token: whoever has it reads the calendar.
        _log.info("feed_read subject=%s status=%d", version.subject, response.status_code)
        return response

    def _standing(self, key: str) -> FeedVersion | None:
        """What is at hand, if it is true today and now."""
        now = self._context.clock()
        day = now.astimezone(self._context.settings.time_zone).date()
        if day != self._day:  # of the day hangs who holds which office, and the month
            self._day, self._known, self._whole, self._held = day, {}, {}, 0
        known, last_write = self._known.get(key), self._context.database.last_write
        if known is None:
            return None
        if not known.is_fresh(now, last_write):
            if self._freshness.facts(key, known.version.org_ids) != known.version.facts:
                return None
            known.at, known.last_write = now, last_write
        return known.version

    async def _read(self, token: str) -> FeedAnswers:
        """The calendar as it is stored, put together again where it has changed."""
        whole, key = await self._workers.run(lambda: self._stored(token)), token_hash(token)
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[key] = ConfirmedVersion(whole.version, _NEVER, None)
        before = self._whole.pop(key, None)
        self._held -= before.size if before else 0
        if self._held + whole.size <= HELD:
            self._whole[key] = whole
            self._held += whole.size
        return whole

    def _stored(self, token: str) -> FeedAnswers:
        now = self._context.clock()
        with self._context.database.read() as session:
            subject = linked_subject(session, token, PURPOSE, now)
        look, copy = self._feeds.read(subject, now)
        return _whole(subject, look, copy)


def _whole(subject: str, look: FeedState, copy: FeedCopy) -> FeedAnswers:
    plain, packed = _headers(copy, ""), _headers(copy, "gzip")
    version = FeedVersion(
        subject, look.org_ids, look.facts, copy.modified_at, _form(plain), _form(packed)
    )
    return FeedAnswers(version, _answer(copy.body, plain), _answer(copy.packed, packed))


def _headers(copy: FeedCopy, coding: str) -> dict[str, str]:
    """Other bytes, another tag: what goes out by gzip has one of its own."""
    headers = {
        "ETag": f'"{copy.etag}-{coding}"' if coding else f'"{copy.etag}"',
        "Last-Modified": format_datetime(copy.modified_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
    }
    return headers | ({"Content-Encoding": coding} if coding else {})


def _form(headers: dict[str, str]) -> Representation:
    """A 304 says what a cache needs and no more: each header is work, for us and for phones."""
    told = {name: headers[name] for name in ("ETag", "Last-Modified", "Cache-Control", "Vary")}
    return Representation(
        headers["ETag"], Response(status_code=HTTPStatus.NOT_MODIFIED, headers=told)
    )


def _answer(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, media_type="text/calendar", headers=headers)


def names_tag(if_none_match: str, tags: set[str]) -> bool:
    """Whether the header names one of `tags`: `*`, one tag or a list, weak marks disregarded."""
    if if_none_match in tags or if_none_match.strip() == "*":
        return True
    # A comma may stand inside a tag, but never in one of ours.
    return any(part.strip().removeprefix("W/") in tags for part in if_none_match.split(","))


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the header allows gzip; a quality that is no number counts as none given."""
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            name, _, quality = parameter.strip().partition("=")
            return name.strip() != "q" or quality.strip().strip("0.") != ""
    return False


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return instant if instant.tzinfo else None
