"""What can be read or taken along from an organization: digest, plans for the wall, papers."""

import re
from datetime import date
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.documents.document import WallPlan
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.entrypoints.web import labels
from dj_cadence.entrypoints.web.request_context import RequestContext, attachment
from dj_cadence.entrypoints.web.security import ExplainedError
from dj_cadence.errors import Refused
from dj_cadence.rendering.documents import DOCX, render_document, wall_workbook
from dj_cadence.rendering.workbooks import XLSX, digest_workbook
from dj_cadence.services.access.permissions import oversees
from dj_cadence.services.digest.making import requested_digest
from dj_cadence.services.documents.letters import DocumentWriter


def digest(ctx: RequestContext) -> Response:
    """The digest as it is at this moment; of a past week its numbers."""
    view = _digest(ctx)
    return ctx.page("digest.html", digest=view, base=organization_path(view.org_code))


def digest_file(ctx: RequestContext) -> Response:
    view = _digest(ctx)
    return _file(digest_workbook(view), XLSX, f"{view.org_name} {view.week} 党建工作周报.xlsx")


def wall(ctx: RequestContext) -> Response:
    """A year's plan, or with ?month= a month's, on A4."""
    plan, query = _wall(ctx), ctx.request.url.query
    base = organization_path(ctx.code)
    return ctx.page("wall.html", plan=plan, base=base, query=f"?{query}" if query else "")


def wall_file(ctx: RequestContext) -> Response:
    plan = _wall(ctx)
    return _file(wall_workbook(plan), XLSX, f"{plan.org_name}{plan.span}计划.xlsx")


def paper_file(ctx: RequestContext) -> Response:
    kinds = {kind.value: kind for kind in DocumentKind}
    kind = kinds.get(ctx.path("kind"))
    if kind is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    month, year = _span(ctx)
    with ctx.read() as session:
        org, contact = ctx.organization(session), ctx.settings.contact
        writer = DocumentWriter(session, ctx.catalogue, org, ctx.visitor, ctx.today, contact)
        made = writer.write(kind, month, year)
    content = render_document(ctx.context.templates_folders, made)
    return _file(content, DOCX, f"{made.org_name} {kind.label}.docx")


def _digest(ctx: RequestContext) -> DigestView:
    form = r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"
    week = _asked(ctx, "week", form, "一周，应写成 2026-W48")
    with ctx.read() as session:
        above = ctx.organization(session)
        if not oversees(session, ctx.visitor, above.id, ctx.today):
            raise ExplainedError(labels.NOT_ABOVE)
        return requested_digest(
            session, ctx.catalogue, ctx.settings, above, today=ctx.today, week=week
        )


def _wall(ctx: RequestContext) -> WallPlan:
    month, year = _span(ctx)
    with ctx.read() as session:
        org = ctx.organization(session)
        writer = DocumentWriter(session, ctx.catalogue, org, ctx.visitor, ctx.today)
        return writer.wall_plan(year, month)


def _span(ctx: RequestContext) -> tuple[date | None, int]:
    """The first day of the month that is asked for, and the year; 0 for none."""
    month = _asked(ctx, "month", r"(19|20)\d\d-(0[1-9]|1[0-2])", "月份，应写成 2026-03")
    year = _asked(ctx, "year", r"(19|20)\d\d", "年份，应写成 2026")
    return date.fromisoformat(f"{month}-01") if month else None, int(year or 0)


def _asked(ctx: RequestContext, name: str, form: str, kind: str) -> str:
    """What the address asks for; empty for nothing. Raises Refused for what has another form."""
    text = ctx.request.query_params.get(name, "")
    if text and not re.fullmatch(form, text):
        raise Refused(f"“{text}”不是{kind} 这样。")
    return text


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers=attachment(name))
