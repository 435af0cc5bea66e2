"""What the reminders ask of an organization and those below, and whom they do not reach."""

from starlette.responses import Response

from dj_cadence.domain.dates.arithmetic import add_months
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web.request_context import LINES, RequestContext
from dj_cadence.services.access.permissions import may_act
from dj_cadence.services.digest import burden
from dj_cadence.services.pages import overview
from dj_cadence.services.reminders import quiet_periods

MOST = 400
"""Organizations whose numbers are listed; of a larger subtree only the organization's own."""


def people(ctx: RequestContext) -> Response:
    """This month and the last; telephone numbers only for those who act there."""
    this_month = ctx.today.replace(day=1)
    months = [add_months(this_month, -1), this_month]
    with ctx.read() as session:
        org = ctx.organization(session)
        last = org.subtree_end if org.subtree_end - org.position < MOST else org.position
        span = (org.position, last)
        seen = overview.codes(session, ctx.visitor, span, ctx.today)
        counted = [
            [line for line in burden.of_month(session, *span, month) if line.org in seen]
            for month in months
        ]
        called = None
        if may_act(session, ctx.visitor, org.id, ctx.today):
            channels, whole = ctx.settings.channels, (org.position, org.subtree_end)
            called = burden.unreached(session, *whole, channels, ctx.today)
        silent = quiet_periods.running_at(session, org.position, ctx.today)
    return ctx.page(
        "people.html",
        org=org,
        base=organization_path(org.code),
        months=months,
        rows=list(zip(*counted, strict=True)),
        called=ctx.paging.part(called, LINES) if called is not None else None,
        number_called=len(called or ()),
        silent=silent,
    )
