"""tasks, done, missed, planned, reopen, explain: what is owed and what people say of it."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.task import State
from dj_cadence.entrypoints.cli.arguments import (
    AsJson,
    By,
    From,
    Misuse,
    On,
    TaskId,
    Until,
    parse_date,
    parse_state,
)
from dj_cadence.entrypoints.cli.context import Opened, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.services import records
from dj_cadence.services.explain import explain as explanation
from dj_cadence.store import orgs, task_views

Reason = Annotated[str, typer.Option("--reason", metavar="原因", help="原因")]


def tasks(
    ctx: typer.Context,
    org: Annotated[str, typer.Option("--org", metavar="组织", help="只看这个组织")] = "",
    *,
    subtree: Annotated[bool, typer.Option("--subtree", help="连同下级组织")] = False,
    state: Annotated[
        State | None,
        typer.Option("--state", parser=parse_state, metavar="状态", help="如 open、overdue、done"),
    ] = None,
    duty: Annotated[str, typer.Option("--duty", metavar="规则", help="只看这条规则")] = "",
    since: From = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """列出任务；--from 和 --until 比较截止日，两头都算。"""
    if subtree and not org:
        raise Misuse("--subtree 要和 --org 一起用。")
    with opened(ctx) as site:
        catalogue = site.catalogue()
        with site.site.database.read() as session:
            if org:
                orgs.find_org(session, org)
            rows = task_views.tasks(
                session,
                catalogue,
                today=site.today,
                org_code=org,
                subtree=subtree,
                states=None if state is None else [state],
                duty=duty,
                due_from=since,
                due_until=until,
            )
    if as_json:
        for row in rows:
            say_json(row.as_json())
        return
    table(
        ("编号", "组织", "任务", "周期", "计划", "截止", "状态"),
        (
            (
                row.id,
                row.org_name,
                row.title,
                chinese_label(row.period),
                row.planned,
                row.due,
                row.state.label + (f"{row.overdue_days}天" if row.overdue_days else ""),
            )
            for row in rows
        ),
    )
    say(f"共 {len(rows)} 项。")


def _act(ctx: typer.Context, by: str, do: Callable[[Opened, Session, str], None]) -> None:
    with opened(ctx) as site:
        who = site.person(by)
        with site.site.database.write() as session:
            do(site, session, who)


def done(
    ctx: typer.Context,
    task: TaskId,
    on: On = None,
    note: Annotated[str, typer.Option("--note", metavar="说明", help="说明")] = "",
    by: By = "",
) -> None:
    """登记任务已完成。"""

    def do(site: Opened, session: Session, who: str) -> None:
        records.done(
            session,
            site.catalogue(),
            task,
            on=on or site.today,
            by=who,
            now=site.now,
            today=site.today,
            note=note,
        )

    _act(ctx, by, do)
    say(f"任务 {task} 已登记。")


def missed(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """登记未开展，并写明原因；不再提醒。"""

    def do(site: Opened, session: Session, who: str) -> None:
        records.missed(
            session,
            site.catalogue(),
            task,
            reason=reason,
            by=who,
            now=site.now,
            today=site.today,
        )

    _act(ctx, by, do)
    say(f"任务 {task} 已登记为未开展。")


def planned(
    ctx: typer.Context,
    task: TaskId,
    on: Annotated[date, typer.Option("--on", parser=parse_date, metavar="日期", help="计划日期")],
    at: Annotated[str, typer.Option("--at", metavar="时间", help="几点，如 14:30")] = "",
    place: Annotated[str, typer.Option("--place", metavar="地点", help="地点")] = "",
    by: By = "",
) -> None:
    """在周期内自行确定哪天办。"""

    def do(site: Opened, session: Session, who: str) -> None:
        records.set_planned(
            session,
            site.catalogue(),
            task,
            on=on,
            at=at,
            place=place,
            by=who,
            now=site.now,
            today=site.today,
        )

    _act(ctx, by, do)
    say(f"任务 {task} 定在 {on}。")


def reopen(ctx: typer.Context, task: TaskId, reason: Reason = "", by: By = "") -> None:
    """撤销登记，任务恢复为待办。"""

    def do(site: Opened, session: Session, who: str) -> None:
        records.reopen(session, task, reason=reason, by=who, now=site.now, today=site.today)

    _act(ctx, by, do)
    say(f"任务 {task} 已恢复。")


def explain(ctx: typer.Context, task: TaskId) -> None:
    """说明一项任务从哪里来、日期怎么定的、提醒过谁。"""
    with opened(ctx) as site:
        catalogue = site.catalogue()
        with site.site.database.read() as session:
            for line in explanation(session, catalogue, task, today=site.today):
                say(line)
