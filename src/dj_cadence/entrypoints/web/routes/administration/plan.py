"""The plan: what the saved rules and calendars would change, and putting them in force."""

from starlette.responses import Response

from dj_cadence.bootstrap import load_rules
from dj_cadence.entrypoints.web.form_page import FormPage
from dj_cadence.entrypoints.web.request_context import RequestContext, go_to, whole_number
from dj_cadence.errors import Refused
from dj_cadence.problems import faults
from dj_cadence.services.planning import apply as planner

_SAID = {"applied": "已应用，任务已按新的规则排好。"}


def _show(ctx: RequestContext, refused: str = "") -> Response:
    """The difference, duty by duty. With faults in the files nothing is compared."""
    loaded, report = load_rules(ctx.settings.folder), None
    wrong = faults(loaded.problems)
    with ctx.read() as session:
        span = planner.chosen_span(session, ctx.today, None, None)
    if not wrong:
        report = planner.preview(ctx.database, loaded.catalogue, span, today=ctx.today)
    return ctx.page(
        "manage/plan.html",
        problems=loaded.problems,
        wrong=len(wrong),
        report=report,
        titles={key: duty.title for key, duty in loaded.catalogue.duties.items()},
        hash=loaded.catalogue.hash,
        said=_SAID.get(ctx.request.query_params.get("said", ""), ""),
        refused=refused,
    )


def _apply(ctx: RequestContext) -> Response:
    """Put in force what was looked at. Raises Refused where the files changed in between."""
    loaded = load_rules(ctx.settings.folder)
    if faults(loaded.problems):
        raise Refused("规则文件有错误，没有应用。已应用的版本继续有效。")
    if ctx.form.get("hash") != loaded.catalogue.hash:
        raise Refused("规则文件刚刚又改过，没有应用。请看过下面新的变化，再应用。")
    with ctx.read() as session:
        span = planner.chosen_span(session, ctx.today, None, None)
    planner.apply(
        ctx.database,
        loaded.catalogue,
        loaded.content,
        span,
        by=ctx.visitor.key,
        today=ctx.today,
        now=ctx.now,
        allow_withdrawals=whole_number(ctx.form.get("withdrawals", "")),
    )
    return go_to(f"{PLAN.path}?said=applied")


PLAN = FormPage("/manage/plan", _show, {"apply": _apply})
