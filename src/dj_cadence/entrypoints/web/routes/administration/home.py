"""The first page of the administration: the way to a site that reminds, and the other pages."""

from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.services.operations.setup_steps import setup_steps


def home(ctx: RequestContext) -> Response:
    return ctx.page("manage/home.html", steps=setup_steps(ctx.context.site))
