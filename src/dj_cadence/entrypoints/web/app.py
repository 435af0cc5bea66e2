"""Composition: routes, guards and the pages for what went wrong."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dj_cadence.domain import labels
from dj_cadence.domain.page_address import organization_path
from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.wording import official_day, short_day
from dj_cadence.entrypoints.web import (
    access,
    evidence,
    health,
    links,
    pages,
    papers,
    people,
    subscription,
    uploads,
    words,
)
from dj_cadence.entrypoints.web.calendars import Calendars
from dj_cadence.entrypoints.web.security import (
    SAFE_HEADERS,
    Forbidden,
    KnownHosts,
    SafeHeaders,
    check_form,
    read_form,
)
from dj_cadence.entrypoints.web.visit import Visit, WebContext
from dj_cadence.entrypoints.web.workers import WATCHERS, Busy, Workers
from dj_cadence.errors import DatabaseGone, Refused
from dj_cadence.rendering import digest_words
from dj_cadence.services import companions
from dj_cadence.services.access import ExpiredLink, UnknownLink

_log = logging.getLogger(__name__)
Page = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(context: WebContext) -> Starlette:
    """The whole application. It opens nothing by itself and needs no start-up."""
    templates = _templates(context)
    return Starlette(
        routes=_routes(context, templates, Workers()),
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHosts, hosts=[urlsplit(context.settings.web_address).hostname or ""]),
        ],
        exception_handlers=_troubles(context, templates),
    )


def _routes(context: WebContext, templates: Environment, workers: Workers) -> list[BaseRoute]:
    def route(path: str, page: Page, method: str = "GET", by: Workers = workers) -> Route:
        return Route(path, _endpoint(context, templates, by, page), methods=[method])

    watchers = Workers(WATCHERS)
    return [
        Route("/feeds/{token}.ics", Calendars(context, workers).answer),  # first: asked for most
        route("/", pages.start),
        route("/orgs/{code}", pages.organization),
        route("/orgs/{code}/tasks/{id}", pages.told),
        route("/orgs/{code}/digest", papers.digest),
        route("/orgs/{code}/digest.xlsx", papers.digest_file),
        route("/orgs/{code}/wall", papers.wall),
        route("/orgs/{code}/wall.xlsx", papers.wall_file),
        route("/orgs/{code}/people", people.people),
        route("/orgs/{code}/papers/{kind}.docx", papers.paper_file),
        route("/orgs/{code}/feed", subscription.change_of_organization, "POST"),
        route("/orgs/{code}/evidence/{id}", evidence.of_organization),
        route("/orgs/{code}/{act}", pages.act_in_organization, "POST"),
        route("/feed", subscription.change_own, "POST"),
        route("/outbox", pages.outbox),
        route("/outbox/{id}", pages.letter),
        route("/t/{token}", links.message),
        route("/t/{token}/evidence/{id}", evidence.of_message),
        route("/t/{token}/{act}", links.act_in_message, "POST"),
        route("/login/{token}", links.login),
        route("/login/{token}", links.consume_login, "POST"),
        route("/access", access.access),
        route("/access/{what}", access.end, "POST"),
        route("/logout", links.logout, "POST"),
        Route("/healthz", health.HealthEndpoint(context).answer),
        route("/metrics", health.metrics, by=watchers),
        Mount("/static", _Static(context)),
    ]


def _endpoint(
    context: WebContext, templates: Environment, workers: Workers, page: Page
) -> Endpoint:
    """Pages are plain functions; each request runs one in a worker's thread, at one instant."""

    async def endpoint(request: Request) -> Response:
        now = context.clock()
        form: Mapping[str, str] = {}
        files: Sequence[tuple[str, bytes]] = ()
        if request.method == "POST" and uploads.brings_files(request):
            visit = Visit(context, templates, request, {}, now)
            await workers.run(lambda: uploads.admit(visit))
            form, files = await uploads.read_upload(request)
        elif request.method == "POST":
            form = await read_form(request)

        def answer() -> Response:
            visit = Visit(context, templates, request, form, now, files)
            if request.method == "POST":
                check_form(request, form, visit.form_token)
            response = page(visit)
            if visit.has_use_to_note:
                response.background = BackgroundTask(_in_quiet, workers, visit.note_use)
            return response

        return await workers.run(answer)

    return endpoint


async def _in_quiet(workers: Workers, note: Callable[[], None]) -> None:
    """After the answer; where nobody is free or the database is busy, the next time will do."""
    with suppress(Busy, DBAPIError):
        await workers.run(note)


class _Static(StaticFiles):
    """Style sheets, the site's own before the shipped ones of the same name."""

    def __init__(self, context: WebContext) -> None:
        super().__init__()
        self.all_directories = [f / "web" / "static" for f in context.templates_folders]

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _templates(context: WebContext) -> Environment:
    templates = Environment(
        loader=FileSystemLoader(context.templates_folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        period=chinese_label,
        basis=words.basis,
        day=short_day,
        evidence=words.evidence,
        local=words.local,
        org_address=organization_path,
        message_kind=words.message_kind,
        message_state=words.message_state,
        channel=words.channel,
    )
    templates.filters.update(digest_words.FILTERS)
    templates.filters["official_day"] = official_day
    templates.tests["election"] = words.is_election
    templates.globals["web_address"] = context.settings.web_address
    templates.globals["states"] = labels.TASKS
    templates.globals["most_ticks"] = companions.MOST
    return templates


def _status(error: Exception) -> HTTPStatus:
    """What a refusal is called in HTTP."""
    match error:
        case UnknownLink():
            return HTTPStatus.NOT_FOUND
        case ExpiredLink():
            return HTTPStatus.GONE
        case DatabaseGone():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY


def _troubles(context: WebContext, templates: Environment) -> dict[Any, Any]:
    """Every way a request can fail, each ending in a short page in Chinese."""

    def trouble(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
        html = templates.get_template("web/trouble.html").render(
            site_name=context.settings.name, text=text
        )
        return HTMLResponse(html, status, headers={**SAFE_HEADERS, **(headers or {})})

    async def refused(_request: Request, error: Exception) -> Response:
        return trouble(_status(error), str(error))

    async def http_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        own = isinstance(error, Forbidden)
        text = error.detail if own else words.trouble(error.status_code)
        return trouble(error.status_code, text, error.headers)

    async def hung_up(_request: Request, _error: Exception) -> Response:
        """Nobody hears it; whatever came of the request is left alone."""
        return Response(status_code=HTTPStatus.BAD_REQUEST)

    async def database_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, DBAPIError)
        if not context.database.is_busy(error):
            raise error
        _log.warning("database_busy error=%s", type(error.orig).__name__)
        return await http_error(request, Busy())

    async def fault(_request: Request, _error: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return trouble(status, words.trouble(status))

    return {
        Refused: refused,
        HTTPException: http_error,
        ClientDisconnect: hung_up,
        DBAPIError: database_error,
        Exception: fault,
    }
