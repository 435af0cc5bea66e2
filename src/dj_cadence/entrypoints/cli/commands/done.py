"""done, take-back: what was done, for a task, for the task of a day, or many from a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dj_cadence.entrypoints.cli.arguments import (
    By,
    DoneOn,
    Misuse,
    TaskId,
    argument,
    option,
    parse_number,
)
from dj_cadence.entrypoints.cli.context import Act, acting, opened
from dj_cadence.entrypoints.cli.output import say

if TYPE_CHECKING:
    from datetime import date

    from dj_cadence.services.tasks.record_by_day import Attributed


def done(
    ctx: typer.Context,
    task: Annotated[int | None, argument("任务", "任务编号", parse_number)] = None,
    duty: Annotated[str, option("--duty", "规则", "不写任务编号时：办的是哪项职责")] = "",
    org: Annotated[str, option("--org", "组织", "和 --duty 一起用")] = "",
    on: DoneOn = None,
    hours: Annotated[
        int | None, option("--hours", "数目", "这次计几学时或几次", parse_number)
    ] = None,
    note: Annotated[str, option("--note", "说明", "备注；涉密信息和内部敏感材料不得录入")] = "",
    also: Annotated[
        list[int] | None, option("--also", "任务", "一并计入的任务，可写多次", parse_number)
    ] = None,
    papers: Annotated[
        list[Path] | None, option("--evidence", "文件", "附件，可写多次；涉密材料不得上传")
    ] = None,
    file: Annotated[Path | None, option("--import", "文件", "从工作簿登记多项")] = None,
    by: By = "",
) -> None:
    """登记任务已完成；一次活动可用 --also 一并计入别的任务。"""
    from dj_cadence.loading.evidence_file import read_paper
    from dj_cadence.services.tasks import evidence

    _check_usage(task, duty, org, file, papers)
    if file is not None:
        _import(ctx, file, by)
        return
    with opened(ctx) as site:
        set_aside = evidence.set_aside(site.settings, map(read_paper, papers or ()))
        with set_aside as aside, site.acting(by) as act:
            what = {"note": note, "amount": 1 if hours is None else hours, "also": also or ()}
            if task is None:
                main, record_id, text = _record_by_day(act, duty, org, on or act.today, what)
            else:
                main = task
                record_id, text = _record(act, task, on, what)
            evidence.attach(act.session, main, record_id, aside, act.actor)
    say(text)


def _record_by_day(
    act: Act, duty: str, org: str, day: date, what: dict[str, Any]
) -> tuple[int, int, str]:
    """(task, record, what is said of it), for the task that the day belongs to."""
    from dj_cadence.services.tasks import record_by_day

    rules = act.catalogue
    act.check_acts_for(org)
    record = record_by_day.hold(act.session, rules, duty, org, act.actor, on=day, **what)
    return record.task_id, record.record_id, _attributed(record)


def _record(act: Act, task: int, on: date | None, what: dict[str, Any]) -> tuple[int, str]:
    """(record, what is said of it)."""
    from dj_cadence.services.tasks import record

    tasks = (task, *what["also"])
    subject = act.on(*tasks)
    day = on or record.day_meant(act.session, act.catalogue, task, act.today)
    record_id = record.done(*subject, on=day, **what)
    return record_id, f"任务 {'、'.join(map(str, tasks))} 已登记。"


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
    number: Annotated[int, option("--evidence", "编号", "附件编号，见 explain", parse_number)],
    by: By = "",
) -> None:
    """收回交错的附件；写了 --as 的，只能收回这个人自己交的。"""
    from dj_cadence.services.tasks import evidence

    with acting(ctx, by) as act:
        act.on(task)
        may_all = act.person.administrator
        name = evidence.take_back(act.session, task, number, act.actor, may_all=may_all)
    say(f"已收回附件“{name}”。")


def _import(ctx: typer.Context, file: Path, by: str) -> None:
    from dj_cadence.loading.records_file import read_records
    from dj_cadence.services.access.actors import check_acts_on
    from dj_cadence.services.tasks.record_import import import_records

    with acting(ctx, by) as act:
        records = read_records(file)
        for problem in records.problems:
            if problem.warning:
                say(str(problem))
        count = import_records(act.session, act.catalogue, records, act.actor)
        tasks = (row.task_id for row in records.rows)
        check_acts_on(act.session, act.person, tasks, act.today)
    say(f"已登记 {count} 项。")


def _attributed(record: Attributed) -> str:
    from dj_cadence.domain.dates.period import chinese_label

    whose = f"任务 {record.task_id}（{chinese_label(record.period)}）"
    late = f"，迟 {record.late_days} 天" if record.late_days else ""
    if record.surplus:
        return f"{whose}早已完成；这一次作为多做的一并记在它名下，不顶别的周期。"
    return f"已记给{whose}{late}。"
