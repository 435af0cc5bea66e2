"""Subscribed calendars over HTTP: conditional, compressed, and confirmed without reading them.

Of each calendar that was asked for, its tag stays at hand with what must be true for it
to stand; the database confirms just that. What is written about others costs nothing.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import WebContext
from dj_cadence.entrypoints.web.workers import Workers
from dj_cadence.services.access.link_tokens import linked_subject
from dj_cadence.services.feeds.address import PURPOSE
from dj_cadence.services.feeds.cache import FeedCopy, Feeds, FeedState
from dj_cadence.signing import token_hash

KNOWN = 50_000
"""Calendars whose tags are at hand at most; each takes about two thousand bytes."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedVersion:
    """A calendar as it was read last, without its bytes."""

    subject: str
    state: FeedState
    etag: str
    modified_at: datetime

    def is_known(self, asked: Headers) -> bool:
        """Whether the reader has this calendar, in either coding; a tag goes before a date."""
        known = asked.getlist("if-none-match")  # a list may be spread over several lines
        if known:
            return names_tag(",".join(known), {self.tag(""), self.tag("gzip")})
        since = _http_date(asked.get("if-modified-since", ""))
        return since is not None and self.modified_at.replace(microsecond=0) <= since

    def tag(self, coding: str) -> str:
        """Other bytes, another tag: what goes out by gzip has one of its own."""
        return f'"{self.etag}-{coding}"' if coding else f'"{self.etag}"'

    def headers(self, coding: str) -> dict[str, str]:
        """What a cache needs and no more: each header is work, for us and for phones."""
        return {
            "ETag": self.tag(coding),
            "Last-Modified": format_datetime(self.modified_at.astimezone(UTC), usegmt=True),
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Encoding",
        }


class FeedEndpoint:
    """Every calendar of a site."""

    def __init__(self, context: WebContext, workers: Workers) -> None:
        self._context = context
        self._workers = workers
        self._feeds = Feeds(context.database, context.settings, context.catalogue)
        self._known: dict[str, FeedVersion] = {}

    async def answer(self, request: Request) -> Response:
        """The calendar behind a token, or 304 where the reader has these very bytes."""
        token, now = str(request.path_params["token"]), self._context.clock()
        key = token_hash(token)
        known = self._known.get(key)
        if known and not self._feeds.stands(key, known.state, now):
            known = None
        coding = "gzip" if takes_gzip(",".join(request.headers.getlist("accept-encoding"))) else ""
        if known and known.is_known(request.headers):
            return _answer(known, coding, None)
        version, copy = await self._workers.run(lambda: self._read(token, known, now))
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[key] = version
        return _answer(version, coding, None if version.is_known(request.headers) else copy)

    def _read(
        self, token: str, known: FeedVersion | None, now: datetime
    ) -> tuple[FeedVersion, FeedCopy]:
        """The calendar as it is stored, put together again where it has changed."""
        if known:
            subject = known.subject
        else:
            with self._context.database.read() as session:
                subject = linked_subject(session, token, PURPOSE, now)
        state, copy = self._feeds.read(subject, now, known.state if known else None)
        return FeedVersion(subject, state, copy.etag, copy.modified_at), copy


def _answer(version: FeedVersion, coding: str, copy: FeedCopy | None) -> Response:
    """The copy, or 304 where there is none to be sent."""
    response = Response(status_code=HTTPStatus.NOT_MODIFIED, headers=version.headers(coding))
    if copy:
        coded = {"Content-Encoding": coding} if coding else {}
        body = copy.packed if coding else copy.body
        headers = version.headers(coding) | coded
        response = Response(body, media_type="text/calendar", headers=headers)
    # Never the token: whoever has it reads the calendar.
    _log.info("feed_read subject=%s status=%d", version.subject, response.status_code)
    return response


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
