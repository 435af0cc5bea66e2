"""burden, phone-list, access, login-link: what is asked of people, and how they get in."""

from datetime import date
from typing import Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import AsJson, argument, option, parse_month
from dj_cadence.entrypoints.cli.context import acting, reading
from dj_cadence.entrypoints.cli.output import say, say_json, show_rows

_Everywhere = Annotated[str, option("--org", "组织", "连同下级；不写为全站")]
_Month = Annotated[date | None, option("--month", "月", "如 2026-03；默认本月", parse_month)]
_Person = Annotated[str, argument("人员", "人员编号或地址")]


def burden(
    ctx: typer.Context, org: _Everywhere = "", month: _Month = None, *, as_json: AsJson = False
) -> None:
    """各组织一个月收到多少消息、需填写多少项。"""
    from dj_cadence.services.digest import burden as burdens

    with reading(ctx) as act:
        first = (month or act.today).replace(day=1)
        rows = burdens.of_month(act.session, *burdens.span(act.session, org), first)
    counts = {"messages": "messages", "fields": "fields"}
    keys = {"org": "org", "month": lambda _row: f"{first:%Y-%m}", **counts}
    show_rows(rows, as_json, keys, {"组织": "org_name", "消息": "messages", "需填写项数": "fields"})


def phone_list(ctx: typer.Context, org: _Everywhere = "", *, as_json: AsJson = False) -> None:
    """没有可用地址、需电话通知的人，和他们那里要办几项。"""
    from dj_cadence.services.digest import burden as burdens

    with reading(ctx) as act:
        span = burdens.span(act.session, org)
        rows = burdens.unreached(act.session, *span, act.settings.channels, act.today)
    named = ("office", "person", "phone", "open", "overdue")
    columns = dict(zip(("职务", "姓名", "电话", "待办", "其中逾期"), named, strict=True))
    keys = {"org": "code", **{name: name for name in named}}
    show_rows(rows, as_json, keys, {"组织": "org_name", **columns})


def access(
    ctx: typer.Context,
    person: _Person,
    *,
    end: Annotated[bool, typer.Option("--end", help="退出所有设备，撤销所有链接")] = False,
    as_json: AsJson = False,
) -> None:
    """一个人在哪些设备上登录，消息里的哪些链接还能办理；加 --end 全部撤销。"""
    from dj_cadence.services.access import logins
    from dj_cadence.services.pages import message_links
    from dj_cadence.services.roster.named import find_person

    with acting(ctx) as act:
        session, settings, now = act.session, act.settings, act.now
        holder = find_person(session, person)
        devices = logins.logins_of(session, holder.id, now)
        links = message_links.live_links(session, act.catalogue, settings, holder.id, now)
        if end:
            logins.end(session, holder.id, now)
            message_links.withdraw(session, settings, holder.id, now)
    zone = settings.time_zone
    rows = [
        *(("login", "登录", device.made_at.astimezone(zone), device.device) for device in devices),
        *(("link", "链接", link.day, "、".join(link.titles)) for link in links),
    ]
    for kind, named, since, what in rows:
        if as_json:
            say_json({"kind": kind, "what": what, "since": since, "ended": end})
        else:
            say(f"{named}　{since.isoformat()[:16].replace('T', ' ')}　{what}")
    if as_json:
        return
    if not rows:
        say(f"{holder.name}没有登录的设备，也没有还能用的链接。")
    elif end:
        say(f"已全部撤销：{len(devices)} 台设备，{len(links)} 个链接。")


def login_link(ctx: typer.Context, person: _Person) -> None:
    """给一个人一次性的登录地址，一天内有效。"""
    from dj_cadence.services.access.link_tokens import login_address
    from dj_cadence.services.roster.named import find_person

    with acting(ctx) as act:
        holder = find_person(act.session, person)
        say(login_address(act.session, act.settings, holder.id, act.now))
