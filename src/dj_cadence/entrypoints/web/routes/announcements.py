"""部署: what a superior fixes for all below it, a duty at a time, and taking it back."""

from collections.abc import Iterator

from starlette.responses import Response

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.domain.rules.duty import Duty, Every, Vacation
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.form_page import FormPage, done
from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.errors import Refused
from dj_cadence.services.access.actors import check_announces_for
from dj_cadence.services.access.permissions import may_announce
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.rules import announce as announcements
from dj_cadence.services.rules.announce import Announcement, announced_at

_SAID = {
    "announce": "已部署，下级的任务已照这样排好。",
    "undo": "已撤回最近一次部署，恢复到原来的安排。",
}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    with ctx.read() as session:
        org, rules = ctx.organization(session), ctx.catalogue
        if not may_announce(session, ctx.visitor, org.id, ctx.today):
            raise ExplainedError(labels.NOT_LEADING)
        standing = announced_at(session, rules, org.id)
    return ctx.page(
        "announce.html",
        org=org,
        base=organization_path(org.code),
        duties=list(_announceable(rules.enabled())),
        standing=standing,
        titles={key: duty.title for key, duty in rules.duties.items()},
        vacations=Vacation,
        form=ctx.form,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _announceable(duties: list[Duty]) -> Iterator[Duty]:
    """Those that come back, with a last day that may be fixed."""
    return (d for d in duties if isinstance(d.recurrence, Every) and not d.confidential)


def _announce(ctx: RequestContext) -> Response:
    form = ctx.form
    vacation = form.get("vacation", "")
    asked = Announcement(
        due=ctx.date_field("due") if form.get("due") else None,
        planned=ctx.date_field("planned") if form.get("planned") else None,
        theme=form.get("theme", ""),
        adopt="adopt" in form,
        vacation=Vacation(vacation) if vacation in {one.value for one in Vacation} else None,
    )
    if asked == Announcement():
        raise Refused("请至少填一样：最迟哪天、计划日、主题、假期里的办法，或勾选“计入周报”。")
    with ctx.write() as session:
        check_announces_for(session, ctx.visitor, ctx.code, ctx.today)
        rules, code = ctx.catalogue, ctx.organization(session).code
        announcements.announce(session, rules, form.get("duty", ""), code, ctx.actor, asked)
    return _followed(ctx, "announce")


def _undo(ctx: RequestContext) -> Response:
    with ctx.write() as session:
        check_announces_for(session, ctx.visitor, ctx.code, ctx.today)
        code, duty = ctx.organization(session).code, ctx.form.get("duty", "")
        announcements.take_back(session, ctx.catalogue, duty, code, now=ctx.now)
    return _followed(ctx, "undo")


def _followed(ctx: RequestContext, said: str) -> Response:
    """The tasks follow at once, in transactions of the planner."""
    roll(ctx.database, ctx.catalogue, until=horizon(ctx.today), today=ctx.today, now=ctx.now)
    return done(ctx, "announce", said)


PAGE = FormPage("/orgs/{code}/announce", _show, {"announce": _announce, "undo": _undo})
