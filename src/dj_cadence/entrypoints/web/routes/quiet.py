"""暂缓提醒期: days on which a subtree is told nothing that can wait, as a superior sets them."""

from starlette.responses import Response

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.form_page import FormPage, done
from dj_cadence.entrypoints.web.request_context import RequestContext, whole_number
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.errors import Refused
from dj_cadence.services.access.actors import check_silences
from dj_cadence.services.access.permissions import may_grant
from dj_cadence.services.reminders import quiet_periods

_SAID = {
    "add": "已设定。期间到期的提醒，结束后合并发一次。",
    "end": "已结束，压下的提醒随下一次发送发出。",
}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    """Those that hold here and are not over, whoever set them."""
    with ctx.read() as session:
        org = ctx.organization(session)
        if not may_grant(session, ctx.visitor, org.id, ctx.today):
            raise ExplainedError(labels.NOT_ITS_SUPERIOR)
        every = quiet_periods.listed(session)
    here = [one for one in every if one.first <= org.position <= one.last]
    return ctx.page(
        "quiet.html",
        org=org,
        base=organization_path(org.code),
        periods=[one for one in here if one.until >= ctx.today],
        form=ctx.form,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _add(ctx: RequestContext) -> Response:
    since, until = ctx.date_field("since"), ctx.date_field("until")
    with ctx.write() as session:
        code, reason = ctx.organization(session).code, ctx.form.get("reason", "")
        check_silences(session, ctx.visitor, code, ctx.today)
        quiet_periods.add(session, code, ctx.actor, since=since, until=until, reason=reason)
    return done(ctx, "quiet", "add")


def _end(ctx: RequestContext) -> Response:
    number = whole_number(ctx.form.get("period", ""))
    with ctx.write() as session:
        code = ctx.organization(session).code
        check_silences(session, ctx.visitor, code, ctx.today)
        if number not in {one.id for one in quiet_periods.listed(session) if one.org_code == code}:
            raise Refused("这段暂缓提醒期不是在这里设的，请到设定它的组织去结束。")
        quiet_periods.end(session, number, ctx.today)
    return done(ctx, "quiet", "end")


PAGE = FormPage("/orgs/{code}/quiet", _show, {"add": _add, "end": _end})
