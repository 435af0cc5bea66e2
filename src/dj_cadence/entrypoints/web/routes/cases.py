"""事项: what happened at an organization and started a clock. Named by number, never by person."""

from starlette.responses import Response

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.domain.rules.duty import Clock
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.form_page import FormPage, done
from dj_cadence.entrypoints.web.request_context import RequestContext, whole_number
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import may_act, reads_personal
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import cases
from dj_cadence.services.undo import take_back_case

_SAID = {"open": "已立项，从这一天起计时。", "undo": "已撤回，连同它的任务。"}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    """Those of this organization, for itself and for the one that approves for it."""
    with ctx.read() as session:
        org = ctx.organization(session)
        if not reads_personal(session, ctx.visitor, org.id, ctx.today):
            raise ExplainedError(labels.NOT_YOURS)
        own = [case for case in cases.cases(session) if case.code == org.code]
        acts_here = may_act(session, ctx.visitor, org.id, ctx.today)
        duties = [duty for duty in ctx.catalogue.enabled() if isinstance(duty.recurrence, Clock)]
    return ctx.page(
        "cases.html",
        org=org,
        base=organization_path(org.code),
        cases=own,
        duties=duties if acts_here else [],
        may_act=acts_here,
        form=ctx.form,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _open(ctx: RequestContext) -> Response:
    on = ctx.date_field("on")
    with ctx.write() as session:
        code = _acting_at(ctx, session)
        duty, ref = ctx.form.get("duty", ""), ctx.form.get("ref", "")
        cases.open_case(session, ctx.catalogue, duty, code, ctx.actor, on=on, ref=ref)
    roll(ctx.database, ctx.catalogue, until=horizon(ctx.today), today=ctx.today, now=ctx.now)
    return done(ctx, "cases", "open")


def _undo(ctx: RequestContext) -> Response:
    number, reason = whole_number(ctx.form.get("case", "")), ctx.form.get("reason", "")
    with ctx.write() as session:
        if cases.case(session, number).code != _acting_at(ctx, session):
            raise Refused(f"{number} 号事项不是本组织的。")
        take_back_case(session, ctx.catalogue, number, ctx.actor, reason=reason)
    return done(ctx, "cases", "undo")


def _acting_at(ctx: RequestContext, session: Session) -> str:
    """The code of the organization in the address, where the visitor acts for it."""
    org = ctx.organization(session)
    if not may_act(session, ctx.visitor, org.id, ctx.today):
        raise ExplainedError(labels.NOT_YOURS)
    return org.code


PAGE = FormPage("/orgs/{code}/cases", _show, {"open": _open, "undo": _undo})
