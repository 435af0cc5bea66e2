"""deliveries, audit, clock, backup, restore: watching over what was sent, and over the site."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence.domain import labels
from dj_cadence.entrypoints.cli.arguments import AsJson, Misuse, argument, option
from dj_cadence.entrypoints.cli.context import Opened, folder, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEADERS = ("编号", "日期", "收信人", "渠道", "地址", "结果", "次数", "对方答复")
_RETRY, _ACCEPT = "retry", "accept"


def deliveries(
    ctx: typer.Context,
    words: Annotated[list[str] | None, argument("[retry 编号…]", "retry：再发这几封")] = None,
    person: Annotated[str, option("--person", "人员", "只看这个人（编号或地址）")] = "",
    *,
    failed: Annotated[bool, typer.Option("--failed", help="只看没有送达的")] = False,
    as_json: AsJson = False,
) -> None:
    """投递记录：发给谁、什么时候、结果如何；retry 编号… 再发一次。"""
    from dj_cadence.services.delivery import log

    with opened(ctx) as site:
        if words:
            _retry(site, words)
            return
        with site.site.database.read() as session:
            rows = log.deliveries(session, failed=failed, person_key=person)
    if as_json:
        for row in rows:
            say_json(row._asdict())
        return
    if not rows:
        say("没有这样的消息。")
        return
    cells = (
        (
            row.id,
            row.day,
            row.person,
            labels.CHANNELS.get(row.channel, row.channel),
            row.address,
            labels.MESSAGES[row.state],
            row.attempts,
            row.reply,
        )
        for row in rows
    )
    table(_HEADERS, cells)


def _retry(site: Opened, words: list[str]) -> None:
    from dj_cadence.services.delivery import log

    ids = words[1:]
    if words[0] != _RETRY or not ids or not all(word.isdecimal() for word in ids):
        raise Misuse("写法是 deliveries retry 编号…，编号见 deliveries。")
    with site.site.database.write() as session:
        log.retry(session, [int(word) for word in ids], site.today, site.now)
    say(f"已排队 {len(ids)} 封，下一次检查时发出。")


def audit(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """核对：提醒都有结果，任务都有下文，消息没有卡住，计划与重新推算的一致；能修的当场修好。"""
    from dj_cadence.services.audit import audit as look_at_everything

    with opened(ctx) as site:
        findings = look_at_everything(site.site, site.now)
    for finding in findings:
        if as_json:
            say_json(asdict(finding))
        else:
            say(f"{finding.number} {finding.text}。")
    if findings:
        raise typer.Exit(1)
    if not as_json:
        say("全部一致，没有发现问题。")


def clock(
    ctx: typer.Context,
    word: Annotated[str, argument("[accept]", "accept：现在的时间没错，从现在接着办")] = "",
) -> None:
    """看这台机器的时间是否可信；可疑时引擎什么都不做，accept 让它接着办。"""
    from dj_cadence.services.operations.clock_guard import accept_clock, check_clock, read_clock

    if word not in ("", _ACCEPT):
        raise Misuse("写法是 clock，或 clock accept。")
    with opened(ctx) as site:
        shown = f"{site.now.astimezone(site.settings.time_zone):%Y-%m-%d %H:%M}"
        if word == _ACCEPT:
            findings = accept_clock(site.site, site.now)
            say(f"已认定现在是 {shown}，下一次检查从现在接着办。")
            for finding in findings:
                say(f"　{finding.number} {finding.text}。")
        else:
            check_clock(site.site, read_clock())
            say(f"现在是 {shown}，与上次检查相符。")


def backup(ctx: typer.Context, file: Annotated[Path, argument("文件", "备份写到哪里")]) -> None:
    """把整个站点备份成一个文件，运行中也可以。文件里有密钥和姓名，请妥善保管。"""
    from dj_cadence.services.backup import backup as backups

    with opened(ctx) as site:
        size = backups.backup(site.site, file)
    say(f"已备份到 {file}（{size / 1_000_000:.1f} MB）。")


def restore(ctx: typer.Context, file: Annotated[Path, argument("文件", "backup 写的文件")]) -> None:
    """从备份恢复站点。恢复后不发送，直到运行 send on。"""
    from dj_cadence import clock as clocks
    from dj_cadence.services.backup.restore import restore as put_in_place

    place = folder(ctx)
    brought = put_in_place(file, place, clocks.now())
    say(f"已恢复到 {place}。" + _aside(brought.aside))
    if brought.database_said:
        say(
            f"备份里的 site.toml 写着 database = {brought.database_said}。那里没有动；"
            "数据库放进了站点文件夹，这一行已改成注释。"
        )
    say("发送已暂停：备份之后可能已经发过一些提醒。确认后运行 send on。")
    for line in _unconfirmed(brought.code):
        say(line)
    for line in _missing(place):
        say(line)


def _aside(folder: Path | None) -> str:
    return f"原来的文件移到了 {folder}。" if folder else ""


def _unconfirmed(code: Mapping[str, int]) -> Iterator[str]:
    """What came along that would be carried out, and waits for a person."""
    names = {"notifiers": "通知渠道程序", "templates": "模板"}
    brought = [f"{names[key]} {count} 个文件（{key}）" for key, count in code.items() if count]
    if brought:
        yield f"备份里还有{'、'.join(brought)}，都没有运行，也暂不使用。"
        yield "请先看过这些文件；运行 send on 就表示确认，之后的命令才会用它们。"


def _missing(place: Path) -> Iterator[str]:
    """What the settings still lack on this machine, such as files of passwords."""
    from dj_cadence.settings import SettingsError
    from dj_cadence.settings.reading import read_settings

    try:
        read_settings(place, os.environ)
    except SettingsError as error:
        yield "设置里还有要补的，补好后运行 doctor："
        yield from (str(problem) for problem in error.problems)
