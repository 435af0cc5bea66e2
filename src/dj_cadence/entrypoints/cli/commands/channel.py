"""channel: the ways of sending, and whether a message gets through."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence.domain.labels import AUDIENCES
from dj_cadence.entrypoints.cli.arguments import AsJson, argument
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say, say_json, table

if TYPE_CHECKING:
    from dj_cadence.domain.messages.notifier import Limit
    from dj_cadence.services.delivery.channels import Channel

app = typer.Typer(name="channel", help="通道：消息怎样送出。", no_args_is_help=True)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出各通道，前面的优先。口令和机器人地址不显示。"""
    from dj_cadence.services.delivery import channels

    with opened(ctx) as site:
        listed = channels.list_channels(site.site)
    if as_json:
        for channel in listed:
            say_json(_as_json(channel))
        return
    table(
        ("通道", "程序", "发给", "去处", "限制", "可用地址", "失效地址", "暂停地址", "状态"),
        [
            (
                channel.name,
                channel.notifier,
                AUDIENCES[channel.traits.form],
                channel.traits.shown,
                _limit(channel.traits.limit),
                channel.good,
                channel.bad,
                channel.aside,
                f"发不出：{channel.shut}" if channel.shut else "正常",
            )
            for channel in listed
        ],
    )


def _as_json(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "notifier": channel.notifier,
        "form": channel.traits.form,
        "shown": channel.traits.shown,
        "limit": asdict(channel.traits.limit) if channel.traits.limit else None,
        "addresses": channel.good,
        "bad_addresses": channel.bad,
        "addresses_set_aside": channel.aside,
        "shut": channel.shut,
    }


def _limit(limit: Limit | None) -> str:
    if limit is None:
        return ""
    time = "每分钟" if limit.seconds == 60 else f"每{limit.seconds}秒"
    return f"{'每个地址' if limit.per_address else ''}{time}{limit.messages}条"


@app.command("test")
def test(
    ctx: typer.Context,
    name: Annotated[str, argument("通道", "site.toml 里的通道名")],
    address: Annotated[str, argument("地址", "邮箱、帐号或群机器人的名称")],
) -> None:
    """现在就发一条测试消息。发送总开关关着时也发。"""
    from dj_cadence.services.delivery import channels

    with opened(ctx) as site:
        reply = channels.test_channel(site.site, name, address, site.now)
    say(f"已送达。对方答复：{reply}")
