"""Forms that bring files: who may send one, and how much of it is read."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dj_cadence.entrypoints.web.request_context import RequestContext
from dj_cadence.entrypoints.web.routes.links import opened
from dj_cadence.entrypoints.web.security import (
    FORM_BYTES,
    FORM_FIELDS,
    clean,
    content_kind,
    limited,
)
from dj_cadence.loading.evidence_file import LARGEST
from dj_cadence.services.tasks.evidence import MOST

MOST_BYTES = 5 * LARGEST
"""Of one form with all its files: five photos of a telephone, or ten smaller ones."""
PATIENCE_BYTES = 2 * MOST_BYTES
_MB = 1024 * 1024
_TOO_LARGE = (
    f"这次选的文件太大，没有保存：每个文件最多 {LARGEST // _MB} MB，一次最多 {MOST} 个、"
    f"共 {MOST_BYTES // _MB} MB。请分几次附，或者压缩后再附；照片可以先在手机上缩小。"
)


class UploadGate(NamedTuple):
    """Where files are taken, and from whom."""

    acts: Collection[str]
    """The ends of the addresses of forms that may bring files."""
    admit: Callable[[RequestContext], None]
    """Keeps strangers from filling the disk: nothing is read before somebody is known."""

    def is_for(self, request: Request) -> bool:
        """Whether the form is of the kind that can carry files, and goes where they are taken."""
        is_upload = content_kind(request) == "multipart/form-data"
        return is_upload and request.path_params.get("act") in self.acts


def _admit(ctx: RequestContext) -> None:
    """Raises Refused for a link that is none or has ended, HTTPException 403 for a stranger."""
    with ctx.read() as session:
        if ctx.path("token"):
            opened(ctx, session)
        else:
            ctx.require_login()


OF_TASKS = UploadGate(("done", "evidence"), _admit)


@asynccontextmanager
async def received(
    request: Request,
) -> AsyncIterator[tuple[Mapping[str, str], Sequence[UploadFile]]]:
    """(the fields, the files), large ones on the disk until the request is answered.

    Raises HTTPException where it is too much.
    """
    parser = MultiPartParser(
        request.headers,
        limited(request, MOST_BYTES, _TOO_LARGE, PATIENCE_BYTES),
        max_files=MOST + 1,  # one too many gets a page that says so
        max_fields=FORM_FIELDS,
        max_part_size=FORM_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error
    try:
        sent = form.multi_items()
        fields = {name: clean(value) for name, value in sent if isinstance(value, str)}
        uploads = [value for _, value in sent if isinstance(value, UploadFile)]
        # A field in which nothing was chosen comes as a file without a name.
        yield fields, [file for file in uploads if file.filename]
    finally:
        await form.close()
