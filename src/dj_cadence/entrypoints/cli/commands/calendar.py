"""calendar: holidays with make-up days, and semesters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dj_cadence import clock
from dj_cadence.domain.labels import PLAN_CHANGES
from dj_cadence.entrypoints.cli.arguments import AsJson, argument
from dj_cadence.entrypoints.cli.context import folder, opened, site_folder_or_none
from dj_cadence.entrypoints.cli.output import say, say_json, say_problems, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dj_cadence.domain.dates.working_days import HolidayYear, Semester
    from dj_cadence.services.planning.apply import PlanReport
    from dj_cadence.services.rules.calendars import Source

app = typer.Typer(name="calendar", help="日历：放假调休安排和校历。", no_args_is_help=True)

_STATUS = {"official": "已公布", "statutory_only": "仅法定", "missing": "缺"}


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出各年放假安排和各学期，是否已公布，出自哪里。"""
    from dj_cadence.services.rules.calendars import calendars

    place = site_folder_or_none(ctx)
    years, semesters = calendars(place / "schedules" if place else None, clock.now().date())
    if as_json:
        for year, source in years:
            say_json(_year_as_json(year, source))
        for semester, source in semesters:
            names = ("label", "city", "stage", "first", "last", "provisional", "source")
            shown = {name: getattr(semester, name) for name in names}
            say_json({"calendar": "semester", **shown, **source._asdict()})
        return
    _show_years(years)
    say()
    _show_semesters(semesters)


def _show_years(years: Sequence[tuple[HolidayYear, Source]]) -> None:
    rows = (
        (
            year.year,
            _STATUS[year.status],
            f"{len(year.days_off)}天",
            f"{len(year.make_up_days)}天",
            _origin(source),
            year.source,
        )
        for year, source in years
    )
    table(("年份", "状态", "放假", "调休上班", "文件", "来源"), rows)


def _show_semesters(semesters: Sequence[tuple[Semester, Source]]) -> None:
    from dj_cadence.domain.dates.period import chinese_label

    rows = (
        (
            chinese_label(semester.label),
            semester.city or "不限",
            semester.stage or "不限",
            semester.first,
            semester.last,
            "暂定" if semester.provisional else "已公布",
            _origin(source),
            semester.source,
        )
        for semester, source in semesters
    )
    table(("学期", "城市", "学段", "开始", "结束", "状态", "文件", "来源"), rows)


def _year_as_json(year: HolidayYear, source: Source) -> dict[str, object]:
    return {
        "calendar": "holidays",
        "year": year.year,
        "status": year.status.value,
        "days_off": len(year.days_off),
        "make_up_days": len(year.make_up_days),
        "source": year.source,
        **source._asdict(),
    }


def _origin(source: Source) -> str:
    return f"{source.file}（随附）" if source.shipped else source.file


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, argument("文件", "yaml、xlsx 或 csv")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看影响，不写入")] = False,
) -> None:
    """存入一年的放假安排或一份校历。任务在 plan --apply 之后才改期。"""
    from dj_cadence.services.rules import calendar_import
    from dj_cadence.services.rules.calendars import effect

    schedules = folder(ctx) / "schedules"
    with opened(ctx) as site:
        arrival = calendar_import.prepare(schedules, file)
        with site.site.database.read() as session:
            unheard = list(calendar_import.unheard_of(session, arrival.given.semesters))
        refusal = "共 {} 处错误，没有存入。请修改后重新导入。"
        say_problems([*arrival.problems, *unheard], refusal)
        if arrival.changes_nothing:
            say("无变化：规则里的日历已经是这样。")
        elif dry_run:
            database, today = site.site.database, site.today
            titles = {key: duty.title for key, duty in arrival.before.catalogue.duties.items()}
            _show_effect(*effect(database, arrival.before, arrival.after, today), titles)
        else:
            names = "、".join(calendar_import.store(schedules, arrival))
            say(f"已存入 {names}；运行 plan 查看影响，确认后 plan --apply。")


def _show_effect(plan: PlanReport, definite: int, titles: dict[str, str]) -> None:
    for (duty, change), count in plan.counts.items():
        say(f"{titles.get(duty, duty)}：{PLAN_CHANGES[change]} {count} 项")
        for sample in plan.samples:
            if (sample["duty"], sample["change"]) == (duty, change):
                say(f"    {_sample(sample)}")
    if not plan.counts:
        say("没有任务改期。")
    say(f"日期由暂定变为确定的任务：{definite} 项。")
    say("以上是预览，没有存入。去掉 --dry-run 即存入。")


def _sample(sample: dict[str, Any]) -> str:
    from dj_cadence.domain.dates.period import chinese_label

    days = [
        _moved("计划", sample["was_planned"], sample["planned"]),
        _moved("截止", sample["was_due"], sample["due"]),
    ]
    dates = "，".join(day for day in days if day)
    return f"{sample['org']} {chinese_label(sample['period'])} {dates}"


def _moved(name: str, was: date | None, now: date | None) -> str:
    """Old and new day; only the new one where they are the same."""
    if was is None and now is None:
        return ""
    return f"{name} {now}" if was in (None, now) else f"{name} {was} → {now or '未定'}"
