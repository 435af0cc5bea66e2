"""tasks, explain, and what people say of one task: missed, planned, submit, waive, …"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    From,
    Misuse,
    On,
    Reason,
    TaskId,
    Until,
    date_option,
    option,
    parse_state,
)
from dj_cadence.entrypoints.cli.context import acting, reading
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.errors import Refused
from dj_cadence.problems import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dj_cadence.services.tasks.listing import LastWord, TaskRow


def tasks(
    ctx: typer.Context,
    org: Annotated[str, option("--org", "组织", "只看这个组织")] = "",
    *,
    subtree: Annotated[bool, typer.Option("--subtree", help="连同下级组织")] = False,
    state: Annotated[
        str | None, option("--state", "状态", "如 open、overdue、done", parse_state)
    ] = None,
    duty: Annotated[str, option("--duty", "规则", "只看这条规则")] = "",
    since: From = None,
    until: Until = None,
    binding: Annotated[
        bool, typer.Option("--binding", help="只看上级要求的：周报计的就是这些")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """列出任务；--from 和 --until 比较截止日，两头都算。"""
    from dj_cadence.domain.tasks.task import State
    from dj_cadence.services.tasks import listing
    from dj_cadence.services.tasks.listing import last_words

    if subtree and not org:
        raise Misuse("--subtree 要和 --org 一起用。")
    with reading(ctx) as act:
        rules = act.catalogue
        org_code = act.org(org).code if org else ""
        if duty and duty not in rules.duties:
            raise Refused(f"没有规则 {duty}{suggestion(duty, rules.duties)}")
        rows = listing.tasks(
            act.session,
            rules,
            today=act.today,
            org_code=org_code,
            subtree=subtree,
            states=None if state is None else [State(state)],
            duty=duty,
            due_from=since,
            due_until=until,
            binding=binding,
        )
        last = last_words(act.session, rows)
    if as_json:
        for row in rows:
            say_json(row.as_json())
        return
    table(
        ("编号", "组织", "任务", "周期", "计划", "截止", "状态"),
        (_cells(row, last) for row in rows),
    )
    say(f"共 {len(rows)} 项。")


def _cells(row: TaskRow, last: Mapping[int, LastWord]) -> tuple[object, ...]:
    from dj_cadence.domain.dates.period import chinese_label

    period, standing = chinese_label(row.period), _standing(row, last)
    return row.id, row.org_name, row.title, period, row.planned, row.due, standing


def _standing(row: TaskRow, last: Mapping[int, LastWord]) -> str:
    """Its state, with how late it is and why it was sent back."""
    late = f"{row.overdue_days}天" if row.overdue_days else ""
    sent_back = last[row.id].sent_back if row.id in last else ""
    return f"{row.state.label}{late}{f'（退回原因：{sent_back}）' if sent_back else ''}"


def explain(ctx: typer.Context, task: TaskId) -> None:
    """说明一项任务从哪里来、日期怎么定的、提醒过谁。"""
    from dj_cadence.services import explain as explanation

    with reading(ctx) as act:
        zone = act.settings.time_zone
        lines = explanation.explain(act.session, act.catalogue, task, today=act.today, zone=zone)
    say("\n".join(lines))


def missed(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """登记未按期开展，并写明原因；不再提醒。"""
    from dj_cadence.services.tasks import record

    with acting(ctx, by) as act:
        record.missed(*act.on(task), reason=reason)
    say(f"任务 {task} 已登记为未按期开展。")


def planned(
    ctx: typer.Context,
    task: TaskId,
    on: Annotated[date, date_option("--on", "计划日期")],
    at: Annotated[str, option("--at", "时间", "几点，如 14:30")] = "",
    place: Annotated[str, option("--place", "地点", "地点")] = "",
    by: By = "",
) -> None:
    """在周期内自行确定哪天办。"""
    from dj_cadence.services.tasks import record

    with acting(ctx, by) as act:
        record.set_planned(*act.on(task), on=on, at=at, place=place)
    say(f"任务 {task} 定在 {on}。")


def submit(
    ctx: typer.Context,
    task: TaskId,
    on: On = None,
    note: Annotated[str, option("--note", "说明", "说明")] = "",
    by: By = "",
) -> None:
    """登记完成并报送上级确认；用于规则要求确认的任务。"""
    from dj_cadence.services.tasks import record

    with acting(ctx, by) as act:
        subject = act.on(task)
        if not record.needs_acceptance(act.session, act.catalogue, task):
            raise Refused("这项任务不需要上级确认，用 done 登记即可。")
        record.done(*subject, on=on or act.today, note=note)
    say(f"任务 {task} 已报送，待上级确认。")


def reopen(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """撤回这项任务上一次的登记或决定，连同它一并改动的。"""
    from dj_cadence.services import undo

    with acting(ctx, by) as act:
        kind, beside = undo.concerned(act.session, task)
        subject = act.above(task) if kind and kind.is_grant else act.on(task, *beside)
        state = undo.undo(*subject, reason=reason)
    assert kind
    say(f"任务 {task} 的{kind.undo_label}已撤回，现在是“{state.label}”。")


def postpone(
    ctx: typer.Context,
    task: TaskId,
    until: Annotated[date, date_option("--until", "延到哪天")],
    reason: Reason = "",
    by: By = "",
    *,
    confirm: Annotated[bool, typer.Option("--confirm", help="换届延期超过一年时确认")] = False,
) -> None:
    """上级同意延期。"""
    from dj_cadence.services.tasks import superior_decisions

    with acting(ctx, by) as act:
        subject = act.above(task)
        superior_decisions.postpone(*subject, until=until, reason=reason, confirmed=confirm)
    say(f"任务 {task} 的截止日改为 {until}。")


def waive(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """经上级同意，这一次不再办理。"""
    from dj_cadence.services.tasks import superior_decisions

    with acting(ctx, by) as act:
        superior_decisions.waive(*act.above(task), reason=reason)
    say(f"任务 {task} 已登记为经上级同意不再办理。")


def accept(ctx: typer.Context, task: TaskId, by: By = "") -> None:
    """上级确认已报送的任务。"""
    from dj_cadence.services.tasks import superior_decisions

    with acting(ctx, by) as act:
        superior_decisions.accept(*act.above(task))
    say(f"任务 {task} 已确认完成。")


def return_(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """上级退回已报送的任务，写明原因。"""
    from dj_cadence.services.tasks import superior_decisions

    with acting(ctx, by) as act:
        superior_decisions.return_(*act.above(task), reason=reason)
    say(f"任务 {task} 已退回。")
