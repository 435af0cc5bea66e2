"""channel: the ways of sending, and whether a message gets through."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from dj_cadence.domain.labels import AUDIENCES
from dj_cadence.entrypoints.cli.arguments import AsJson, argument
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say, show_rows

if TYPE_CHECKING:
    from dj_cadence.domain.messages.notifier import Limit

app = typer.Typer(name="channel", help="通道：消息怎样送出。", no_args_is_help=True)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """列出各通道，前面的优先。口令和机器人地址不显示。"""
    from dj_cadence.services.delivery import channels

    with opened(ctx) as site:
        listed = channels.list_channels(site.site)
    show_rows(listed, as_json, _KEYS, _COLUMNS)


def _limit(limit: Limit | None) -> str:
    if limit is None:
        return ""
    time = "每分钟" if limit.seconds == 60 else f"每{limit.seconds}秒"
    return f"{'每个地址' if limit.per_address else ''}{time}{limit.messages}条"


_KEYS = {
    "name": "name",
    "notifier": "notifier",
    "form": "traits.form",
    "shown": "traits.shown",
    "limit": lambda one: asdict(one.traits.limit) if one.traits.limit else None,
    "addresses": "good",
    "bad_addresses": "bad",
    "addresses_set_aside": "aside",
    "shut": "shut",
}
_COLUMNS = {
    "通道": "name",
    "程序": "notifier",
    "发给": lambda one: AUDIENCES[one.traits.form],
    "去处": "traits.shown",
    "限制": lambda one: _limit(one.traits.limit),
    "可用地址": "good",
    "失效地址": "bad",
    "暂停地址": "aside",
    "状态": lambda one: f"发不出：{one.shut}" if one.shut else "正常",
}


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
