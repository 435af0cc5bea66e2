"""All commands under one name."""

import logging
import os
import re
import sys
from collections.abc import Collection
from copy import copy
from inspect import getdoc
from typing import Annotated

import typer
from typer import TyperException
from typer.models import CommandInfo, TyperInfo

from dj_cadence import __version__
from dj_cadence.entrypoints.cli.arguments import Misuse
from dj_cadence.entrypoints.cli.commands import (
    calendar,
    case,
    channel,
    done,
    engine,
    paper,
    people,
    plan,
    quiet,
    roster,
    rule,
    site,
    task,
    upkeep,
)
from dj_cadence.entrypoints.cli.output import say
from dj_cadence.entrypoints.log import Log
from dj_cadence.errors import DjCadenceError

app = typer.Typer(
    name="dj-cadence",
    help="党建节拍：把学校党组织的固定职责变成任务，按时提醒，直到办结。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (roster, calendar, case, channel, quiet):
    app.add_typer(group.app)
for command in (
    site.init,
    site.demo,
    site.run,
    site.send,
    site.doctor,
    rule.check,
    rule.rules,
    plan.plan,
    task.tasks,
    done.done,
    task.missed,
    task.planned,
    task.reopen,
    task.postpone,
    task.waive,
    task.submit,
    task.accept,
    plan.announce,
    task.explain,
    engine.tick,
    upkeep.clock,
    engine.simulate,
    engine.digest,
    engine.feed,
    paper.letter,
    paper.wall,
    upkeep.deliveries,
    upkeep.audit,
    upkeep.backup,
    upkeep.restore,
    people.burden,
    people.access,
    done.take_back,
    task.return_,
    people.phone_list,
    people.login_link,
):
    app.command(command.__name__.rstrip("_").replace("_", "-"))(command)

OWNER_ONLY = 0o077
"""The bits of everybody else: what a command writes holds names, addresses and keys."""
_MISUSES = (
    (r"No such command '(.*?)'.*", r"没有 \1 这个命令。"),
    (r"No such option: (\S+).*", r"没有 \1 这个选项。"),
    (r"Missing (?:argument|option|parameter) '(.*?)'.*", r"缺少参数：\1。"),
    (r"Option '(.*?)' requires an argument.*", r"\1 后面要写内容。"),
    (r"Got unexpected extra arguments? \((.*)\)", r"多出了：\1。"),
    (r"(?:.*)", "命令写法不对。"),
)
"""What typer says, and how we say it; the last one fits everything."""


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's callbacks are called so
    if asked:
        say(f"dj-cadence {__version__}")
        raise typer.Exit


@app.callback()
def _site(
    ctx: typer.Context,
    folder: Annotated[
        str, typer.Option("--site", envvar="DJ_CADENCE_SITE", metavar="文件夹", help="站点文件夹")
    ] = ".",
    *,
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本")
    ] = False,
) -> None:
    ctx.obj = folder


def main() -> None:
    """Run one command. Exit codes: 0 fine, 1 problems found or refused, 2 misuse.

    Whatever it writes is for its owner only: databases, letters, exports hold names and keys.
    """
    before = os.umask(OWNER_ONLY)
    logging.basicConfig(level=logging.INFO, handlers=[Log(sys.stderr)])
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        sys.exit(_run())
    finally:
        os.umask(before)


def _run() -> int:
    try:
        code = _named(app, sys.argv)(standalone_mode=False)
    except Misuse as error:
        return _complain(str(error), 2)
    except TyperException as error:
        return _complain(_misuse(error), 2)
    except DjCadenceError as error:
        return _complain(str(error), 1)
    except BrokenPipeError:
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return code if isinstance(code, int) else 0


def _named(whole: typer.Typer, words: Collection[str]) -> typer.Typer:
    """The same commands; those that `words` do not name are there only to be listed.

    It takes longer to read the parameters of all than to carry out one.
    """
    part = copy(whole)
    part.registered_commands = [
        one
        if one.name in words
        else CommandInfo(one.name, help=getdoc(one.callback), callback=_listed)
        for one in whole.registered_commands
    ]
    part.registered_groups = [
        TyperInfo(_named(one.typer_instance, words))
        for one in whole.registered_groups
        if one.typer_instance
    ]
    return part


def _listed() -> None:
    """In the place of a command that is not carried out."""


def _misuse(error: TyperException) -> str:
    """In Chinese; nothing where the help has been printed instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    message = error.format_message()
    matches = ((re.fullmatch(pattern, message, re.DOTALL), ours) for pattern, ours in _MISUSES)
    return next(match.expand(ours) for match, ours in matches if match) + "用 --help 查看用法。"


def _complain(text: str, code: int) -> int:
    if text:
        sys.stderr.write(f"{text}\n")
    return code
