"""check and rules: look at what people wrote before it touches anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence import clock
from dj_cadence.entrypoints.cli.arguments import AsJson, argument
from dj_cadence.entrypoints.cli.context import site_folder_or_none
from dj_cadence.entrypoints.cli.output import aside, say, say_json, say_problems, table
from dj_cadence.errors import DjCadenceError, Refused
from dj_cadence.problems import Problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dj_cadence.domain.reminders.plan import ReminderPlan
    from dj_cadence.domain.rules.duty import Duty

_NOBODY_TO_ASK = Problem(
    "site.toml",
    "发送已开启，没有写 [contact]：收信人有疑问时只能找花名册里的上级，那里没有电话就没处问",
    warning=True,
)


def check(ctx: typer.Context) -> None:
    """检查设置、规则、日历、模板和花名册，列出全部问题。"""
    from dj_cadence.bootstrap import load_rules

    place = site_folder_or_none(ctx)
    loaded = load_rules(place)
    problems = list(loaded.problems)
    if place:
        problems += _site_problems(place, loaded.catalogue.plans.values())
    say_problems(problems, "共 {} 处错误，请按位置修改后再检查。")
    say("检查通过。" if not problems else f"检查通过，另有 {len(problems)} 条提示。")


def _site_problems(place: Path, plans: Iterable[ReminderPlan]) -> list[Problem]:
    """Settings, what plans say of them, templates and, where it can be read, the roster."""
    from dj_cadence.bootstrap import open_site, template_folders
    from dj_cadence.rendering.documents import check_documents
    from dj_cadence.rendering.template_check import check_templates
    from dj_cadence.services.roster.export import check_roster
    from dj_cadence.services.site import state_of
    from dj_cadence.settings import SettingsError

    try:
        site = open_site(place, os.environ, tell=aside)
    except SettingsError as error:
        return list(error.problems)
    except DjCadenceError as error:
        return [Problem("site.toml", str(error))]
    try:
        with site.database.read() as session:
            roster = check_roster(session, site.today(clock.now()))
        nobody = state_of(site.database)[0].sending and not site.settings.contact
        papers = check_documents(template_folders(site.settings))
        unknown = _unknown_channels(plans, site.settings.channels)
        asked = [_NOBODY_TO_ASK] if nobody else []
        return [*asked, *unknown, *check_templates(site.templates), *papers, *roster]
    finally:
        site.database.close()


def _unknown_channels(plans: Iterable[ReminderPlan], channels: Collection[str]) -> list[Problem]:
    """Channels that reminder plans prefer and the site does not have; its own order is taken."""
    named = {(plan.key, name) for plan in plans for name in plan.channels()}
    return [
        Problem(
            f"reminder-plans {plan}",
            f"发送时按 site.toml 的顺序，因为那里没有渠道 {name}{suggestion(name, channels)}",
            warning=True,
        )
        for plan, name in sorted(named)
        if name not in channels
    ]


def rules(
    ctx: typer.Context,
    key: Annotated[str, argument("[规则]", "只看这一条")] = "",
    *,
    schema: Annotated[bool, typer.Option("--schema", help="输出规则文件的 JSON Schema")] = False,
    as_json: AsJson = False,
) -> None:
    """列出全部规则，停用的也在内。"""
    from dj_cadence.bootstrap import load_rules
    from dj_cadence.domain.rules.duty_in_words import recurrence_text
    from dj_cadence.loading.rules.catalogue import rules_schema

    if schema:
        say_json(rules_schema())
        return
    loaded = load_rules(site_folder_or_none(ctx))
    duties = loaded.catalogue.duties
    if key and key not in duties:
        raise Refused(f"没有规则 {key}{suggestion(key, duties)}")
    chosen = [duties[key]] if key else list(duties.values())
    if as_json:
        for duty in chosen:
            say_json(_as_json(duty))
    elif key:
        _describe(chosen[0], {one.key: one.title for one in duties.values()})
        for number in chosen[0].sentences:
            say(f"  基本要求 {number}：{loaded.standard[number].text}")
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
    from dj_cadence.fingerprint import plain

    names = ("key", "title", "tier", "rows", "sentences", "enabled", "owed_by", "recurrence")
    shown = {name: plain(getattr(duty, name)) for name in (*names, "office", "basis")}
    return {**shown, "certainty": duty.certainty.value}


def _describe(duty: Duty, titles: Mapping[str, str]) -> None:
    from dj_cadence.domain.rules.citation import full_citation
    from dj_cadence.domain.rules.duty_in_words import dates_text, owed_by_text, recurrence_text

    say(f"{duty.title}（{duty.key}）{'' if duty.enabled else '　停用'}")
    rows = "、".join(duty.rows) or "不在基本要求内"
    say(f"  条目：{rows}　层级：{duty.tier}　负责：{duty.office}")
    say(f"  承担：{owed_by_text(duty.owed_by)}")
    say(f"  周期：{recurrence_text(duty.recurrence)}　提醒方案：{duty.remind}")
    for name, words in (
        ("日期", dates_text(duty)),
        ("流程", " → ".join(s.title for s in duty.workflow.steps) if duty.workflow else ""),
        ("可一并计入", "、".join(titles.get(key, key) for key in duty.counts_for)),
        ("做法", duty.instructions),
    ):
        if words:
            say(f"  {name}：{words}")
    say(f"  上报：{_upwards(duty)}")
    for basis in duty.basis:
        say(f"  依据：{full_citation(basis, duty.rows)}")


def _upwards(duty: Duty) -> str:
    """Whether superiors see it as late."""
    if duty.binds:
        return "逾期的，上级能看到"
    return (
        "周期未经核对或是本系统默认，只提醒本组织；上级采纳（announce --adopt）后，逾期的才报上级"
    )
