"""clock: whether the machine's clock is believed, and saying that it is right."""

from typing import Annotated

import typer

from dj_cadence.entrypoints.cli.arguments import Misuse
from dj_cadence.entrypoints.cli.context import opened
from dj_cadence.entrypoints.cli.output import say
from dj_cadence.entrypoints.daemon_jobs import read_clock
from dj_cadence.services.operations.clock_guard import accept_clock, check_clock

_ACCEPT = "accept"


def clock(
    ctx: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="[accept]", help="accept：现在的时间没错，从现在接着办")
    ] = "",
) -> None:
    """看这台机器的时间是否可信；可疑时引擎什么都不做，accept 让它接着办。"""
    if word not in ("", _ACCEPT):
        raise Misuse("写法是 clock，或 clock accept。")
    with opened(ctx) as site:
        shown = f"{site.now.astimezone(site.site.settings.time_zone):%Y-%m-%d %H:%M}"
        if word == _ACCEPT:
            findings = accept_clock(site.site, site.now)
            say(f"已认定现在是 {shown}，下一次检查从现在接着办。")
            for finding in findings:
                say(f"　{finding.number} {finding.text}。")
        else:
            check_clock(site.site, read_clock())
            say(f"现在是 {shown}，与上次检查相符。")
