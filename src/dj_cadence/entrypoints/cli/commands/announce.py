"""announce: what a superior fixes for its subtree."""

from datetime import date
from typing import Annotated

import typer

from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.rules.duty import Vacation
from dj_cadence.entrypoints.cli.arguments import (
    By,
    Misuse,
    parse_date,
    parse_graces,
    parse_vacation,
)
from dj_cadence.entrypoints.cli.context import Opened, opened
from dj_cadence.entrypoints.cli.output import say
from dj_cadence.errors import Refused
from dj_cadence.services.access.permissions import Visitor, may_announce
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.rules.announce import announce as lay_over
from dj_cadence.services.rules.announce import take_back
from dj_cadence.store.roster import orgs, people

_Day = Annotated[date | None, typer.Option("--due", parser=parse_date, metavar="日期", help="最迟")]
_Undo = Annotated[bool, typer.Option("--undo", help="撤回这里对这项职责的最近一次部署，单独使用")]


def announce(
    ctx: typer.Context,
    duty: Annotated[str, typer.Argument(metavar="规则", help="如 org_life_meeting")],
    org: Annotated[str, typer.Option("--org", metavar="组织", help="哪个上级组织部署")],
    due: _Day = None,
    planned: Annotated[
        date | None,
        typer.Option("--planned", parser=parse_date, metavar="日期", help="统一的计划日"),
    ] = None,
    theme: Annotated[str, typer.Option("--theme", metavar="主题", help="统一的主题")] = "",
    vacation: Annotated[
        Vacation | None,
        typer.Option(
            "--vacation",
            parser=parse_vacation,
            metavar="办法",
            help="假期里：keep、shift_within_period 或 waive",
        ),
    ] = None,
    escalate: Annotated[
        str,
        typer.Option(
            "--escalate",
            metavar="工作日",
            help="逾期后逐级直接报上级，每级宽限几个工作日，如 5,10；off 为不再直接报",
        ),
    ] = "",
    by: By = "",
    *,
    adopt: Annotated[bool, typer.Option("--adopt", help="采纳默认周期，逾期计入周报")] = False,
    undo: _Undo = False,
) -> None:
    """上级为下级统一部署一项职责：最迟日期、计划日、主题，或采纳默认周期。"""
    if undo:
        if due or planned or theme or vacation or escalate or adopt:
            raise Misuse("--undo 不能和部署的内容一起用。")
        _take_back(ctx, duty, org, by)
        return
    with opened(ctx) as site:
        actor, catalogue = site.actor(by), site.catalogue()
        _check_office(site, org, by)
        with site.site.database.write() as session:
            period = lay_over(
                session,
                catalogue,
                duty,
                org,
                actor,
                due=due,
                planned=planned,
                theme=theme,
                adopt=adopt,
                vacation=vacation,
                escalate=parse_graces(escalate) if escalate else None,
            )
        _roll(site)
    when = f"（{chinese_label(period)}）" if period else ""
    say(f"已部署：{catalogue.duties[duty].title}{when}。")


def _take_back(ctx: typer.Context, duty: str, org: str, by: str) -> None:
    with opened(ctx) as site:
        site.actor(by)
        catalogue = site.catalogue()
        _check_office(site, org, by)
        with site.site.database.write() as session:
            take_back(session, catalogue, duty, org, now=site.now)
        _roll(site)
    say(f"已撤回最近一次部署：{catalogue.duties[duty].title}。")


def _roll(site: Opened) -> None:
    """Plan by what was laid down or taken back just now."""
    until = horizon(site.today)
    roll(site.site.database, site.catalogue(), until=until, today=site.today, now=site.now)


def _check_office(site: Opened, org: str, by: str) -> None:
    """Whoever is named must lead the organization or one above; the operator acts for it.

    Of an unknown organization the announcement itself tells, with all else that is wrong.
    """
    if not by:
        return
    with site.site.database.read() as session:
        person = people.find_person(session, by)
        found = orgs.lookup(session, org)
        if found is None:
            return
        visitor = Visitor(person.id, person.key, person.name)
        if not may_announce(session, visitor, found.id, site.today):
            raise Refused(f"{person.name}不是{found.name}的书记或党务工作者，不能代其部署。")
