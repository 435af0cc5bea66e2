"""case: what happened at an organization and started a clock."""

from typing import Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    On,
    Reason,
    argument,
    option,
    parse_number,
)
from dj_cadence.entrypoints.cli.context import acting, reading
from dj_cadence.entrypoints.cli.output import say, show_rows, table

app = typer.Typer(name="case", help="事项：由一件事开始计时的任务。", no_args_is_help=True)
_Number = Annotated[int, argument("编号", "事项编号", parse_number)]


@app.command("open")
def open_(
    ctx: typer.Context,
    duty: Annotated[str, argument("规则", "如 petition_acknowledge")],
    org: Annotated[str, option("--org", "组织", "组织代码")],
    on: On = None,
    ref: Annotated[str, option("--ref", "编号", "内部编号，不写姓名")] = "",
    by: By = "",
) -> None:
    """登记一件事的发生，开始计时。"""
    from dj_cadence.services.tasks import cases

    with acting(ctx, by, changes_plan=True) as act:
        subject, day = (act.session, act.catalogue, duty, org, act.actor), on or act.today
        act.check_acts_for(org)
        number = cases.open_case(*subject, on=day, ref=ref)
    say(f"已立项，编号 {number}。")


@app.command("undo")
def undo(ctx: typer.Context, number: _Number, reason: Reason = "", by: By = "") -> None:
    """撤回登记错的事项，连同它的任务。"""
    from dj_cadence.services.tasks import cases
    from dj_cadence.services.undo import take_back_case

    with acting(ctx, by) as act:
        act.check_acts_for(cases.case(act.session, number).code)
        take_back_case(act.session, act.catalogue, number, act.actor, reason=reason)
    say(f"{number} 号事项已撤回。")


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出全部事项。"""
    from dj_cadence.services.tasks import cases

    with reading(ctx) as act:
        rows = cases.cases(act.session)
    keys = {"id": "id", "org": "code", "event": "kind", "on": "day", "ref": "ref"}
    columns = {"编号": "id", "组织": "name", "事项": "kind", "日期": "day", "内部编号": "ref"}
    show_rows(rows, as_json, keys, columns)


@app.command("show")
def show(ctx: typer.Context, number: _Number) -> None:
    """看一件事项和它的任务。"""
    from dj_cadence.domain.dates.period import chinese_label
    from dj_cadence.services.tasks import cases
    from dj_cadence.services.tasks.listing import tasks

    label = f"case-{number}"
    with reading(ctx) as act:
        case = cases.case(act.session, number)
        rows = tasks(act.session, act.catalogue, today=act.today, org_code=case.code)
    say(f"{chinese_label(label)}：{case.name}，{case.day} 发生，内部编号 {case.ref or '无'}")
    cells = ((row.id, row.title, row.due, row.state.label) for row in rows if row.period == label)
    table(("编号", "任务", "截止", "状态"), cells)
