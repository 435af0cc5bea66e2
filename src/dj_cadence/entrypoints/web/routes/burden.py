"""What the reminders ask of an organization and those below, and whom they do not reach."""

from starlette.responses import Response

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.organizations.page_address import organization_path
from dj_cadence.entrypoints.web.paging import LINES
from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.services.access.permissions import may_act
from dj_cadence.services.pages import overview
from dj_cadence.store.digest import burden
from dj_cadence.store.digest.phone_list import unreached
from dj_cadence.store.reminders import quiet_periods

MOST = 400
"""Organizations whose numbers are listed; of a larger subtree only the organization's own."""


def people(visit: RequestContext) -> Response:
    """This month and the last; telephone numbers only for those who act there."""
    this_month = visit.today.replace(day=1)
    months = [add_months(this_month, -1), this_month]
    with visit.read() as session:
        found = visit.organization(session)
        last = found.subtree_end if found.subtree_end - found.position < MOST else found.position
        span = (found.position, last)
        seen = overview.codes(session, visit.visitor, span, visit.today)
        counted = [
            [
                line
                for line in burden.burdens(session, *span, month, add_months(month, 1) - DAY)
                if line.org in seen
            ]
            for month in months
        ]
        called = (
            unreached(
                session,
                found.position,
                found.subtree_end,
                visit.settings.channels,
                visit.today,
            )
            if may_act(session, visit.visitor, found.id, visit.today)
            else None
        )
        silent = [
            one for one in quiet_periods.every(session) if one.holds(found.position, visit.today)
        ]
    return visit.page(
        "people.html",
        org=found,
        base=organization_path(found.code),
        months=months,
        rows=list(zip(*counted, strict=True)),
        called=visit.paging.part(called, LINES) if called is not None else None,
        number_called=len(called or ()),
        silent=silent,
    )
