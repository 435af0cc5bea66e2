"""roster: the tree of organizations and their office-holders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import argument
from dj_cadence.entrypoints.cli.context import Opened, folder, opened, reading
from dj_cadence.entrypoints.cli.output import say, say_problems
from dj_cadence.problems import faults

if TYPE_CHECKING:
    from dj_cadence.services.roster.import_roster import ImportReport

app = typer.Typer(name="roster", help="花名册：组织和任职。", no_args_is_help=True)


@app.command("import")
def import_(
    ctx: typer.Context,
    files: Annotated[list[Path], argument("文件…", "xlsx，或两个 csv")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果，不写入")] = False,
    correct: Annotated[
        bool, typer.Option("--correct", help="允许把上次换届日期改早或清空")
    ] = False,
) -> None:
    """导入花名册。有一处错误就全部不写入；重复导入不会重复。"""
    from dj_cadence.domain.tasks.actor import Actor, Way
    from dj_cadence.loading.roster_file import read_roster
    from dj_cadence.services.access.actors import OPERATOR
    from dj_cadence.services.roster.import_roster import import_roster
    from dj_cadence.services.tasks.record_import import settle_elections

    with opened(ctx) as site:
        sheets, found = read_roster(files)
        with site.site.database.write() as session:
            report = import_roster(
                session,
                sheets,
                now=site.now,
                today=site.today,
                by=OPERATOR.key,
                faults=found,
                correct=correct,
                dry_run=dry_run,
            )
            if elections := report.elections:
                actor = Actor(OPERATOR.key, site.now, site.today, Way.IMPORT)
                settle_elections(session, site.catalogue, elections, actor)
        refusal = "共 {} 处错误，没有写入任何数据。请修改后重新导入。"
        say_problems(report.problems, refusal)
        if dry_run:
            say("以下是预览，没有写入：")
        for sentence in (*report.sentences(), *_owed(ctx, site, report)):
            say(sentence)


def _owed(ctx: typer.Context, site: Opened, report: ImportReport) -> list[str]:
    """What those that are new will owe: by the rules in force, else by those that are saved."""
    from dj_cadence.bootstrap import load_rules
    from dj_cadence.services.planning.first_duties import first_duties
    from dj_cadence.services.site import state_of

    if not report.newcomers:
        return []
    row, has_rules = state_of(site.site.database)
    rules = site.catalogue if has_rules else load_rules(folder(ctx)).catalogue
    return first_duties(rules, report.newcomers, row.starts_on, site.today).sentences(rules)


@app.command("export")
def export(ctx: typer.Context, file: Annotated[Path, argument("文件", "要写的 xlsx")]) -> None:
    """把花名册导出为工作簿，改好后可以再导入。"""
    from dj_cadence.services.roster.export import export_roster

    with reading(ctx) as act:
        export_roster(act.session, file)
    say(f"已导出到 {file}。")


@app.command("tree")
def tree(ctx: typer.Context) -> None:
    """按上下级列出组织。"""
    from dj_cadence.services.roster import export as roster_view

    with reading(ctx) as act:
        say(
            roster_view.roster_tree(act.session)
            or "还没有组织。请先运行 roster import 导入花名册。"
        )


@app.command("check")
def check(ctx: typer.Context) -> None:
    """检查花名册：空缺的书记、没有地址的人、没有换届日期的组织。"""
    from dj_cadence.services.roster import export as roster_view

    with reading(ctx) as act:
        problems = roster_view.check_roster(act.session, act.today)
    for problem in problems:
        say(problem.quoted())
    say(f"共 {len(problems)} 条。" if problems else "没有发现问题。")
    if faults(problems):
        raise typer.Exit(1)
