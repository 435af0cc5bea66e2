"""plan: what would change, and applying it; announce: what a superior fixes for its subtree."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dj_cadence.domain.labels import PLAN_CHANGES
from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    From,
    Misuse,
    Until,
    argument,
    date_option,
    option,
    parse_graces,
    parse_number,
    parse_vacation,
)
from dj_cadence.entrypoints.cli.context import acting, folder, opened
from dj_cadence.entrypoints.cli.output import say, say_json
from dj_cadence.errors import Refused
from dj_cadence.problems import faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dj_cadence.domain.rules.catalogue import Catalogue
    from dj_cadence.domain.rules.workflow import Step
    from dj_cadence.problems import Problem
    from dj_cadence.services.planning.apply import PlanReport

_Day = Annotated[date | None, date_option("--due", "最迟")]
_Planned = Annotated[date | None, date_option("--planned", "统一的计划日")]
_InVacation = Annotated[
    str | None,
    option("--vacation", "办法", "假期里：keep、shift_within_period 或 waive", parse_vacation),
]
_Undo = Annotated[bool, typer.Option("--undo", help="撤回这里对这项职责的最近一次部署，单独使用")]


def plan(
    ctx: typer.Context,
    since: From = None,
    until: Until = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="应用：存为新版本并写入")] = False,
    as_json: AsJson = False,
    allow_withdrawals: Annotated[
        int | None, option("--allow-withdrawals", "数目", "允许撤回这么多项", parse_number)
    ] = None,
) -> None:
    """看规则和花名册会带来哪些任务变化；加 --apply 才写入。"""
    from dj_cadence.bootstrap import load_rules
    from dj_cadence.services.access.actors import OPERATOR
    from dj_cadence.services.planning import apply as planner

    loaded = load_rules(folder(ctx))
    _refuse_faulty(loaded.problems)
    with opened(ctx) as site:
        database, catalogue = site.site.database, loaded.catalogue
        with database.read() as session:
            span = planner.chosen_span(session, site.today, since, until)
        if apply:
            report = planner.apply(
                database,
                catalogue,
                loaded.content,
                span,
                by=OPERATOR.key,
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


def _show(report: PlanReport, catalogue: Catalogue, *, applied: bool) -> None:
    from dj_cadence.domain.rules.workflow import OWN

    if not report.counts:
        say("没有变化。")
        return
    for (duty, change), count in report.counts.items():
        say(f"{catalogue.title(duty, OWN)}：{PLAN_CHANGES[change]} {count} 项")
        for sample in report.samples:
            if (sample["duty"], sample["change"]) == (duty, change):
                say(f"    {_sample(sample, catalogue.step(duty, sample['step']))}")
    totals = Counter({change: report.total(change) for change in PLAN_CHANGES})
    say("合计：" + "，".join(f"{PLAN_CHANGES[c]} {n} 项" for c, n in totals.items() if n) + "。")
    for duty, n in report.past.items():
        say(f"注意：{catalogue.title(duty, OWN)}新增的任务中，{n} 项的截止日已过。")
    if report.past and not applied:
        say("刚启用的职责如果不追溯以前，请先写上 effective: {from: 起用日期}，再运行 plan。")
    say("已应用。" if applied else "以上是预览，没有写入。确认后运行 plan --apply。")


def _sample(sample: dict[str, Any], step: Step | None) -> str:
    from dj_cadence.domain.dates.period import chinese_label

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


def announce(
    ctx: typer.Context,
    duty: Annotated[str, argument("规则", "如 org_life_meeting")],
    org: Annotated[str, option("--org", "组织", "哪个上级组织部署")],
    due: _Day = None,
    planned: _Planned = None,
    theme: Annotated[str, option("--theme", "主题", "统一的主题")] = "",
    vacation: _InVacation = None,
    escalate: Annotated[
        str,
        option(
            "--escalate",
            "工作日",
            "逾期后逐级直接报上级，每级宽限几个工作日，如 5,10；off 为不再直接报",
        ),
    ] = "",
    by: By = "",
    *,
    adopt: Annotated[bool, typer.Option("--adopt", help="采纳默认周期，逾期计入周报")] = False,
    undo: _Undo = False,
) -> None:
    """上级为下级统一部署一项职责：最迟日期、计划日、主题，或采纳默认周期。"""
    from dj_cadence.domain.dates.period import chinese_label
    from dj_cadence.domain.rules.duty import Vacation
    from dj_cadence.services.access.actors import check_announces_for
    from dj_cadence.services.rules import announce as announcements

    if undo and (due or planned or theme or vacation or escalate or adopt):
        raise Misuse("--undo 不能和部署的内容一起用。")
    with acting(ctx, by, changes_plan=True) as act:
        session, rules, period = act.session, act.catalogue, ""
        check_announces_for(session, act.person, org, act.today)
        if undo:
            announcements.take_back(session, rules, duty, org, now=act.now)
        else:
            asked = announcements.Announcement(
                due=due,
                planned=planned,
                theme=theme,
                adopt=adopt,
                vacation=Vacation(vacation) if vacation else None,
                escalate=parse_graces(escalate) if escalate else None,
            )
            period = announcements.announce(session, rules, duty, org, act.actor, asked)
    when = f"（{chinese_label(period)}）" if period else ""
    done = "已撤回最近一次部署" if undo else "已部署"
    say(f"{done}：{rules.duties[duty].title}{when}。")
