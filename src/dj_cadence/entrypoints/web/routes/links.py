"""The links that arrive in a message, and logging in by one. A GET changes nothing."""

from collections.abc import Iterable
from functools import partial
from http import HTTPStatus

from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import CARDS, RequestContext, go_to
from dj_cadence.entrypoints.web.routes import task_actions
from dj_cadence.entrypoints.web.session import device, sign_in, sign_out
from dj_cadence.services.access import logins
from dj_cadence.services.access.link_tokens import ASKED_LOGIN_LIFE, subject_of, use_login_link
from dj_cadence.services.access.permissions import person_visitor
from dj_cadence.services.delivery.login_request import request_login
from dj_cadence.services.pages.message_links import OpenedLink, open_link
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.listing import TaskRow, last_words


def act_in_message(ctx: RequestContext) -> Response:
    """An act on a task of the message, as the person it was sent to."""

    def allowed(session: Session) -> task_actions.Allowed:
        link = opened(ctx, session)
        return task_actions.Allowed(link.person, own=link.own, also=link.also)

    return task_actions.answer(ctx, allowed, f"/t/{ctx.path('token')}", partial(message, ctx))


def login(ctx: RequestContext) -> Response:
    """A button only: programs that look into links must not use them up."""
    with ctx.read() as session:
        person_id = subject_of(session, ctx.path("token"), "login", ctx.now)
        person = person_visitor(session, person_id)
    return ctx.page("login.html", person=person)


def consume_login(ctx: RequestContext) -> Response:
    """Log the browser in; the link is spent, and the login that the browser had is over."""
    with ctx.write() as session:
        person_id = use_login_link(session, ctx.path("token"), ctx.now)
        secret = logins.log_in(session, person_id, device(ctx.request), ctx.today, ctx.now)
        _end_login(ctx, session)
    response = go_to("/")
    sign_in(response, ctx.settings, secret)
    return response


def ask_for_login(ctx: RequestContext) -> Response:
    """Whatever was written, the same answer at once; what comes of it comes afterwards."""
    client = ctx.request.client
    address, source = ctx.form.get("address", ""), client.host if client else ""
    ctx.afterwards = partial(request_login, ctx.context.site, address, source, ctx.now)
    return go_to("/login")


def login_asked(ctx: RequestContext) -> Response:
    """What to do now, the same for everybody."""
    with ctx.read():
        pass  # who visits is looked up in it
    return ctx.page("login_asked.html", hours=ASKED_LOGIN_LIFE.seconds // 3600)


def logout(ctx: RequestContext) -> Response:
    """Here and on the server: a copy of the cookie opens nothing any more."""
    with ctx.write() as session:
        _end_login(ctx, session)
    response = go_to("/")
    sign_out(response)
    return response


def opened(ctx: RequestContext, session: Session) -> OpenedLink:
    """What the link in the address stands for."""
    return open_link(session, ctx.catalogue, ctx.settings, ctx.path("token"), ctx.now)


def public(rows: Iterable[TaskRow]) -> list[int]:
    """The tasks whose papers a link shows: not those that are about a person."""
    return [row.id for row in rows if not row.confidential]


def _end_login(ctx: RequestContext, session: Session) -> None:
    if ctx.login:
        logins.end(session, ctx.visitor.person_id, ctx.now, only=ctx.login.id)


def message(
    ctx: RequestContext, *, refused: task_actions.Refusal | None = None, status: int = HTTPStatus.OK
) -> Response:
    """The tasks of one message as they stand now."""
    with ctx.read() as session:
        link = opened(ctx, session)
        wanted = refused.task if refused else 0
        ctx.paging.turn_to([row.id for row in link.rows], wanted, CARDS)
        rows = ctx.paging.part(link.rows, CARDS)
        papers = evidence.of_tasks(session, public(rows), link.person.key)
        last = last_words(session, rows)
    return ctx.page(
        "message.html",
        status,
        opened=link,
        rows=rows,
        papers=papers,
        last=last,
        said=task_actions.SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
        base=f"/t/{ctx.path('token')}",
    )
