"""The page for a request that failed: what is wrong, the way on, and what had been typed."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.entrypoints.web.security import SAFE_HEADERS, ExplainedError
from dj_cadence.entrypoints.web.workers import Busy, Workers
from dj_cadence.errors import DatabaseGone, Refused
from dj_cadence.services.access.link_tokens import ExpiredLink, UnknownLink
from dj_cadence.services.site import DriverError

_log = logging.getLogger(__name__)
_AGAIN = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
"""After these, and where a page was too old, the same form may be sent once more."""
_STATUSES = {
    UnknownLink: HTTPStatus.NOT_FOUND,
    ExpiredLink: HTTPStatus.GONE,
    DatabaseGone: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What a refusal is called in HTTP, where it is not a fault of what was typed."""
_TYPED = {
    "on": "日期",
    "until": "延到",
    "at": "时间",
    "place": "地点",
    "amount": "数量",
    "reason": "原因",
    "note": "备注",
}
MakeContext = Callable[[Request], RequestContext]


class ErrorPages:
    """Every way a request can fail, each ending in a short page that keeps the navigation."""

    def __init__(self, make_context: MakeContext, workers: Workers) -> None:
        self._make_context = make_context
        self._workers = workers

    def handlers(self) -> dict[Any, Callable[[Request, Any], Awaitable[Response]]]:
        return {
            Refused: self._refused,
            HTTPException: self._http_error,
            ClientDisconnect: self._hung_up,
            DriverError: self._database_error,
            Exception: self._fault,
        }

    async def _refused(self, request: Request, error: Refused) -> Response:
        status = _STATUSES.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        return await self._page(request, status, str(error))

    async def _http_error(self, request: Request, error: HTTPException) -> Response:
        own = error.detail if isinstance(error, ExplainedError) else ""
        text = own or labels.error_text(error.status_code)
        return await self._page(request, error.status_code, text, error.headers)

    async def _hung_up(self, _request: Request, _error: ClientDisconnect) -> Response:
        """Nobody hears it; whatever came of the request is left alone."""
        return Response(status_code=HTTPStatus.BAD_REQUEST)

    async def _database_error(self, request: Request, error: DriverError) -> Response:
        if not self._make_context(request).database.is_busy(error):
            raise error
        _log.warning("database_busy error=%s", type(error.orig).__name__)
        return await self._http_error(request, Busy())

    async def _fault(self, request: Request, _error: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return await self._page(request, status, labels.error_text(status))

    async def _page(
        self, request: Request, status: int, text: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Where the visitor can be looked up, as their page; else without their name."""
        ctx = self._make_context(request)
        about = _about(ctx, status, text)
        response = ctx.plain_page("error.html", status, **about)
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            with suppress(Busy, DriverError, DatabaseGone):
                response = await self._workers.run(lambda: _named(ctx, status, about))
        response.headers.update({**SAFE_HEADERS, **(headers or {})})
        return response


def _named(ctx: RequestContext, status: int, about: Mapping[str, object]) -> Response:
    with ctx.read():
        pass  # who visits is looked up in it
    return ctx.page("error.html", status, **about)


def _about(ctx: RequestContext, status: int, text: str) -> dict[str, object]:
    form = {name: value for name, value in ctx.form.items() if name != "csrf" and value}
    return {
        "text": text,
        "back": _back(ctx),
        "typed": {label: form[name] for name, label in _TYPED.items() if name in form},
        "again": form if status in _AGAIN or text == labels.STALE_FORM else {},
        "address": ctx.request.url.path,
        "takes_files": ctx.request.headers.get("content-type", "").startswith("multipart/"),
    }


def _back(ctx: RequestContext) -> tuple[str, str]:
    """The page that the request came from, as far as its address says: (address, name)."""
    address = ctx.request.url.path
    pages = {"/t/": "回到任务清单", "/orgs/": "回到组织页面", "/manage/": "回到管理页面"}
    for beginning, name in pages.items():
        whole, _, below = address.removeprefix(beginning).partition("/")
        if address.startswith(beginning) and below:
            return f"{beginning}{whole}", name
    return "/", "回到首页"
