"""quiet: days on which a subtree is not written to."""

from datetime import date
from typing import Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    Reason,
    argument,
    date_option,
    option,
    parse_number,
)
from dj_cadence.entrypoints.cli.context import acting, reading
from dj_cadence.entrypoints.cli.output import say, say_json, table

app = typer.Typer(name="quiet", help="暂缓提醒期：这些天里不发可以等的提醒。", no_args_is_help=True)
_Until = Annotated[date, date_option("--until", "最后一天")]
_Since = Annotated[date | None, date_option("--from", "第一天；默认今天")]


@app.command("add")
def add(
    ctx: typer.Context,
    until: _Until,
    reason: Reason,
    since: _Since = None,
    org: Annotated[str, option("--org", "组织", "连同下级；不写为全站")] = "",
    by: By = "",
) -> None:
    """设一段暂缓提醒期。期间到期的提醒在结束后合并发一次；换届和法定期限照常提醒。"""
    from dj_cadence.services.access.actors import check_silences
    from dj_cadence.services.reminders import quiet_periods

    with acting(ctx, by) as act:
        check_silences(act.session, act.person, org, act.today)
        first = since or act.today
        quiet_periods.add(act.session, org, act.actor, since=first, until=until, reason=reason)
    say(f"已设定，到 {until} 为止。")


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出全部暂缓提醒期。"""
    from dj_cadence.services.reminders import quiet_periods

    with reading(ctx) as act:
        rows = quiet_periods.listed(act.session)
    if as_json:
        for row in rows:
            shown = {"id": row.id, "org": row.org_code, "from": row.since, "until": row.until}
            say_json({**shown, "reason": row.reason, "by": row.made_by})
        return
    cells = ((row.id, row.org_name or "全站", row.since, row.until, row.reason) for row in rows)
    table(("编号", "范围", "从", "到", "原因"), cells)


@app.command("end")
def end(
    ctx: typer.Context, number: Annotated[int, argument("编号", "编号", parse_number)], by: By = ""
) -> None:
    """提前结束一段暂缓提醒期，压下的提醒随下一次发送发出。"""
    from dj_cadence.services.access.actors import check_silences
    from dj_cadence.services.reminders import quiet_periods

    with acting(ctx, by) as act:
        org_by_number = {row.id: row.org_code for row in quiet_periods.listed(act.session)}
        if number in org_by_number:
            check_silences(act.session, act.person, org_by_number[number], act.today)
        quiet_periods.end(act.session, number, act.today)
    say("已结束。")
