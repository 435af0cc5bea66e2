"""Composition: routes, guards and the pages for what went wrong."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
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
from dj_cadence.entrypoints.web import uploads
from dj_cadence.entrypoints.web.error_pages import ErrorPages
from dj_cadence.entrypoints.web.form_page import FormPage
from dj_cadence.entrypoints.web.request_context import RequestContext, WebContext, go_to
from dj_cadence.entrypoints.web.routes import (
    access,
    announcements,
    burden,
    cases,
    documents,
    evidence,
    grid,
    health,
    links,
    pages,
    quiet,
    subscription,
    task_actions,
)
from dj_cadence.entrypoints.web.routes.administration import (
    ADMINISTRATION,
    admit_administrator,
    for_administrators,
    home,
)
from dj_cadence.entrypoints.web.routes.feeds import FeedEndpoint
from dj_cadence.entrypoints.web.security import KnownHosts, SafeHeaders, check_form, read_form
from dj_cadence.entrypoints.web.uploads import UploadGate
from dj_cadence.entrypoints.web.workers import (
    ADMINISTRATORS,
    LINE_OF_ADMINISTRATORS,
    WATCHERS,
    Busy,
    Workers,
)
from dj_cadence.rendering import digest_filters
from dj_cadence.services.site import DriverError
from dj_cadence.services.tasks import joint_tasks

_log = logging.getLogger(__name__)
Page = Callable[[RequestContext], Response]
PageAt = tuple[str, str, Page, UploadGate | None]
"""Method, address, page, and where it takes files."""
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
        method: str, path: str, page: Page, gate: UploadGate | None = None, by: Workers = workers
    ) -> Route:
        return Route(path, _endpoint(context, templates, by, page, gate), methods=[method])

    slow = Workers(ADMINISTRATORS, LINE_OF_ADMINISTRATORS)
    return [
        Route("/feeds/{token}.ics", FeedEndpoint(context, workers).answer),  # first: asked for most
        *(route(*row) for row in _forms((announcements.PAGE, cases.PAGE, quiet.PAGE))),
        *(route(*row) for row in _PAGES),
        *(route(*row, by=slow) for row in _administration()),
        Route("/healthz", health.answering(context.passes)),
        route("GET", "/metrics", health.metrics, by=Workers(WATCHERS)),
        Mount("/static", _Static(context)),
    ]


def _forms(pages: Iterable[FormPage], gate: UploadGate | None = None) -> Iterator[PageAt]:
    """Pages with forms, and the addresses of these."""
    for page in pages:
        act = f"{page.path}/{{act}}"
        yield "GET", page.path, page.show, None
        yield "POST", act, page.act, gate and gate._replace(acts=page.take_files)
        yield "GET", act, _way_back(*page.acts), None


def _administration() -> Iterator[PageAt]:
    """All of it for administrators only, whatever its pages do."""
    gate = UploadGate((), admit_administrator)
    for method, path, page, files in (
        ("GET", "/manage", home, None),
        *_forms(ADMINISTRATION, gate),
    ):
        yield method, path, for_administrators(page), files


def _way_back(*names: str) -> Page:
    """For the address of a form, opened by itself: the page on which the form stands."""

    def back(ctx: RequestContext) -> Response:
        page, _, name = str(ctx.request.scope["raw_path"], "ascii").rpartition("/")
        if name not in names:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return go_to(page or "/")

    return back


_PAGES: Sequence[PageAt] = (
    ("GET", "/", pages.start, None),
    ("GET", "/orgs/{code}", pages.organization, None),
    ("GET", "/orgs/{code}/tasks/{id}", pages.history, None),
    ("GET", "/orgs/{code}/digest", documents.digest, None),
    ("GET", "/orgs/{code}/digest.xlsx", documents.digest_file, None),
    ("GET", "/orgs/{code}/grid", grid.grid, None),
    ("GET", "/orgs/{code}/grid.xlsx", grid.grid_file, None),
    ("GET", "/orgs/{code}/wall", documents.wall, None),
    ("GET", "/orgs/{code}/wall.xlsx", documents.wall_file, None),
    ("GET", "/orgs/{code}/people", burden.people, None),
    ("GET", "/orgs/{code}/papers/{kind}.docx", documents.paper_file, None),
    ("POST", "/orgs/{code}/feed", subscription.change, None),
    ("GET", "/orgs/{code}/evidence/{id}", evidence.paper, None),
    ("POST", "/orgs/{code}/{act}", pages.act_in_organization, uploads.OF_TASKS),
    ("GET", "/orgs/{code}/{act}", _way_back(*task_actions.NAMES, "feed"), None),
    ("POST", "/feed", subscription.change, None),
    ("GET", "/feed", _way_back("feed"), None),
    ("GET", "/outbox", pages.outbox, None),
    ("GET", "/outbox/{id}", pages.letter, None),
    ("GET", "/t/{token}", links.message, None),
    ("GET", "/t/{token}/evidence/{id}", evidence.paper, None),
    ("POST", "/t/{token}/{act}", links.act_in_message, uploads.OF_TASKS),
    ("GET", "/t/{token}/{act}", _way_back(*task_actions.NAMES), None),
    ("POST", "/login", links.ask_for_login, None),
    ("GET", "/login", links.login_asked, None),
    ("GET", "/login/{token}", links.login, None),
    ("POST", "/login/{token}", links.consume_login, None),
    ("GET", "/access", access.access, None),
    ("POST", "/access/{what}", access.end, None),
    ("GET", "/access/{what}", _way_back(*access.SAID), None),
    ("POST", "/logout", links.logout, None),
    ("GET", "/logout", _way_back("logout"), None),
)
"""For whoever may see them: each page says so itself."""


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
            later = [BackgroundTask(_in_quiet, workers, work) for work in ctx.later()]
            before = [response.background] if response.background else []
            response.background = BackgroundTasks([*before, *later])
            return response

        return await workers.run(answer)

    return endpoint


async def _in_quiet(workers: Workers, work: Callable[[], object]) -> None:
    """After the answer; where nobody is free or the database is busy, the next time will do."""
    with suppress(Busy, DriverError):
        await workers.run(work)


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
