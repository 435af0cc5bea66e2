"""What watchers of a machine fetch."""

from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dj_cadence.entrypoints.web.visit import Visit
from dj_cadence.services.metrics import exposition, measure
from dj_cadence.store.schema import site

METRICS = "text/plain; version=0.0.4"


def health(visit: Visit) -> Response:
    """Whether the database answers, and when the engine last made a pass."""
    try:
        with visit.read() as session:
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
