"""What programs fetch: subscribed calendars, the health check and the metrics."""

from hashlib import sha256
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dj_cadence.entrypoints.web.visit import Visit
from dj_cadence.services.access import subject_of
from dj_cadence.services.feed import feed
from dj_cadence.services.metrics import exposition, measure
from dj_cadence.store.schema import site

METRICS = "text/plain; version=0.0.4"


def calendar(visit: Visit) -> Response:
    """The calendar behind a token, or 304 where the reader has these very bytes."""
    with visit.database.read() as session:
        org_id = subject_of(session, visit.path("token"), "feed", visit.now)
        body = feed(session, visit.catalogue, visit.settings, org_id, visit.today)
    tag = f'"{sha256(body).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if is_known(visit.request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="text/calendar", headers=headers)


def is_known(if_none_match: str, tag: str) -> bool:
    """Whether the header names `tag`: `*`, one tag or a list, weak marks disregarded."""
    if if_none_match.strip() == "*":
        return True
    # A comma may stand inside a tag, but never in one of ours.
    return tag in [part.strip().removeprefix("W/") for part in if_none_match.split(",")]


def health(visit: Visit) -> Response:
    """Whether the database answers, and when the engine last made a pass."""
    try:
        with visit.database.read() as session:
            last_tick = session.execute(select(site.c.last_tick)).scalar_one_or_none()
    except SQLAlchemyError:
        return JSONResponse({"status": "down"}, status_code=HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok", "last_tick": last_tick.isoformat() if last_tick else None})


def metrics(visit: Visit) -> Response:
    """Counts and ages, in the text format of Prometheus."""
    found = measure(visit.database, visit.now)
    return PlainTextResponse(
        exposition(found), headers={"Content-Type": f"{METRICS}; charset=utf-8"}
    )
