"""deliveries, audit, backup, restore: watching over what was sent, and over the site."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dj_cadence import clock
from dj_cadence.domain import labels
from dj_cadence.entrypoints.cli.arguments import AsJson, Misuse
from dj_cadence.entrypoints.cli.context import Opened, folder, opened
from dj_cadence.entrypoints.cli.output import say, say_json, table
from dj_cadence.services.audit import audit as look_at_everything
from dj_cadence.services.backup import backup as backups
from dj_cadence.services.backup import restore as restoring
from dj_cadence.services.delivery import log
from dj_cadence.settings import SettingsError
from dj_cadence.settings.reading import read_settings

_HEADERS = ("编号", "日期", "收信人", "渠道", "地址", "结果", "次数", "对方答复")
_RETRY = "retry"


def deliveries(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[retry 编号…]", help="retry：再发这几封")
    ] = None,
    person: Annotated[
        str, typer.Option("--person", metavar="人员", help="只看这个人（编号或地址）")
    ] = "",
    *,
    failed: Annotated[bool, typer.Option("--failed", help="只看没有送达的")] = False,
    as_json: AsJson = False,
) -> None:
    """投递记录：发给谁、什么时候、结果如何；retry 编号… 再发一次。"""
    with opened(ctx) as site:
        if words:
            _retry(site, words)
            return
        with site.site.database.read() as session:
            found = log.deliveries(session, failed=failed, person_key=person)
    if as_json:
        for one in found:
            say_json(one._asdict())
        return
    if not found:
        say("没有这样的消息。")
        return
    shown = (
        (
            one.id,
            one.day,
            one.person,
            labels.CHANNELS.get(one.channel, one.channel),
            one.address,
            labels.MESSAGES[one.state],
            one.attempts,
            one.reply,
        )
        for one in found
    )
    table(_HEADERS, shown)


def _retry(site: Opened, words: list[str]) -> None:
    ids = words[1:]
    if words[0] != _RETRY or not ids or not all(one.isdecimal() for one in ids):
        raise Misuse("写法是 deliveries retry 编号…，编号见 deliveries。")
    with site.site.database.write() as session:
        log.retry(session, [int(one) for one in ids], site.today, site.now)
    say(f"已排队 {len(ids)} 封，下一次检查时发出。")


def audit(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """核对：提醒都有结果，任务都有下文，消息没有卡住，计划与重新推算的一致；能修的当场修好。"""
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


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="文件", help="备份写到哪里")],
) -> None:
    """把整个站点备份成一个文件，运行中也可以。文件里有密钥和姓名，请妥善保管。"""
    with opened(ctx) as site:
        size = backups.backup(site.site, file)
    say(f"已备份到 {file}（{size / 1_000_000:.1f} MB）。")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="文件", help="backup 写的文件")],
) -> None:
    """从备份恢复站点。恢复后不发送，直到运行 send on。"""
    place = folder(ctx)
    brought = restoring.restore(file, place, clock.now())
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
    try:
        read_settings(place, os.environ)
    except SettingsError as error:
        yield "设置里还有要补的，补好后运行 doctor："
        yield from (str(problem) for problem in error.problems)
