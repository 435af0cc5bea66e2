"""The links that arrive in a message, and logging in by one. A GET changes nothing."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.entrypoints.web.paging import CARDS
from dj_cadence.entrypoints.web.refusal import Refusal, refusal
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to
from dj_cadence.entrypoints.web.routes import task_actions
from dj_cadence.entrypoints.web.session import device, sign_in, sign_out
from dj_cadence.errors import Refused
from dj_cadence.services.access.link_tokens import subject_of, use_login_link
from dj_cadence.services.access.logins import log_in
from dj_cadence.services.access.permissions import person_visitor
from dj_cadence.services.pages.message_links import OpenedLink, open_link
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.last_word import last_words
from dj_cadence.store.site import logins
from dj_cadence.store.tasks.task_list import TaskRow


def message(visit: RequestContext) -> Response:
    """The tasks of one message as they stand now."""
    return _message(
        visit, said=task_actions.SAID.get(visit.request.query_params.get("said", ""), "")
    )


def act_in_message(visit: RequestContext) -> Response:
    """An act on a task of the message, as the person it was sent to."""

    def allowed(session: Session) -> task_actions.Allowed:
        found = opened(visit, session)
        return task_actions.Allowed(found.person, own=found.own, also=found.also)

    if task_actions.CHANGE in visit.form:
        return _message(visit, refused=refusal(visit))
    try:
        return task_actions.answer(visit, allowed, f"/t/{visit.path('token')}")
    except Refused as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _message(visit, refused=refusal(visit, error), status=status)


def back_to_message(visit: RequestContext) -> Response:
    """The address of a form, opened by itself: the page on which the form stands."""
    if visit.path("act") not in task_actions.NAMES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return go_to(f"/t/{visit.path('token')}")


def login(visit: RequestContext) -> Response:
    """A button only: programs that look into links must not use them up."""
    with visit.read() as session:
        person_id = subject_of(session, visit.path("token"), "login", visit.now)
        person = person_visitor(session, person_id)
    return visit.page("login.html", person=person)


def consume_login(visit: RequestContext) -> Response:
    """Log the browser in; the link is spent, and the login that the browser had is over."""
    with visit.write() as session:
        person_id = use_login_link(session, visit.path("token"), visit.now)
        secret = log_in(session, person_id, device(visit.request), visit.today, visit.now)
        _end_login(visit, session)
    response = go_to("/")
    sign_in(response, visit.settings, secret)
    return response


def logout(visit: RequestContext) -> Response:
    """Here and on the server: a copy of the cookie opens nothing any more."""
    with visit.write() as session:
        _end_login(visit, session)
    response = go_to("/")
    sign_out(response)
    return response


def opened(visit: RequestContext, session: Session) -> OpenedLink:
    """What the link in the address stands for."""
    return open_link(session, visit.catalogue, visit.settings, visit.path("token"), visit.now)


def public(rows: Iterable[TaskRow]) -> list[int]:
    """The tasks whose papers a link shows: not those that are about a person."""
    return [row.id for row in rows if not row.confidential]


def _end_login(visit: RequestContext, session: Session) -> None:
    if visit.login:
        logins.end(session, visit.visitor.person_id, visit.now, only=visit.login.id)


def _message(
    visit: RequestContext,
    *,
    said: str = "",
    refused: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    with visit.read() as session:
        found = opened(visit, session)
        wanted = refused.task if refused else 0
        visit.paging.turn_to([row.id for row in found.rows], wanted, CARDS)
        rows = visit.paging.part(found.rows, CARDS)
        papers = evidence.of_tasks(session, public(rows), found.person.key)
        last = last_words(session, rows)
    return visit.page(
        "message.html",
        status,
        opened=found,
        rows=rows,
        papers=papers,
        last=last,
        said=said,
        refused=refused,
        base=f"/t/{visit.path('token')}",
    )
