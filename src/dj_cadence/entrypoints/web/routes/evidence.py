"""Papers for download: to whoever may see the task they belong to, and never to be run."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from dj_cadence.entrypoints.web.request_context import RequestContext, attachment, whole_number
from dj_cadence.entrypoints.web.routes.links import opened, public
from dj_cadence.services.access.permissions import readable
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.listing import tasks


def paper(ctx: RequestContext) -> Response:
    """About a task that the visitor may see, or of the message, as the person it was sent to.

    What does not belong to one of these tasks is not there. It is saved, not opened: the name is
    plain, the type is what its content was found to be.
    """
    with ctx.read() as session:
        if ctx.path("token"):
            task_ids = public(opened(ctx, session).rows)
        else:
            code = ctx.organization(session).code
            rows = tasks(session, ctx.catalogue, today=ctx.today, org_code=code)
            task_ids = [row.id for row in readable(session, ctx.visitor, rows, ctx.today)]
        papers = evidence.of_tasks(session, task_ids).values()
    wanted = whole_number(ctx.path("id"))
    for kept in (paper for some in papers for paper in some):
        if kept.id == wanted:
            path = evidence.path_of(ctx.settings.folder, kept)
            return FileResponse(path, media_type=kept.media_type, headers=attachment(kept.name))
    raise HTTPException(HTTPStatus.NOT_FOUND)
