"""access: where a person is logged in and which links in messages still act; ending both."""

from typing import Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import AsJson
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say, say_json
from dj_cadence.services.access.logins import logins_of
from dj_cadence.services.access.message_links import live_links, withdraw
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.store.roster import people
from dj_cadence.store.site import logins


def access(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="人员", help="人员编号或地址")],
    *,
    end: Annotated[bool, typer.Option("--end", help="退出所有设备，撤销所有链接")] = False,
    as_json: AsJson = False,
) -> None:
    """一个人在哪些设备上登录，消息里的哪些链接还能办理；加 --end 全部撤销。"""
    with opened(ctx) as site:
        settings, zone = site.site.settings, site.site.settings.time_zone
        with site.site.database.write() as session:
            found, rules = people.find_person(session, person), applied_catalogue(session)
            known = logins_of(session, found.id, site.now)
            links = live_links(session, rules, settings, found.id, site.now)
            if end:
                logins.end(session, found.id, site.now)
                withdraw(session, settings, found.id, site.now)
    rows = [
        *(
            {"kind": "login", "what": one.device, "since": one.made_at.astimezone(zone).isoformat()}
            for one in known
        ),
        *(
            {"kind": "link", "what": "、".join(link.titles), "since": link.day.isoformat()}
            for link in links
        ),
    ]
    if as_json:
        for row in rows:
            say_json(row | {"ended": end})
        return
    for row in rows:
        named = "登录" if row["kind"] == "login" else "链接"
        say(f"{named}　{row['since'][:16].replace('T', ' ')}　{row['what']}")
    if not rows:
        say(f"{found.name}没有登录的设备，也没有还能用的链接。")
    elif end:
        say(f"已全部撤销：{len(known)} 台设备，{len(links)} 个链接。")
