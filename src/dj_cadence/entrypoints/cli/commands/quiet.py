"""quiet: days on which a subtree is not written to."""

from datetime import date
from typing import Annotated

import typer

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.entrypoints.cli.arguments import AsJson, By, Reason, parse_date, parse_number
from dj_cadence.entrypoints.cli.context import Opened, act, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_grant
from dj_cadence.services.reminders import quiet_periods
from dj_cadence.services.site import Session
from dj_cadence.store.roster import orgs, people

app = typer.Typer(help="暂缓提醒期：这些天里不发可以等的提醒。", no_args_is_help=True)
_Until = Annotated[
    date, typer.Option("--until", parser=parse_date, metavar="日期", help="最后一天")
]
_Since = Annotated[
    date | None,
    typer.Option("--from", parser=parse_date, metavar="日期", help="第一天；默认今天"),
]


@app.command("add")
def add(
    ctx: typer.Context,
    until: _Until,
    reason: Reason,
    since: _Since = None,
    org: Annotated[str, typer.Option("--org", metavar="组织", help="连同下级；不写为全站")] = "",
    by: By = "",
) -> None:
    """设一段暂缓提醒期。期间到期的提醒在结束后合并发一次；换届和法定期限照常提醒。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        _check_superior(site, session, org, by)
        first = since or site.today
        quiet_periods.add(session, org, actor, since=first, until=until, reason=reason)

    act(ctx, by, do)
    say(f"已设定，到 {until} 为止。")


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出全部暂缓提醒期。"""
    with opened(ctx) as site, site.site.database.read() as session:
        rows = quiet_periods.listed(session)
    if as_json:
        for row in rows:
            shown = {"id": row.id, "org": row.org_code, "from": row.since, "until": row.until}
            say_json({**shown, "reason": row.reason, "by": row.made_by})
        return
    cells = ((row.id, row.org_name or "全站", row.since, row.until, row.reason) for row in rows)
    table(("编号", "范围", "从", "到", "原因"), cells)


@app.command("end")
def end(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(parser=parse_number, metavar="编号", help="编号")],
    by: By = "",
) -> None:
    """提前结束一段暂缓提醒期，压下的提醒随下一次发送发出。"""

    def do(site: Opened, session: Session, _actor: Actor) -> None:
        rows = {row.id: row for row in quiet_periods.listed(session)}
        if number in rows:
            _check_superior(site, session, rows[number].org_code, by)
        quiet_periods.end(session, number, site.today)

    act(ctx, by, do)
    say("已结束。")


def _check_superior(site: Opened, session: Session, org: str, by: str) -> None:
    """Nobody silences the reminders of their own organization; the operator acts for all."""
    if not by:
        return
    if not org:
        raise Refused("全站的暂缓提醒期只能由操作员设定和结束，请不要写 --as。")
    person, found = people.find_person(session, by), orgs.find_org(session, org)
    visitor = Visitor(person.id, person.key, person.name)
    if not may_grant(session, visitor, found.id, site.today):
        raise Refused(f"{person.name}不是{found.name}上级的书记或党务工作者，不能代其设定。")
