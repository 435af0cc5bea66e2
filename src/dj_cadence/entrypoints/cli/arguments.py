"""What is typed, turned into values; a wrong word gets a Chinese sentence and exit code 2."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dj_cadence.domain.labels import TASKS
from dj_cadence.errors import DjCadenceError
from dj_cadence.problems import suggestion

Parser = Callable[[str], Any]
_LONGEST_GRACE = 60
_LEVELS = 5


class Misuse(DjCadenceError):
    """The command was not written as it must be."""


def parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misuse(f"“{text}”不是日期，应写成 2026-03-05 这样。") from None


def parse_month(text: str) -> date:
    """The first day of a month written 2026-03."""
    if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", text):
        raise Misuse(f"“{text}”不是月份，应写成 2026-03 这样。")
    return date.fromisoformat(f"{text}-01")


def parse_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Misuse(f"“{text}”不是带时区的时刻，应写成 2026-03-05T08:30:00+08:00 这样。")
    return instant


def parse_number(text: str) -> int:
    if not text.isdecimal():
        raise Misuse(f"“{text}”应为数字。")
    return int(text)


def parse_graces(text: str) -> tuple[int, ...]:
    """5,10: working days for each level; off: none."""
    if text == "off":
        return ()
    graces = [part.strip() for part in text.replace("，", ",").split(",")]
    if not all(part.isdecimal() and int(part) <= _LONGEST_GRACE for part in graces):
        raise Misuse(f"“{text}”应为每一级的工作日数，如 5,10（每级最多 60），或 off。")
    return tuple(map(int, graces))[:_LEVELS]


def parse_vacation(text: str) -> str:
    from dj_cadence.domain.rules.duty import Vacation

    if text not in list(Vacation):
        raise Misuse(f"应为 {'、'.join(Vacation)} 之一，现在是“{text}”。")
    return text


def parse_port(text: str) -> int:
    port = parse_number(text)
    if not 0 <= port <= 65535:
        raise Misuse(f"端口应在 0 到 65535 之间，现在是 {port}。")
    return port


def parse_state(text: str) -> str:
    """A state by its own name or by the Chinese word for it."""
    words = {key: key for key in TASKS} | {label: key for key, label in TASKS.items()}
    if text not in words:
        raise Misuse(f"没有“{text}”这种状态{suggestion(text, words)}")
    return words[text]


def ending(out: Path, *endings: str) -> str:
    """Which of `endings` the file has; the first of them where it has none at all."""
    suffix = out.suffix.lower() or endings[0]
    if suffix not in endings:
        raise Misuse(f"{out} 的后缀应为 {'、'.join(endings)}，写不成 {suffix} 文件。")
    return suffix


def option(name: str, metavar: str, text: str, parser: Parser | None = None) -> object:
    return typer.Option(name, parser=parser, metavar=metavar, help=text)


def argument(metavar: str, text: str, parser: Parser | None = None) -> object:
    return typer.Argument(parser=parser, metavar=metavar, help=text)


def date_option(name: str, text: str) -> object:
    return option(name, "日期", text, parse_date)


From = Annotated[date | None, date_option("--from", "从这一天起")]
Until = Annotated[date | None, date_option("--until", "到这一天止")]
On = Annotated[date | None, date_option("--on", "日期；默认今天")]
DoneOn = Annotated[date | None, date_option("--on", "办理日期；期限未过的默认今天，过了必须写")]
AsJson = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
TaskId = Annotated[int, argument("任务", "任务编号", parse_number)]
Reason = Annotated[str, option("--reason", "原因", "原因")]
By = Annotated[str, option("--as", "人员", "由谁办理：人员编号或地址")]
Org = Annotated[str, argument("组织", "组织代码")]
