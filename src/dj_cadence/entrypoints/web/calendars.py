"""What programs fetch: subscribed calendars and the health check."""

import logging
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from dj_cadence.entrypoints.web.visit import Visit
from dj_cadence.services.access import linked_subject
from dj_cadence.services.feed import Feeds
from dj_cadence.services.feed_address import PURPOSE
from dj_cadence.store import feeds
from dj_cadence.store.schema import site
from dj_cadence.store.types import AnyRow

_log = logging.getLogger(__name__)


def calendar(visit: Visit) -> Response:
    """The calendar behind a token, or 304 where the reader has these very bytes."""
    calendars = Feeds(visit.database, visit.settings, visit.context.catalogue)
    with visit.database.read() as session:
        subject = linked_subject(session, visit.path("token"), PURPOSE, visit.now)
        edition = calendars.edition(session, subject, visit.now)
    if edition is None:
        calendars.renew(subject, visit.now)
    if edition is None or not _is_unchanged(visit.request.headers, edition):
        with visit.database.read() as session:
            edition = feeds.copy(session, subject)
    response = _answer(visit.request.headers, edition)
    _log.info("feed_read subject=%s status=%d", subject, response.status_code)  # never the token
    return response


def _answer(request: Headers, edition: AnyRow) -> Response:
    packed = takes_gzip(request.get("accept-encoding", ""))
    headers = {
        "ETag": _tag(edition, packed=packed),
        "Last-Modified": format_datetime(edition.modified_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
    }
    if _is_unchanged(request, edition):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = edition.packed if packed else edition.body
    return Response(body, media_type="text/calendar", headers=headers)


def _tag(edition: AnyRow, *, packed: bool) -> str:
    """Other bytes, another tag: what goes out by gzip has one of its own."""
    return f'"{edition.etag}-gzip"' if packed else f'"{edition.etag}"'


def _is_unchanged(request: Headers, edition: AnyRow) -> bool:
    """Whether the reader has this calendar, in either form; a tag goes before a date."""
    known = request.get("if-none-match")
    if known is not None:
        return any(is_known(known, _tag(edition, packed=packed)) for packed in (True, False))
    since = _http_date(request.get("if-modified-since", ""))
    return since is not None and edition.modified_at.replace(microsecond=0) <= since


def is_known(if_none_match: str, tag: str) -> bool:
    """Whether the header names `tag`: `*`, one tag or a list, weak marks disregarded."""
    if if_none_match.strip() == "*":
        return True
    # A comma may stand inside a tag, but never in one of ours.
    return tag in [part.strip().removeprefix("W/") for part in if_none_match.split(",")]


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


def health(visit: Visit) -> Response:
    """Whether the database answers, and when the engine last made a pass."""
    try:
        with visit.database.read() as session:
            last_tick = session.execute(select(site.c.last_tick)).scalar_one_or_none()
    except SQLAlchemyError:
        return JSONResponse({"status": "down"}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok", "last_tick": last_tick.isoformat() if last_tick else None})
