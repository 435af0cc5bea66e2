"""A page of the administration: what it shows, and what its forms do."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.errors import Refused
from dj_cadence.services.operations import pending_uploads

ROOT = "/manage"


class Show(Protocol):
    """Makes the page; `refused` says why what was asked for on it was not done."""

    def __call__(self, ctx: RequestContext, refused: str = "") -> Response: ...


@dataclass(frozen=True, slots=True)
class AdministrationPage:
    """One page below /manage, and the acts of its forms, below its own address."""

    name: str
    """The last part of its address."""
    show: Show
    acts: Mapping[str, Callable[[RequestContext], Response]] = field(default_factory=dict)
    """By the last part of the address that the form is sent to."""
    take_files: Collection[str] = ()
    """The acts whose forms bring files."""

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.name}"

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
