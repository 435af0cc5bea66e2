"""A fault in something a person wrote, as data with a place."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault or warning. `place` is `file:line:column` or sheet, row and column."""

    place: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "提示：" if self.warning else ""
        return f"{self.place}: {kind}{self.message}"


def faults(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop the work; warnings left out."""
    return [problem for problem in problems if not problem.warning]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, by file, line and column."""
    return sorted(set(problems), key=lambda problem: (_numbers(problem.place), problem.message))


def _numbers(place: str) -> list[tuple[int, str]]:
    """`a:9:1` before `a:10:1`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in place.split(":")]


def suggestion(word: str, known: Iterable[str]) -> str:
    """「，是否想写 X？」 for the nearest known word, or nothing when none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=_cutoff(word))
    return f"，是否想写“{near[0]}”？" if near else ""


def _cutoff(word: str) -> float:
    """One slip in two characters is near; of a longer word more than half must be right."""
    return 0.5 if len(word) <= 2 else 0.6
