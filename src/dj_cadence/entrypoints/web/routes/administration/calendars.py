"""Holidays and semesters: what is known, and a new notice, looked at before it is stored."""

from starlette.responses import Response

from dj_cadence.entrypoints.web.form_page import FormPage, keep_files
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to
from dj_cadence.errors import Refused
from dj_cadence.problems import Problem, faults
from dj_cadence.services.operations import pending_uploads
from dj_cadence.services.rules import calendar_import
from dj_cadence.services.rules.calendar_import import CalendarImport
from dj_cadence.services.rules.calendars import calendars, effect

_SAID = {"stored": "已存入。任务的日期还没有动，请到“任务计划”里看一看，再应用。"}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    years, semesters = calendars(ctx.settings.folder / "schedules", ctx.today)
    return ctx.page(
        "manage/calendars.html",
        years=years,
        semesters=semesters,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _look(ctx: RequestContext) -> Response:
    """What would move; nothing is stored, and the file is kept for the next step."""
    key = keep_files(ctx)
    arrival, problems = _prepared(ctx, key)
    moved, definite = None, 0
    if not faults(problems) and not arrival.changes_nothing:
        moved, definite = effect(ctx.database, arrival.before, arrival.after, ctx.today)
    return ctx.page(
        "manage/calendar_import.html",
        problems=problems,
        wrong=len(faults(problems)),
        changes_nothing=arrival.changes_nothing,
        report=moved,
        definite=definite,
        titles={key: duty.title for key, duty in arrival.before.catalogue.duties.items()},
        upload=key,
    )


def _store(ctx: RequestContext) -> Response:
    key = ctx.form.get("upload", "")
    arrival, problems = _prepared(ctx, key)
    if wrong := faults(problems):
        raise Refused(f"文件有 {len(wrong)} 处错误，没有存入。")
    calendar_import.store(ctx.settings.folder / "schedules", arrival)
    pending_uploads.drop(ctx.settings.folder, key)
    return go_to(f"{CALENDARS.path}?said=stored")


def _prepared(ctx: RequestContext, key: str) -> tuple[CalendarImport, list[Problem]]:
    file, *others = pending_uploads.kept(ctx.settings.folder, key)
    if others:
        raise Refused("一次只存一个文件，请分开导入。")
    arrival = calendar_import.prepare(ctx.settings.folder / "schedules", file)
    with ctx.read() as session:
        unheard = calendar_import.unheard_of(session, arrival.given.semesters)
        return arrival, [*arrival.problems, *unheard]


CALENDARS = FormPage(
    "/manage/calendars", _show, {"look": _look, "store": _store}, take_files=("look",)
)
