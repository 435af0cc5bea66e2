"""init, demo, run, send, doctor: setting a site up and keeping it going."""

import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence import clock
from dj_cadence.entrypoints.cli.arguments import Misuse, argument, date_option, option, parse_port
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import aside, say
from dj_cadence.errors import DjCadenceError, Refused

SETTINGS = "site.toml"
WEEKS_OF_DEMO = timedelta(weeks=8)
DEMO_FOLDER = Path("demo")
_CONTACT_OF_DEMO = """\
name = "云溪区教育工委党建办王老师"
phone = "0000-0000000"
"""

Host = Annotated[str, option("--host", "地址", "监听的地址")]
Port = Annotated[int | None, option("--port", "端口", "默认从 8000 起找空闲端口", parse_port)]


def init(
    folder: Annotated[Path, argument("文件夹", "站点放在哪里")],
    *,
    starts_on: Annotated[date | None, date_option("--starts-on", "默认本月1日")] = None,
    database: Annotated[str, option("--database", "地址", "默认是文件夹里的一个文件")] = "",
    demo: Annotated[bool, typer.Option("--demo", help="填入虚构的示例区县")] = False,
) -> None:
    """新建站点，或补全没有建完的。起用前已经结束的不欠，正在进行的先问是否办过；发送默认关闭。"""
    from dj_cadence.entrypoints.listening import FIRST_PORT

    if (folder / SETTINGS).exists() and not demo:
        _complete(folder, starts_on, database)
        return
    _init(folder, starts_on, with_demo=demo, port=FIRST_PORT, database=_fit(database))
    say(f"站点已建在 {folder}。")
    if demo:
        say(f"示例数据已填好。运行 dj-cadence --site {folder} run 打开网页。")
    else:
        say(f"接下来：1. 查看并修改 {folder / SETTINGS}；")
        say(f"　　　　2. dj-cadence --site {folder} roster import 花名册.xlsx；")
        say(f"　　　　3. dj-cadence --site {folder} plan，确认后加 --apply；")
        say(f"　　　　4. dj-cadence --site {folder} send on，再 run。")
        say("2 到 4 步也可在网页“管理”里办：先把 site.toml 里的 local_administrator 改成 true。")
        say("只在本机自己用、前面没有反向代理时才能这样改，用完改回 false。")


def _fit(database: str) -> str:
    """An address that can stand in site.toml."""
    from dj_cadence.settings.schema import checked_database

    try:
        checked_database(database)
    except ValueError as error:
        raise Misuse(f"--database {error}。") from error
    if re.search(r"://[^/@]*:[^/@]+@", database):
        raise Misuse(
            "--database 里不要写口令，它会留在 site.toml 里。请放在环境变量 PGPASSWORD 里。"
        )
    if not re.fullmatch(r"[^\s\"\\]*", database):
        raise Misuse("--database 里不能有空格、引号和反斜线。")
    return database


def _complete(folder: Path, starts_on: date | None, database: str) -> None:
    """What is missing of a site that was begun: folders, key, the tables of its database."""
    from dj_cadence.bootstrap import open_site
    from dj_cadence.services.backup.restore import finish
    from dj_cadence.services.operations import setup

    if database:
        place = folder / SETTINGS
        raise Refused(f"已经有 {place}。请改其中 database 一行，再运行 dj-cadence init {folder}。")
    finish(folder)
    made = setup.complete_folder(folder, starts_on)
    done = [f"已补建 {'、'.join(made)}。"] if made else []
    open_site(folder, os.environ, asked=True, tell=done.append).database.close()
    if not done:
        raise Refused(f"{folder.resolve()} 里已经有站点，没有改动。")
    for line in done:
        say(line)


def _init(
    folder: Path, starts_on: date | None, *, with_demo: bool, port: int, database: str = ""
) -> None:
    from zoneinfo import ZoneInfo

    from dj_cadence.bootstrap import load_rules, open_site, render_settings
    from dj_cadence.services.backup.restore import finish
    from dj_cadence.services.operations import setup
    from dj_cadence.settings.schema import TIME_ZONE

    now = clock.now()
    name = "示例市云溪区教育系统（演示）" if with_demo else "党建节拍"
    text = render_settings(name=name, local_administrator=with_demo, port=port, database=database)
    if with_demo:
        text = _with_contact(text)
    finish(folder)
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    reach = today - WEEKS_OF_DEMO if with_demo else today
    start = starts_on or reach.replace(day=1)
    setup.lay_out_folder(folder, text, start)
    try:
        site = open_site(folder, os.environ, tell=lambda _done: None)
    except DjCadenceError as error:
        raise Refused(
            f"{error}\n站点文件夹已建在 {folder}，数据库还没有建好。"
            f"解决以后再运行一次：dj-cadence init {folder}"
        ) from error
    try:
        if with_demo:
            setup.fill_with_demo(site, load_rules(), start, now)
    finally:
        site.database.close()


def _with_contact(text: str) -> str:
    """Whom to ask in the invented district, in the place of the two lines about it."""
    return re.sub(r"(?<=\[contact\]\n)# name = .*\n# phone = .*\n", _CONTACT_OF_DEMO, text)


def demo(ctx: typer.Context, host: Host = "127.0.0.1", port: Port = None) -> None:
    """打开演示站点 ./demo，没有就先建一个。"""
    from dj_cadence.entrypoints.listening import listen
    from dj_cadence.services.backup.restore import finish

    finish(DEMO_FOLDER)
    if not (DEMO_FOLDER / SETTINGS).exists():
        say("正在建立演示站点：虚构的区县，走过最近八周，约需几秒……")
        probe = listen(host, port)
        chosen = int(probe.getsockname()[1])
        probe.close()
        _init(DEMO_FOLDER, None, with_demo=True, port=chosen)
    ctx.obj = str(DEMO_FOLDER)
    run(ctx, host, port)


def run(ctx: typer.Context, host: Host = "127.0.0.1", port: Port = None) -> None:
    """启动：定时检查、发送提醒，并提供网页。按 Ctrl+C 停止。"""
    from dj_cadence.entrypoints import daemon, listening
    from dj_cadence.settings import is_loopback

    with opened(ctx) as site:
        wanted = listening.configured_port(site.site)
        bound = listening.listen(host, port, wanted)
        shown, taken = f"[{host}]" if ":" in host else host, bound.getsockname()[1]
        if listening.is_linked_here(site.site) and taken != wanted:
            aside(
                f"注意：消息和日历订阅里的链接仍指向端口 {wanted}，打不开这里的网页。"
                f"请把 site.toml 里 [web] 的 address 改成端口 {taken}，"
                f"或腾出端口 {wanted} 再启动。"
            )
        if site.settings.local_administrator and not is_loopback(bound.getsockname()[0]):
            aside(
                "注意：不只在本机监听，[web] 的 local_administrator 不起作用，本机访问也要登录。"
                "请用 login-link 命令取得登录链接。"
            )
        say(f"http://{shown}:{taken}/")
        daemon.serve(site.site, bound)


def send(
    ctx: typer.Context, switch: Annotated[str, argument("on|off", "on 开启，off 关闭")]
) -> None:
    """发送总开关。关闭期间提醒照常记账，不发出。"""
    if switch not in ("on", "off"):
        raise Misuse(f"应为 on 或 off，现在是“{switch}”。")
    from dj_cadence.services.backup.restore import confirm
    from dj_cadence.services.site import switch_sending

    with opened(ctx) as site:
        code = switch == "on" and confirm(site.settings.folder)
        unknown = switch_sending(site.site, on=switch == "on", today=site.today)
    say("发送已开启。" if switch == "on" else "发送已关闭，提醒只记账、不发出。")
    if code:
        say("恢复进来的通知渠道程序和模板已确认，从下一个命令起使用。")
    if unknown:
        say(f"暂停期间到期的 {unknown} 条提醒没有补发：原来的站点可能已经发过。")


def doctor(ctx: typer.Context) -> None:
    """体检：数据库、规则、发送、花名册是否都就绪。"""
    from dj_cadence.bootstrap import load_rules
    from dj_cadence.services.operations import doctor as check_up

    with opened(ctx) as site:
        loaded = load_rules(site.settings.folder)
        findings = check_up.examine(site.site, loaded, now=site.now)
    for finding in findings:
        say(f"{'正常' if finding.well else '注意'}　{finding.text}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)
