"""init, demo, run, send, doctor: setting a site up and keeping it going."""

import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence import clock
from dj_cadence.bootstrap import load_rules, open_site, render_settings
from dj_cadence.entrypoints import daemon
from dj_cadence.entrypoints.cli.arguments import Misuse, parse_date, parse_port
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say
from dj_cadence.services import doctor as check_up
from dj_cadence.services import setup
from dj_cadence.services.restore import confirm, finish
from dj_cadence.services.site import switch_sending
from dj_cadence.settings import is_loopback

WEEKS_OF_DEMO = timedelta(weeks=8)
DEMO_FOLDER = Path("demo")

Host = Annotated[str, typer.Option("--host", metavar="地址", help="监听的地址")]
Port = Annotated[
    int | None,
    typer.Option("--port", parser=parse_port, metavar="端口", help="默认从 8000 起找空闲端口"),
]


def init(
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="站点放在哪里")],
    *,
    starts_on: Annotated[
        date | None,
        typer.Option("--starts-on", parser=parse_date, metavar="日期", help="默认本月1日"),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="填入虚构的示例区县")] = False,
) -> None:
    """新建站点。起用日期之前的事一概不欠；发送默认关闭。"""
    _init(folder, starts_on, with_demo=demo, port=daemon.FIRST_PORT)
    say(f"站点已建在 {folder}。")
    if demo:
        say(f"示例数据已填好。运行 dj-cadence --site {folder} run 打开网页。")
    else:
        say(f"接下来：1. 查看并修改 {folder / setup.SETTINGS}；")
        say(f"　　　　2. dj-cadence --site {folder} roster import 花名册.xlsx；")
        say(f"　　　　3. dj-cadence --site {folder} plan，确认后加 --apply；")
        say(f"　　　　4. dj-cadence --site {folder} send on，再 run。")


def _init(folder: Path, starts_on: date | None, *, with_demo: bool, port: int) -> None:
    now = clock.now()
    name = "示例市云溪区教育系统（演示）" if with_demo else "党建节拍"
    text = render_settings(name=name, local_administrator=with_demo, port=port)
    finish(folder)
    setup.lay_out_folder(folder, text)
    site = open_site(folder, os.environ, new=True)
    try:
        today = site.today(now)
        reach = today - WEEKS_OF_DEMO if with_demo else today
        start = starts_on or reach.replace(day=1)
        setup.found_site(site, start)
        if with_demo:
            setup.fill_with_demo(site, load_rules(), start, now)
    finally:
        site.database.engine.dispose()


def demo(ctx: typer.Context, host: Host = "127.0.0.1", port: Port = None) -> None:
    """打开演示站点 ./demo，没有就先建一个。"""
    finish(DEMO_FOLDER)
    if not (DEMO_FOLDER / setup.SETTINGS).exists():
        say("正在建立演示站点：虚构的区县，走过最近八周，约需几秒……")
        probe = daemon.listen(host, port)
        chosen = int(probe.getsockname()[1])
        probe.close()
        _init(DEMO_FOLDER, None, with_demo=True, port=chosen)
    ctx.obj = str(DEMO_FOLDER)
    run(ctx, host, port)


def run(ctx: typer.Context, host: Host = "127.0.0.1", port: Port = None) -> None:
    """启动：定时检查、发送提醒，并提供网页。按 Ctrl+C 停止。"""
    with opened(ctx) as site:
        wanted = daemon.configured_port(site.site)
        listening = daemon.listen(host, port, wanted)
        shown, taken = f"[{host}]" if ":" in host else host, listening.getsockname()[1]
        if daemon.is_linked_here(site.site) and taken != wanted:
            sys.stderr.write(
                f"注意：消息和日历订阅里的链接仍指向端口 {wanted}，打不开这里的网页。"
                f"请把 site.toml 里 [web] 的 address 改成端口 {taken}，"
                f"或腾出端口 {wanted} 再启动。\n"
            )
        if site.site.settings.local_administrator and not is_loopback(listening.getsockname()[0]):
            sys.stderr.write(
                "注意：不只在本机监听，[web] 的 local_administrator 不起作用，本机访问也要登录。"
                "请用 login-link 命令取得登录链接。\n"
            )
        say(f"http://{shown}:{taken}/")
        daemon.serve(site.site, listening)


def send(
    ctx: typer.Context,
    switch: Annotated[str, typer.Argument(metavar="on|off", help="on 开启，off 关闭")],
) -> None:
    """发送总开关。关闭期间提醒照常记账，不发出。"""
    if switch not in ("on", "off"):
        raise Misuse(f"应为 on 或 off，现在是“{switch}”。")
    with opened(ctx) as site:
        code = switch == "on" and confirm(site.site.settings.folder)
        unknown = switch_sending(site.site, on=switch == "on", today=site.today)
    say("发送已开启。" if switch == "on" else "发送已关闭，提醒只记账、不发出。")
    if code:
        say("恢复进来的通知渠道程序和模板已确认，从下一个命令起使用。")
    if unknown:
        say(f"暂停期间到期的 {unknown} 条提醒没有补发：原来的站点可能已经发过。")


def doctor(ctx: typer.Context) -> None:
    """体检：数据库、规则、发送、花名册是否都就绪。"""
    with opened(ctx) as site:
        loaded = load_rules(site.site.settings.folder)
        findings = check_up.examine(site.site, loaded, now=site.now)
    for finding in findings:
        say(f"{'正常' if finding.well else '注意'}　{finding.text}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)
