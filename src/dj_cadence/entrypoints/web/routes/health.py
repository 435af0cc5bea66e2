"""What watchers of a machine fetch."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dj_cadence.entrypoints.pass_watch import PassWatch
from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.services.operations.metrics import exposition, measure

METRICS = "text/plain; version=0.0.4"


def answering(passes: PassWatch) -> Callable[[Request], Awaitable[Response]]:
    """Whether passes are made. From memory: it waits for no thread and for no database."""

    async def answer(_request: Request) -> Response:
        health = passes.health
        status = HTTPStatus.SERVICE_UNAVAILABLE if health.reason else HTTPStatus.OK
        told = {
            "status": "failing" if health.reason else "ok",
            "reason": health.reason,
            "last_tick": health.last_tick.isoformat() if health.last_tick else None,
            "last_pass_age_seconds": round(health.age),
        }
        return JSONResponse(told, status_code=status)

    return answer


def metrics(ctx: RequestContext) -> Response:
    """Counts and ages, in the text format of Prometheus."""
    text = exposition(measure(ctx.database, ctx.now), ctx.context.passes.health.age)
    return PlainTextResponse(text, headers={"Content-Type": f"{METRICS}; charset=utf-8"})
