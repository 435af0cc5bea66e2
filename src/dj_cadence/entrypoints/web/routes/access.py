"""登录与链接: where one is logged in, which links in messages still act, and ending either."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.access.visitor import Visitor
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.services.access import logins
from dj_cadence.services.access.permissions import person_visitor
from dj_cadence.services.pages.message_links import live_links, withdraw
from dj_cadence.services.site import Session

SAID = {
    "login": "已退出那台设备。",
    "logins": "其他设备都已退出。",
    "link": "链接已撤销，点开也不能再办理。",
    "links": "链接都已撤销。",
}


def access(ctx: RequestContext) -> Response:
    """The visitor's own; the administrator chooses whose."""
    with ctx.read() as session:
        ctx.require_login()
        person = _whose(ctx, session, ctx.request.query_params.get("person", ""))
        if person is None:
            return ctx.page(
                "access.html", person=None, people=logins.people_logged_in(session, ctx.now)
            )
        devices = logins.logins_of(session, person.person_id, ctx.now)
        links = live_links(session, ctx.catalogue, ctx.settings, person.person_id, ctx.now)
    return ctx.page(
        "access.html",
        person=person,
        logins=devices,
        links=links,
        this=ctx.login.id if ctx.login else 0,
        zone=ctx.settings.time_zone,
        said=SAID.get(ctx.request.query_params.get("said", ""), ""),
    )


def end(ctx: RequestContext) -> Response:
    """End one login or all others, one link or all."""
    what, number = ctx.path("what"), whole_number(ctx.form.get("number", ""))
    with ctx.write() as session:
        ctx.require_login()
        person = _whose(ctx, session, ctx.form.get("person", ""))
        if person is None or what not in SAID or (what in ("login", "link") and not number):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if what in ("link", "links"):
            withdraw(session, ctx.settings, person.person_id, ctx.now, number)
        elif what == "login":
            logins.end(session, person.person_id, ctx.now, only=number)
        else:
            logins.end(session, person.person_id, ctx.now, keep=ctx.login.id if ctx.login else 0)
    query = {"said": what} | ({"person": person.person_id} if ctx.administers else {})
    return go_to(f"/access?{urlencode(query)}")


def _whose(ctx: RequestContext, session: Session, given: str) -> Visitor | None:
    """The visitor; for administrators the person of that number, None where none has it."""
    if not ctx.administers or (not given and ctx.visitor.person_id):
        return ctx.visitor
    person = person_visitor(session, whole_number(given))
    return None if person.is_stranger else person
