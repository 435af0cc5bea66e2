"""Papers for download: to whoever may see the task they belong to, and never to be run."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from dj_cadence.entrypoints.web.request_context import RequestContext, attachment, whole_number
from dj_cadence.entrypoints.web.routes.links import opened, public
from dj_cadence.services.access.permissions import readable
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import evidence as kept_evidence
from dj_cadence.services.tasks.listing import tasks


def of_organization(ctx: RequestContext) -> Response:
    """A paper about a task of an organization that the visitor may see."""
    with ctx.read() as session:
        code = ctx.organization(session).code
        rows = readable(
            session,
            ctx.visitor,
            tasks(session, ctx.catalogue, today=ctx.today, org_code=code),
            ctx.today,
        )
        kept = _found(ctx, session, (row.id for row in rows))
    return _download(ctx, kept)


def of_message(ctx: RequestContext) -> Response:
    """A paper about a task of the message, as the person it was sent to."""
    with ctx.read() as session:
        kept = _found(ctx, session, public(opened(ctx, session).rows))
    return _download(ctx, kept)


def _found(ctx: RequestContext, session: Session, task_ids: Iterable[int]) -> kept_evidence.Kept:
    """What does not belong to one of these tasks is not there."""
    wanted = whole_number(ctx.path("id"))
    papers = kept_evidence.of_tasks(session, task_ids).values()
    for kept in (paper for some in papers for paper in some):
        if kept.id == wanted:
            return kept
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _download(ctx: RequestContext, kept: kept_evidence.Kept) -> Response:
    """Saved, not opened: the name is plain, the type is what its content was found to be."""
    return FileResponse(
        kept_evidence.path_of(ctx.settings.folder, kept),
        media_type=kept.media_type,
        headers=attachment(kept.name),
    )
