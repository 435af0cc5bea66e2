"""A fault in something a person wrote, as data with a place."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault or warning. `place` is `file:line:column` or sheet, row and column."""

    place: str
    message: str
    warning: bool = False
    line: str = field(default="", compare=False)
    """What stands there, as it was written; empty where nobody looked it up."""
    column: int = field(default=0, compare=False)
    """Where in the line, counted in characters from 1; 0: the whole line."""

    def __str__(self) -> str:
        kind = "提示：" if self.warning else ""
        return f"{self.place}: {kind}{self.message}"

    def quoted(self) -> str:
        """The problem with its line below it, and a mark under the place."""
        if not self.line.strip():
            return str(self)
        mark = "" if not self.column else f"\n    | {_blank(self.line[: self.column - 1])}^"
        return f"{self}\n    | {self.line.rstrip()}{mark}"


def _blank(text: str) -> str:
    """As many spaces as `text` is wide on a terminal; a Chinese character takes two."""
    return "".join(
        "\t" if char == "\t" else "  " if unicodedata.east_asian_width(char) in "WF" else " "
        for char in text
    )


LineOf = Callable[[str], tuple[str, int] | None]
"""What stands at a place, and in which column; None where that is not known."""
_PLACE = re.compile(r"(.*):(\d+):(\d+)")


def with_lines(problems: Iterable[Problem], line_of: LineOf) -> list[Problem]:
    """The problems with their lines, as far as they are known."""
    placed = ((problem, line_of(problem.place)) for problem in problems)
    return [replace(p, line=at[0], column=at[1]) if at else p for p, at in placed]


def lines_of(texts: Mapping[str, str]) -> LineOf:
    """Looks `file:line:column` up in the texts of files by name."""
    cut = {name: text.splitlines() for name, text in texts.items()}

    def line_of(place: str) -> tuple[str, int] | None:
        match = _PLACE.fullmatch(place)
        lines = cut.get(match[1], []) if match else []
        if not match or not 1 <= int(match[2]) <= len(lines):
            return None
        return lines[int(match[2]) - 1], int(match[3])

    return line_of


def faults(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop the work; warnings left out."""
    return [problem for problem in problems if not problem.warning]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, by file, line and column."""
    return sorted(set(problems), key=lambda problem: (_numbers(problem.place), problem.message))


def _numbers(place: str) -> list[tuple[int, str]]:
    """`a:9:1` before `a:10:1`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in place.split(":")]


def suggestion(word: str, words: Iterable[str]) -> str:
    """「，是否想写 X？」 for the nearest known word, or nothing when none is near."""
    letters = set(word)
    possible = [candidate for candidate in words if not letters.isdisjoint(candidate)]
    # One slip in two characters is near; of a longer word more than half must be right.
    near = get_close_matches(word, possible, n=1, cutoff=0.5 if len(word) <= 2 else 0.6)
    return f"，是否想写“{near[0]}”？" if near else ""
