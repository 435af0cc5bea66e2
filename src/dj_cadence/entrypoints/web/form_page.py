"""A page with forms: what it shows, and what each of them does."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to
from dj_cadence.errors import Refused
from dj_cadence.services.operations import pending_uploads


class Show(Protocol):
    """Makes the page; `refused` says why what was asked for on it was not done."""

    def __call__(self, ctx: RequestContext, refused: str = "") -> Response: ...


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page, and the acts of its forms, each below the page's own address."""

    path: str
    """Its address, or the pattern of it."""
    show: Show
    acts: Mapping[str, Callable[[RequestContext], Response]] = field(default_factory=dict)
    """By the last part of the address that the form is sent to."""
    take_files: Collection[str] = ()
    """The acts whose forms bring files."""

    def act(self, ctx: RequestContext) -> Response:
        """Do what a form asks for; where that is refused, show the page again with the reason."""
        act = self.acts.get(ctx.path("act"))
        if act is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        try:
            return act(ctx)
        except Refused as error:
            response = self.show(ctx, str(error))
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
            return response


def keep_files(ctx: RequestContext) -> str:
    """Keep what came with the form for the next step; its key. Raises Refused for nothing."""
    if not ctx.files:
        raise Refused("请先选择文件。")
    files = [(file.filename or "", file.file) for file in ctx.files]
    return pending_uploads.keep(ctx.settings.folder, files)


def done(ctx: RequestContext, page: str, word: str) -> Response:
    """The organization's page of that name, which says by `word` what was done."""
    return go_to(f"{organization_path(ctx.code)}/{page}?said={word}")
