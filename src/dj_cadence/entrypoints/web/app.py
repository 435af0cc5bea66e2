"""Composition: routes, guards and the pages for what went wrong."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dj_cadence.chinese import official_day, short_day
from dj_cadence.domain import labels
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web import labels as page_labels
from dj_cadence.entrypoints.web.error_pages import ErrorPages
from dj_cadence.entrypoints.web.request_context import RequestContext, WebContext, go_to
from dj_cadence.entrypoints.web.routes import (
    access,
    burden,
    documents,
    evidence,
    grid,
    health,
    links,
    pages,
    subscription,
    task_actions,
    uploads,
)
from dj_cadence.entrypoints.web.routes.administration import (
    ADMINISTRATION,
    admit_administrator,
    for_administrators,
    home,
)
from dj_cadence.entrypoints.web.routes.administration.page import AdministrationPage
from dj_cadence.entrypoints.web.routes.feeds import FeedEndpoint
from dj_cadence.entrypoints.web.routes.uploads import UploadGate
from dj_cadence.entrypoints.web.security import KnownHosts, SafeHeaders, check_form, read_form
from dj_cadence.entrypoints.web.workers import WATCHERS, Busy, Workers
from dj_cadence.rendering import digest_filters
from dj_cadence.services.site import DriverError
from dj_cadence.services.tasks import joint_tasks

_log = logging.getLogger(__name__)
Page = Callable[[RequestContext], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(context: WebContext) -> Starlette:
    """The whole application. It opens nothing by itself and needs no start-up."""
    templates, workers = _templates(context), Workers()

    def failed(request: Request) -> RequestContext:
        form = getattr(request.state, "form", {})
        return RequestContext(context, templates, request, form, context.clock())

    return Starlette(
        routes=_routes(context, templates, workers),
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHosts, hosts=[urlsplit(context.settings.web_address).hostname or ""]),
        ],
        exception_handlers=ErrorPages(failed, workers).handlers(),
    )


def _routes(context: WebContext, templates: Environment, workers: Workers) -> list[BaseRoute]:
    def route(
        path: str,
        page: Page,
        method: str = "GET",
        by: Workers = workers,
        gate: UploadGate | None = None,
    ) -> Route:
        return Route(path, _endpoint(context, templates, by, page, gate), methods=[method])

    def managed(page: AdministrationPage) -> list[BaseRoute]:
        """The page and the addresses of its forms, all of them for administrators only."""
        act, gate = f"{page.path}/{{act}}", UploadGate(page.take_files, admit_administrator)
        return [
            route(page.path, for_administrators(page.show)),
            route(act, for_administrators(page.act), "POST", gate=gate),
            route(act, for_administrators(_way_back(*page.acts))),
        ]

    watchers = Workers(WATCHERS)
    return [
        Route("/feeds/{token}.ics", FeedEndpoint(context, workers).answer),  # first: asked for most
        route("/", pages.start),
        route("/orgs/{code}", pages.organization),
        route("/orgs/{code}/tasks/{id}", pages.history),
        route("/orgs/{code}/digest", documents.digest),
        route("/orgs/{code}/digest.xlsx", documents.digest_file),
        route("/orgs/{code}/grid", grid.grid),
        route("/orgs/{code}/grid.xlsx", grid.grid_file),
        route("/orgs/{code}/wall", documents.wall),
        route("/orgs/{code}/wall.xlsx", documents.wall_file),
        route("/orgs/{code}/people", burden.people),
        route("/orgs/{code}/papers/{kind}.docx", documents.paper_file),
        route("/orgs/{code}/feed", subscription.change, "POST"),
        route("/orgs/{code}/evidence/{id}", evidence.paper),
        route("/orgs/{code}/{act}", pages.act_in_organization, "POST", gate=uploads.OF_TASKS),
        route("/orgs/{code}/{act}", _way_back(*task_actions.NAMES, "feed")),
        route("/feed", subscription.change, "POST"),
        route("/feed", _way_back("feed")),
        route("/outbox", pages.outbox),
        route("/outbox/{id}", pages.letter),
        route("/t/{token}", links.message),
        route("/t/{token}/evidence/{id}", evidence.paper),
        route("/t/{token}/{act}", links.act_in_message, "POST", gate=uploads.OF_TASKS),
        route("/t/{token}/{act}", _way_back(*task_actions.NAMES)),
        route("/login", links.ask_for_login, "POST"),
        route("/login", _way_back("login")),
        route("/login/{token}", links.login),
        route("/login/{token}", links.consume_login, "POST"),
        route("/access", access.access),
        route("/access/{what}", access.end, "POST"),
        route("/access/{what}", _way_back(*access.SAID)),
        route("/logout", links.logout, "POST"),
        route("/logout", _way_back("logout")),
        route("/manage", for_administrators(home)),
        *(route_ for page in ADMINISTRATION for route_ in managed(page)),
        Route("/healthz", health.answering(context.passes)),
        route("/metrics", health.metrics, by=watchers),
        Mount("/static", _Static(context)),
    ]


def _way_back(*names: str) -> Page:
    """For the address of a form, opened by itself: the page on which the form stands."""

    def back(ctx: RequestContext) -> Response:
        page, _, name = str(ctx.request.scope["raw_path"], "ascii").rpartition("/")
        if name not in names:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return go_to(page or "/")

    return back


def _endpoint(
    context: WebContext,
    templates: Environment,
    workers: Workers,
    page: Page,
    gate: UploadGate | None,
) -> Endpoint:
    """Pages are plain functions; each request runs one in a worker's thread, at one instant."""

    async def endpoint(request: Request) -> Response:
        now = context.clock()
        if gate and gate.is_for(request):
            ctx = RequestContext(context, templates, request, {}, now)
            await workers.run(lambda: gate.admit(ctx))
            async with uploads.received(request) as (form, files):
                return await answered(request, now, form, files)
        form = await read_form(request) if request.method == "POST" else {}
        return await answered(request, now, form, ())

    async def answered(
        request: Request, now: datetime, form: Mapping[str, str], files: Sequence[UploadFile]
    ) -> Response:
        request.state.form = form

        def answer() -> Response:
            ctx = RequestContext(context, templates, request, form, now, files)
            if request.method == "POST":
                check_form(request, form, ctx.form_token)
            response = page(ctx)
            if ctx.has_use_to_note:
                note = BackgroundTask(_in_quiet, workers, ctx.note_use)
                before = response.background
                response.background = BackgroundTasks([before, note] if before else [note])
            return response

        return await workers.run(answer)

    return endpoint


async def _in_quiet(workers: Workers, note: Callable[[], None]) -> None:
    """After the answer; where nobody is free or the database is busy, the next time will do."""
    with suppress(Busy, DriverError):
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
        basis=page_labels.basis,
        day=short_day,
        evidence=page_labels.evidence,
        local=page_labels.local,
        org_address=organization_path,
        message_kind=page_labels.labelled(labels.MESSAGE_KINDS),
        message_state=page_labels.labelled(labels.MESSAGES),
        channel=page_labels.labelled(labels.CHANNELS),
    )
    templates.filters.update(digest_filters.FILTERS, official_day=official_day)
    templates.tests["election"] = page_labels.is_election
    templates.globals["web_address"] = context.settings.web_address
    templates.globals["states"] = labels.TASKS
    templates.globals["plan_changes"] = labels.PLAN_CHANGES
    templates.globals["most_ticks"] = joint_tasks.MOST
    return templates
