"""登录与链接: where one is logged in, which links in messages still act, and ending either."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.services.access.logins import logins_of, people_logged_in
from dj_cadence.services.access.permissions import Visitor, person_visitor
from dj_cadence.services.pages.message_links import live_links, withdraw
from dj_cadence.services.site import Session
from dj_cadence.store.site import logins

_SAID = {
    "login": "已退出那台设备。",
    "logins": "其他设备都已退出。",
    "link": "链接已撤销，点开也不能再办理。",
    "links": "链接都已撤销。",
}


def access(visit: RequestContext) -> Response:
    """The visitor's own; the administrator chooses whose."""
    with visit.read() as session:
        visit.require_login()
        person = _whose(visit, session, visit.request.query_params.get("person", ""))
        if person is None:
            return visit.page(
                "access.html", person=None, people=people_logged_in(session, visit.now)
            )
        known = logins_of(session, person.person_id, visit.now)
        links = live_links(session, visit.catalogue, visit.settings, person.person_id, visit.now)
    return visit.page(
        "access.html",
        person=person,
        logins=known,
        links=links,
        this=visit.login.id if visit.login else 0,
        zone=visit.settings.time_zone,
        said=_SAID.get(visit.request.query_params.get("said", ""), ""),
    )


def end(visit: RequestContext) -> Response:
    """End one login or all others, one link or all."""
    what, number = visit.path("what"), whole_number(visit.form.get("number", ""))
    with visit.write() as session:
        visit.require_login()
        person = _whose(visit, session, visit.form.get("person", ""))
        if person is None or what not in _SAID or (what in ("login", "link") and not number):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        match what:
            case "login":
                logins.end(session, person.person_id, visit.now, only=number)
            case "logins":
                here = visit.login.id if visit.login else 0
                logins.end(session, person.person_id, visit.now, keep=here)
            case _:
                withdraw(session, visit.settings, person.person_id, visit.now, number)
    query = {"said": what} | ({"person": person.person_id} if visit.visitor.administrator else {})
    return go_to(f"/access?{urlencode(query)}")


def back_to_access(visit: RequestContext) -> Response:
    """The address of a form, opened by itself: the page on which the form stands."""
    if visit.path("what") not in _SAID:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return go_to("/access")


def _whose(visit: RequestContext, session: Session, given: str) -> Visitor | None:
    """The visitor; for the administrator the person of that number, None where none is named."""
    if not visit.visitor.administrator:
        return visit.visitor
    found = person_visitor(session, whole_number(given))
    return None if found.is_stranger else found
