"""管理: what an administrator does without a command line. Each page calls the command's service.

Whoever comes in here administers the site: at its machine, or named by its settings.
"""

from collections.abc import Callable

from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.entrypoints.web.routes.administration.calendars import CALENDARS
from dj_cadence.entrypoints.web.routes.administration.channels import CHANNELS
from dj_cadence.entrypoints.web.routes.administration.home import home
from dj_cadence.entrypoints.web.routes.administration.plan import PLAN
from dj_cadence.entrypoints.web.routes.administration.roster import ROSTER
from dj_cadence.entrypoints.web.routes.administration.upkeep import UPKEEP

__all__ = ["ADMINISTRATION", "admit_administrator", "for_administrators", "home"]

ADMINISTRATION = (ROSTER, CALENDARS, PLAN, CHANNELS, UPKEEP)
"""Every page but the first, in the order in which that lists them."""


def admit_administrator(ctx: RequestContext) -> None:
    """Raises HTTPException 403 for everybody else."""
    with ctx.read():
        ctx.require_administrator()


def for_administrators(
    page: Callable[[RequestContext], Response],
) -> Callable[[RequestContext], Response]:
    """The page for those who administer the site; for all others HTTPException 403."""

    def guarded(ctx: RequestContext) -> Response:
        admit_administrator(ctx)
        return page(ctx)

    return guarded
