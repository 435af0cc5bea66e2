"""done: what was done, for a task, for the task that a day belongs to, or many from a workbook."""

from pathlib import Path
from typing import Annotated

import typer

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.entrypoints.cli.actors import check_actor, check_actor_of
from dj_cadence.entrypoints.cli.arguments import By, DoneOn, Misuse, TaskId, parse_number
from dj_cadence.entrypoints.cli.context import Opened, act, opened
from dj_cadence.entrypoints.cli.output import say
from dj_cadence.loading.evidence_file import read_paper
from dj_cadence.loading.records_file import read_records
from dj_cadence.services.site import Session
from dj_cadence.services.tasks import evidence, record, record_by_day
from dj_cadence.services.tasks.record_import import import_records
from dj_cadence.store.roster import orgs


def done(
    ctx: typer.Context,
    task: Annotated[
        int | None, typer.Argument(parser=parse_number, metavar="任务", help="任务编号")
    ] = None,
    duty: Annotated[
        str, typer.Option("--duty", metavar="规则", help="不写任务编号时：办的是哪项职责")
    ] = "",
    org: Annotated[str, typer.Option("--org", metavar="组织", help="和 --duty 一起用")] = "",
    on: DoneOn = None,
    hours: Annotated[
        int | None,
        typer.Option("--hours", parser=parse_number, metavar="数目", help="这次计几学时或几次"),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", metavar="说明", help="备注；涉密信息和内部敏感材料不得录入")
    ] = "",
    also: Annotated[
        list[int] | None,
        typer.Option(
            "--also", parser=parse_number, metavar="任务", help="一并计入的任务，可写多次"
        ),
    ] = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option("--evidence", metavar="文件", help="附件，可写多次；涉密材料不得上传"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--import", metavar="文件", help="从工作簿登记多项")
    ] = None,
    by: By = "",
) -> None:
    """登记任务已完成；一次活动可用 --also 一并计入别的任务。"""
    _check_usage(task, duty, org, file, papers)
    if file is not None:
        _import(ctx, file, by)
        return
    amount = 1 if hours is None else hours
    with opened(ctx) as site:
        what = {"on": on or site.today, "note": note, "amount": amount, "also": also or ()}
        actor = site.actor(by)
        rules = site.catalogue()
        set_aside = evidence.set_aside(site.site.settings, map(read_paper, papers or ()))
        with set_aside as aside, site.site.database.write() as session:
            if task is None:
                check_actor(session, by, [orgs.find_org(session, org).id], site.today)
                found = record_by_day.hold(session, rules, duty, org, actor, **what)  # type: ignore[arg-type]
                main, record_id, said = found.task_id, found.record_id, _attributed(found)
            else:
                main = task
                check_actor_of(session, by, (task, *(also or ())), site.today)
                what["on"] = on or record.day_meant(session, rules, task, site.today)
                record_id = record.done(session, rules, task, actor, **what)  # type: ignore[arg-type]
                said = f"任务 {'、'.join(map(str, (task, *(also or ()))))} 已登记。"
            evidence.attach(session, main, record_id, aside, actor)
    say(said)


def _check_usage(
    task: int | None, duty: str, org: str, file: Path | None, papers: list[Path] | None
) -> None:
    if sum((task is not None, file is not None, bool(duty))) != 1:
        raise Misuse("请写任务编号，或用 --duty 和 --org，或用 --import 给出工作簿，三者选一。")
    if bool(duty) != bool(org):
        raise Misuse("--duty 和 --org 要一起用。")
    if file is not None and papers:
        raise Misuse("--evidence 不能和 --import 一起用。")


def take_back(
    ctx: typer.Context,
    task: TaskId,
    number: Annotated[
        int,
        typer.Option(
            "--evidence", parser=parse_number, metavar="编号", help="附件编号，见 explain"
        ),
    ],
    by: By = "",
) -> None:
    """收回交错的附件；写了 --as 的，只能收回这个人自己交的。"""

    def do(site: Opened, session: Session, actor: Actor) -> None:
        check_actor_of(session, by, [task], site.today)
        name = evidence.take_back(session, task, number, actor, may_all=not by)
        say(f"已收回附件“{name}”。")

    act(ctx, by, do)


def _import(ctx: typer.Context, file: Path, by: str) -> None:
    def do(site: Opened, session: Session, actor: Actor) -> None:
        found = read_records(file)
        for problem in found.problems:
            if problem.warning:
                say(str(problem))
        count = import_records(session, site.catalogue(), found, actor)
        check_actor_of(session, by, (row.task_id for row in found.rows), site.today)
        say(f"已登记 {count} 项。")

    act(ctx, by, do)


def _attributed(found: record_by_day.Attributed) -> str:
    whose = f"任务 {found.task_id}（{chinese_label(found.period)}）"
    late = f"，迟 {found.late_days} 天" if found.late_days else ""
    if found.surplus:
        return f"{whose}早已完成；这一次作为多做的一并记在它名下，不顶别的周期。"
    return f"已记给{whose}{late}。"
