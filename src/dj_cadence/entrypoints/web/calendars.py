"""Subscribed calendars over HTTP: conditional, compressed, and ready while nothing changes."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from dj_cadence.entrypoints.web.visit import WebContext
from dj_cadence.services.access import linked_subject
from dj_cadence.services.feed import Feeds
from dj_cadence.services.feed_address import PURPOSE
from dj_cadence.store import feeds
from dj_cadence.store.types import AnyRow
from dj_cadence.store.watch import Watch

HELD = 64 * 1024 * 1024
"""Bytes of calendars that are kept ready at most."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Form:
    """A calendar as it goes out in one coding, and the answer that it is known already."""

    tag: str
    whole: Response
    unchanged: Response


@dataclass(frozen=True, slots=True)
class Edition:
    """A calendar as it stands, in both codings. The answers hold no state and serve many."""

    subject: str
    modified_at: datetime
    plain: Form
    packed: Form
    size: int

    def answer(self, asked: Headers) -> Response:
        form = self.packed if takes_gzip(asked.get("accept-encoding", "")) else self.plain
        return form.unchanged if self._is_known(asked) else form.whole

    def _is_known(self, asked: Headers) -> bool:
        """Whether the reader has this calendar, in either coding; a tag goes before a date."""
        known = asked.get("if-none-match")
        if known is not None:
            return names_tag(known, {self.packed.tag, self.plain.tag})
        since = _http_date(asked.get("if-modified-since", ""))
        return since is not None and self.modified_at.replace(microsecond=0) <= since


class Calendars:
    """Every calendar of a site. Those asked for are kept ready until the database changes."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._feeds = Feeds(context.database, context.settings, context.catalogue)
        self._watch = Watch(context.database)
        self._mark: tuple[int | None, date] | None = None
        self._ready: dict[str, Edition] = {}
        self._size = 0

    async def answer(self, request: Request) -> Response:
        """The calendar behind a token, or 304 where the reader has these very bytes."""
        token = str(request.path_params["token"]).replace("\x00", "")
        now = self._context.clock()
        # Looked at first: what changes while the calendar is read makes it another mark.
        mark = (self._watch.mark(), now.astimezone(self._context.settings.time_zone).date())
        if mark != self._mark:
            self._mark, self._ready, self._size = mark, {}, 0
        edition = self._ready.get(token)
        if edition is None:
            edition = await run_in_threadpool(self._read, token, now)
            self._keep(mark, token, edition)
        response = edition.answer(request.headers)
        # Never the token: whoever has it reads the calendar.
        _log.info("feed_read subject=%s status=%d", edition.subject, response.status_code)
        return response

    def _read(self, token: str, now: datetime) -> Edition:
        database = self._context.database
        with database.read() as session:
            subject = linked_subject(session, token, PURPOSE, now)
            is_true = self._feeds.is_true(session, subject, now)
        if not is_true:
            self._feeds.renew(subject, now)
        with database.read() as session:
            return _edition(subject, feeds.copy(session, subject))

    def _keep(self, mark: tuple[int | None, date], token: str, edition: Edition) -> None:
        if mark[0] is None or mark != self._mark or self._size + edition.size > HELD:
            return
        self._ready[token] = edition
        self._size += edition.size


def _edition(subject: str, copy: AnyRow) -> Edition:
    plain = _form(copy, f'"{copy.etag}"', copy.body, {})
    packed = _form(copy, f'"{copy.etag}-gzip"', copy.packed, {"Content-Encoding": "gzip"})
    size = len(copy.body) + len(copy.packed)
    return Edition(subject, copy.modified_at, plain, packed, size)


def _form(copy: AnyRow, tag: str, body: bytes, coding: dict[str, str]) -> Form:
    """Other bytes, another tag: what goes out by gzip has one of its own."""
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(copy.modified_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
    }
    whole = Response(body, media_type="text/calendar", headers=headers | coding)
    return Form(tag, whole, Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers))


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
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else None
