"""The roster: taken along as a workbook, and brought in again after a look at what changes."""

import tempfile
from pathlib import Path

from starlette.responses import Response

from dj_cadence.bootstrap import load_rules
from dj_cadence.entrypoints.web.form_page import FormPage, keep_files
from dj_cadence.entrypoints.web.request_context import RequestContext, attachment
from dj_cadence.problems import faults
from dj_cadence.rendering.workbooks import XLSX
from dj_cadence.services.operations import pending_uploads
from dj_cadence.services.operations.roster_import import RosterImport, import_files
from dj_cadence.services.roster import export


def _show(ctx: RequestContext, refused: str = "") -> Response:
    with ctx.read() as session:
        lacking = export.check_roster(session, ctx.today)
    return ctx.page("manage/roster.html", lacking=lacking, refused=refused)


def _look(ctx: RequestContext) -> Response:
    """What the files would change; nothing is written, and they are kept for the next step."""
    key = keep_files(ctx)
    return _result(ctx, key, _import(ctx, key, dry_run=True))


def _bring_in(ctx: RequestContext) -> Response:
    key = ctx.form.get("upload", "")
    done = _import(ctx, key, dry_run=False)
    if done.report.applied:
        pending_uploads.drop(ctx.settings.folder, key)
    return _result(ctx, key, done)


def _import(ctx: RequestContext, key: str, *, dry_run: bool) -> RosterImport:
    folder = ctx.settings.folder
    return import_files(
        ctx.context.site,
        pending_uploads.kept(folder, key),
        ctx.actor,
        lambda: load_rules(folder).catalogue,
        correct="correct" in ctx.form,
        dry_run=dry_run,
    )


def _result(ctx: RequestContext, key: str, done: RosterImport) -> Response:
    return ctx.page(
        "manage/roster_import.html",
        report=done.report,
        wrong=len(faults(done.report.problems)),
        sentences=[*done.report.sentences(), *done.owed],
        upload=key,
        correct="correct" in ctx.form,
    )


def _export(ctx: RequestContext) -> Response:
    with tempfile.TemporaryDirectory(prefix="dj-cadence-") as folder:
        file = Path(folder) / "roster.xlsx"
        with ctx.read() as session:
            export.export_roster(session, file)
        content = file.read_bytes()
    headers = attachment(f"{ctx.settings.name} {ctx.today} 花名册.xlsx")
    return Response(content, media_type=XLSX, headers=headers)


ROSTER = FormPage(
    "/manage/roster",
    _show,
    {"look": _look, "import": _bring_in, "export": _export},
    take_files=("look",),
)
