"""check and rules: look at what people wrote before it touches anything."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence import clock
from dj_cadence.bootstrap import load_rules, open_site
from dj_cadence.domain.canonical import plain
from dj_cadence.domain.citation import full_citation
from dj_cadence.domain.duty import Clock, Duty, Every, Recurrence, Term, TermNotice
from dj_cadence.domain.problem import Problem, faults, suggestion
from dj_cadence.domain.reminder_plan import ReminderPlan
from dj_cadence.entrypoints.cli.arguments import AsJson
from dj_cadence.entrypoints.cli.context import site_folder_or_none
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.errors import DjCadenceError, Refused
from dj_cadence.loading.catalogue import rules_schema
from dj_cadence.services.roster_view import check_roster
from dj_cadence.settings import SettingsError


def check(ctx: typer.Context) -> None:
    """检查设置、规则、日历、模板和花名册，列出全部问题。"""
    place = site_folder_or_none(ctx)
    loaded = load_rules(place)
    problems = list(loaded.problems)
    if place:
        problems += _site_problems(place, loaded.catalogue.plans.values())
    for problem in problems:
        say(problem.quoted())
    wrong = len(faults(problems))
    if wrong:
        say(f"共 {wrong} 处错误，请按位置修改后再检查。")
        raise typer.Exit(1)
    say("检查通过。" if not problems else f"检查通过，另有 {len(problems)} 条提示。")


def _site_problems(place: Path, plans: Iterable[ReminderPlan]) -> list[Problem]:
    """Settings, what plans say of them, templates and, where it can be read, the roster."""
    try:
        site = open_site(place, os.environ)
    except SettingsError as error:
        return list(error.problems)
    except DjCadenceError as error:
        return [Problem("site.toml", str(error))]
    try:
        with site.database.read() as session:
            roster = check_roster(session, site.today(clock.now()))
        unknown = _unknown_channels(plans, site.settings.channels)
        return [*unknown, *site.templates.check(), *roster]
    finally:
        site.database.engine.dispose()


def _unknown_channels(plans: Iterable[ReminderPlan], known: Collection[str]) -> list[Problem]:
    """Channels that reminder plans prefer and the site does not have; its own order is taken."""
    named = {(plan.key, name) for plan in plans for name in plan.channels()}
    return [
        Problem(
            f"reminder-plans {plan}",
            f"发送时按 site.toml 的顺序，因为那里没有渠道 {name}{suggestion(name, known)}",
            warning=True,
        )
        for plan, name in sorted(named)
        if name not in known
    ]


def rules(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="[规则]", help="只看这一条")] = "",
    *,
    schema: Annotated[bool, typer.Option("--schema", help="输出规则文件的 JSON Schema")] = False,
    as_json: AsJson = False,
) -> None:
    """列出全部规则，停用的也在内。"""
    if schema:
        say_json(rules_schema())
        return
    duties = load_rules(site_folder_or_none(ctx)).catalogue.duties
    if key and key not in duties:
        raise Refused(f"没有规则 {key}{suggestion(key, duties)}")
    chosen = [duties[key]] if key else list(duties.values())
    if as_json:
        for duty in chosen:
            say_json(_as_json(duty))
    elif key:
        _describe(chosen[0])
    else:
        table(
            ("规则", "名称", "条目", "层级", "周期", "依据", "状态"),
            (
                (
                    d.key,
                    d.title,
                    "、".join(d.rows),
                    d.tier,
                    recurrence_text(d.recurrence),
                    d.certainty.label,
                    "启用" if d.enabled else "停用",
                )
                for d in chosen
            ),
        )


def _as_json(duty: Duty) -> dict[str, object]:
    names = ("key", "title", "tier", "rows", "enabled", "owed_by", "recurrence", "office", "basis")
    shown = {name: plain(getattr(duty, name)) for name in names}
    return {**shown, "certainty": duty.certainty.value}


def recurrence_text(recurrence: Recurrence) -> str:
    """How often, in two or three words."""
    match recurrence:
        case Every(unit=unit, times=times, counted_in=counted_in):
            return unit.label + ("每组1次" if isinstance(times, str) else f"{times}{counted_in}")
        case Term():
            return "按任期"
        case TermNotice(months_before=months):
            return f"届满前{months}个月"
        case Clock(days=days, working_days=working, months=months):
            length = f"{months}个月" if months else f"{working}个工作日" if working else f"{days}日"
            return f"事项发生后{length}"


def _describe(duty: Duty) -> None:
    say(f"{duty.title}（{duty.key}）")
    say(f"  条目：{'、'.join(duty.rows)}　层级：{duty.tier}　负责：{duty.office}")
    say(f"  周期：{recurrence_text(duty.recurrence)}　提醒方案：{duty.remind}")
    if duty.instructions:
        say(f"  做法：{duty.instructions}")
    for basis in duty.basis:
        say(f"  依据：{full_citation(basis)}")
