"""One line to type for each command that there is, beside those that begin a site or stay."""

from collections.abc import Iterator

import typer.main

from dj_cadence.entrypoints.cli.app import app

BEGINNING = ("init", "demo", "run", "restore")
"""Make a site, or stay until they are stopped."""
LINES = """\
check
doctor
send on
send off
rules theme_party_day
roster import {roster} --dry-run
roster export {folder}/out.xlsx
roster tree
roster check
calendar list
calendar import {folder}/none.yaml
plan
tasks
done 1
missed 1 --reason 停课
planned 1 --on 2026-11-24
reopen 1 --reason 误记
take-back 1 --evidence 1
postpone 1 --until 2026-12-31 --reason 批复
waive 1 --reason 撤并
submit 1
accept 1
return 1 --reason 不全
announce theme_party_day --org A --theme 学习
quiet add --until 2026-12-01 --reason 期末
quiet list
quiet end 1
burden
phone-list
case open petition_response --org A --on 2026-11-20
case undo 1 --reason 误记
case list
case show 1
explain 1
tick
simulate --from 2026-11-23 --until 2026-11-23
digest A
letter reminder --org A --out {folder}/a.docx
wall --org A --out {folder}/a.xlsx
feed A
login-link li@example.cn
access li@example.cn
clock
channel list
channel test email li@example.cn
deliveries
audit
backup {folder}/backup.zip
"""


def lines(**names: object) -> Iterator[list[str]]:
    """The words of each line; every command stands in one."""
    for line in LINES.splitlines():
        yield line.format(**names).split()


def untyped() -> set[str]:
    """The commands that no line above types."""
    top = typer.main.get_command(app)
    every = {
        f"{name} {below}".strip()
        for name, command in top.commands.items()  # type: ignore[attr-defined]
        for below in getattr(command, "commands", {"": command})
    }
    typed = {
        name for name in every for line in LINES.splitlines() if f"{line} ".startswith(f"{name} ")
    }
    return every - typed - set(BEGINNING)
