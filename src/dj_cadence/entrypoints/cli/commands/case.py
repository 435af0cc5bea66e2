"""case: what happened at an organization and started a clock."""

from typing import Annotated

import typer

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.entrypoints.cli.actors import check_actor
from dj_cadence.entrypoints.cli.arguments import AsJson, By, On, Reason, parse_number
from dj_cadence.entrypoints.cli.context import Opened, act, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import cases
from dj_cadence.services.undo import take_back_case
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import task_list

app = typer.Typer(help="事项：由一件事开始计时的任务。", no_args_is_help=True)


@app.command("open")
def open_(
    ctx: typer.Context,
    duty: Annotated[str, typer.Argument(metavar="规则", help="如 petition_acknowledge")],
    org: Annotated[str, typer.Option("--org", metavar="组织", help="组织代码")],
    on: On = None,
    ref: Annotated[str, typer.Option("--ref", metavar="编号", help="内部编号，不写姓名")] = "",
    by: By = "",
) -> None:
    """登记一件事的发生，开始计时。"""
    with opened(ctx) as site:
        catalogue, actor, database = site.catalogue(), site.actor(by), site.site.database
        with database.write() as session:
            check_actor(session, by, [orgs.find_org(session, org).id], site.today)
            number = cases.open_case(
                session,
                catalogue,
                duty,
                org,
                actor,
                on=on or site.today,
                ref=ref,
            )
        roll(database, catalogue, until=horizon(site.today), today=site.today, now=site.now)
    say(f"已立项，编号 {number}。")


@app.command("undo")
def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(parser=parse_number, metavar="编号", help="事项编号")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """撤回登记错的事项，连同它的任务。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        found = cases.case(session, number)
        check_actor(session, by, [orgs.find_org(session, found.code).id], site.today)
        take_back_case(session, site.catalogue(), number, actor, reason=reason)

    act(ctx, by, do)
    say(f"{number} 号事项已撤回。")


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出全部事项。"""
    with opened(ctx) as site, site.site.database.read() as session:
        found = cases.cases(session)
    if as_json:
        for row in found:
            say_json(
                {"id": row.id, "org": row.code, "event": row.kind, "on": row.day, "ref": row.ref}
            )
        return
    rows = ((row.id, row.name, row.kind, row.day, row.ref) for row in found)
    table(("编号", "组织", "事项", "日期", "内部编号"), rows)


@app.command("show")
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(parser=parse_number, metavar="编号", help="事项编号")],
) -> None:
    """看一件事项和它的任务。"""
    with opened(ctx) as site:
        catalogue = site.catalogue()
        with site.site.database.read() as session:
            found = cases.case(session, number)
            label = f"case-{number}"
            tasks = task_list.tasks(session, catalogue, today=site.today, org_code=found.code)
    say(f"{chinese_label(label)}：{found.name}，{found.day} 发生，内部编号 {found.ref or '无'}")
    rows = ((row.id, row.title, row.due, row.state.label) for row in tasks if row.period == label)
    table(("编号", "任务", "截止", "状态"), rows)
