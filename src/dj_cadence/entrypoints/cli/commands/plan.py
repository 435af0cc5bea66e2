"""plan: look at what would change, then apply it."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dj_cadence.bootstrap import load_rules
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN, Step
from dj_cadence.entrypoints.cli.arguments import AsJson, From, Until, parse_number
from dj_cadence.entrypoints.cli.context import OPERATOR, folder, opened
from dj_cadence.entrypoints.cli.output import say, say_json
from dj_cadence.errors import Refused
from dj_cadence.problems import Problem, faults
from dj_cadence.services.planning import apply as planner
from dj_cadence.store.planning.differences import DateRange
from dj_cadence.store.site import site as sites

_CHANGES = {
    "create": "新增",
    "move": "改期",
    "withdraw": "撤回",
    "reopen": "恢复",
    "keep": "保留",
}


def plan(
    ctx: typer.Context,
    since: From = None,
    until: Until = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="应用：存为新版本并写入")] = False,
    as_json: AsJson = False,
    allow_withdrawals: Annotated[
        int | None,
        typer.Option(
            "--allow-withdrawals", parser=parse_number, metavar="数目", help="允许撤回这么多项"
        ),
    ] = None,
) -> None:
    """看规则和花名册会带来哪些任务变化；加 --apply 才写入。"""
    loaded = load_rules(folder(ctx))
    _refuse_faulty(loaded.problems)
    with opened(ctx) as site:
        database, catalogue = site.site.database, loaded.catalogue
        with database.read() as session:
            usual = planner.default_span(sites.load(session).starts_on, site.today)
        span = DateRange(since or usual.since, until or usual.until)
        if apply:
            report = planner.apply(
                database,
                catalogue,
                loaded.content,
                span,
                by=OPERATOR,
                today=site.today,
                now=site.now,
                allow_withdrawals=allow_withdrawals or 0,
            )
        else:
            report = planner.preview(
                database, catalogue, span, today=site.today, every_change=as_json
            )
    if as_json:
        for sample in report.samples:
            say_json(_as_json(sample))
    else:
        _show(report, catalogue, applied=apply)


def _refuse_faulty(problems: Sequence[Problem]) -> None:
    """What a faulty file says cannot be read: a plan without it would take its duties back."""
    if wrong := faults(problems):
        listed = "\n".join(problem.quoted() for problem in wrong)
        raise Refused(f"{listed}\n规则文件有 {len(wrong)} 处错误，请先修正。已应用的版本继续有效。")


def _as_json(sample: dict[str, Any]) -> dict[str, object]:
    names = (
        "change", "org", "duty", "step", "period", "planned", "due", "was_due", "cause",
    )  # fmt: skip
    return {name: sample[name] for name in names}


def _show(report: planner.PlanReport, catalogue: Catalogue, *, applied: bool) -> None:
    if not report.counts:
        say("没有变化。")
        return
    for (duty, change), count in report.counts.items():
        say(f"{catalogue.title(duty, OWN)}：{_CHANGES[change]} {count} 项")
        for sample in report.samples:
            if (sample["duty"], sample["change"]) == (duty, change):
                say(f"    {_sample(sample, catalogue.step(duty, sample['step']))}")
    totals = Counter({change: report.total(change) for change in _CHANGES})
    say("合计：" + "，".join(f"{_CHANGES[c]} {n} 项" for c, n in totals.items() if n) + "。")
    for duty, n in report.past.items():
        say(f"注意：{catalogue.title(duty, OWN)}新增的任务中，{n} 项的截止日已过。")
    if report.past and not applied:
        say("刚启用的职责如果不追溯以前，请先写上 effective: {from: 起用日期}，再运行 plan。")
    say("已应用。" if applied else "以上是预览，没有写入。确认后运行 plan --apply。")


def _sample(sample: dict[str, Any], step: Step | None) -> str:
    period = chinese_label(sample["period"])
    due = _moved("截止", sample["due"], sample["was_due"])
    planned = _moved("计划", sample["planned"], sample["was_planned"])
    days = due if sample["change"] != "move" or not planned else f"{planned} {due}"
    titled = f" {step.title}" if step and not step.is_own else ""
    return f"{sample['org']} {period}{titled} {days}：{sample['cause']}"


def _moved(name: str, day: object, was: object) -> str:
    """A day, and the one it was before where that was another."""
    if day is None and was is None:
        return ""
    before = f"（原为 {was}）" if was and was != day else ""
    return f"{name} {day or '未定'}{before}"
