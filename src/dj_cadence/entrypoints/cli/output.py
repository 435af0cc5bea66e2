"""Tables for people, one JSON object per line for scripts."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import typer

from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.problems import faults

if TYPE_CHECKING:
    from pathlib import Path

    from dj_cadence.problems import Problem

_Shown = Mapping[str, Any]
"""What stands under each name: an attribute of the row, or what is made of the row."""


def say(text: str = "") -> None:
    """A line for the user."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def aside(text: str) -> None:
    """A line for the user that belongs to no answer: on standard error."""
    sys.stderr.write(f"{text}\n")


def say_json(row: Mapping[str, object]) -> None:
    """One JSON object on one line; dates as ISO text."""
    say(json.dumps(row, ensure_ascii=False, default=_plain))


def write_file(content: str | bytes, out: Path) -> None:
    """Write what a command made, and say so. Raises Refused where that cannot be done."""
    try:
        out.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise Refused(f"{out} 写不进去：{os_reason(error.errno)}。") from error
    say(f"已写到 {out}。")


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; a Chinese character takes two places."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(headers))]
    lines = []
    for row in cells:
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        lines.append("  ".join(padded).rstrip())
    say("\n".join(lines))


def show_rows(rows: Iterable[Any], as_json: bool, keys: _Shown, columns: _Shown) -> None:  # noqa: FBT001
    """The rows as JSON objects of `keys`, or as a table of `columns`."""
    shown = keys if as_json else columns
    cells = [[_shown(row, what) for what in shown.values()] for row in rows]
    if not as_json:
        table(list(columns), cells)
        return
    for row in cells:
        say_json(dict(zip(keys, row, strict=True)))


def _shown(row: object, what: str | Callable[[Any], object]) -> object:
    return what(row) if callable(what) else attrgetter(what)(row)


def say_problems(problems: Sequence[Problem], wrong_says: str) -> None:
    """Each with its place; where one is a fault, the command ends with exit code 1."""
    for problem in problems:
        say(problem.quoted())
    if wrong := len(faults(problems)):
        say(wrong_says.format(wrong))
        raise typer.Exit(1)


def _cell(value: object) -> str:
    return "—" if value in (None, "") else str(value)


@cache
def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)
