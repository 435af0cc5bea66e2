"""What superiors lay over the rules for their subtree: announcements, adoptions, vacations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise


class OverrideKey(StrEnum):
    """What an override sets."""

    DUE = "due"
    PLANNED = "planned"
    THEME = "theme"
    VACATION = "vacation"
    ADOPTED = "adopted"
    """The period binds although no rule gives it: superiors see it as late."""
    ESCALATE = "escalate"
    """Superiors are told directly: after how many working days each, like 5,10."""


@dataclass(frozen=True, slots=True, order=True)
class Override:
    """One value for one period of a duty, or for every period where `period` is empty."""

    period: str
    key: OverrideKey
    value: str


@dataclass(frozen=True, slots=True)
class Spread:
    """An override and the positions of the tree it holds for, both ends included."""

    first: int
    last: int
    override: Override


@dataclass(frozen=True, slots=True)
class Segment:
    """Positions for which the same overrides hold."""

    first: int
    last: int
    overrides: tuple[Override, ...]


def segments(spreads: Iterable[Spread]) -> list[Segment]:
    """The positions cut where the overrides change; the nearest superior's goes before others'.

    Subtrees never overlap in part, so the narrower of two spreads is the nearer superior's.
    """
    ordered = sorted(spreads, key=lambda spread: spread.first - spread.last)
    edges = sorted({spread.first for spread in ordered} | {spread.last + 1 for spread in ordered})
    cut = []
    for first, after in pairwise(edges):
        holding = {
            (spread.override.period, spread.override.key): spread.override
            for spread in ordered
            if spread.first <= first and spread.last >= after - 1
        }
        if holding:
            cut.append(Segment(first, after - 1, tuple(sorted(holding.values()))))
    return cut


def of_period(overrides: Iterable[Override], period: str) -> Mapping[OverrideKey, str]:
    """The values that hold for one period; one made for it goes before one for every period."""
    ordered = sorted(overrides, key=lambda override: bool(override.period))
    return {override.key: override.value for override in ordered if override.period in ("", period)}


def day_of(values: Mapping[OverrideKey, str], key: OverrideKey) -> date | None:
    """The date an override sets, if it does."""
    return date.fromisoformat(values[key]) if key in values else None
