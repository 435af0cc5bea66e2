"""What watchers of a machine fetch."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dj_cadence.entrypoints.web.request_context import RequestContext, WebContext
from dj_cadence.services.operations.metrics import exposition, measure

METRICS = "text/plain; version=0.0.4"


class HealthEndpoint:
    """Whether passes are made. From memory: it waits for no thread and for no database."""

    def __init__(self, context: WebContext) -> None:
        self._passes = context.passes

    async def answer(self, _request: Request) -> Response:
        health = self._passes.health
        status = HTTPStatus.SERVICE_UNAVAILABLE if health.reason else HTTPStatus.OK
        told = {
            "status": "failing" if health.reason else "ok",
            "reason": health.reason,
            "last_tick": health.last_tick.isoformat() if health.last_tick else None,
            "last_pass_age_seconds": round(health.age),
        }
        return JSONResponse(told, status_code=status)


def metrics(ctx: RequestContext) -> Response:
    """Counts and ages, in the text format of Prometheus."""
    measured = measure(ctx.database, ctx.now)
    return PlainTextResponse(
        exposition(measured, ctx.context.passes.health.age),
        headers={"Content-Type": f"{METRICS}; charset=utf-8"},
    )
