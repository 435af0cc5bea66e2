"""What a message says, as values for the templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

Observe = Callable[[Mapping[str, object]], None]
"""Is told each event of a pass, as a plain mapping with at least `at` and `event`."""


def ignore(_event: Mapping[str, object]) -> None:
    """An observer that wants to know nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """One task in a message."""

    task_id: int
    org_name: str
    title: str
    period: str
    """As a person reads it: 2026年3月."""
    opens: date
    planned: date | None
    due: date
    state: str
    rung: str
    provisional: bool
    target: int
    done: int
    unit: str
    office: str
    relay: str
    """Whom the recipient is asked to tell; empty where it is the recipient's own."""
    basis: str
    instructions: str
    overdue_days: int


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One overdue task of a subtree."""

    org_name: str
    title: str
    period: str
    due: date
    overdue_days: int


@dataclass(frozen=True, slots=True)
class DigestChild:
    """One organization directly below the superior, its whole subtree counted."""

    org_code: str
    org_name: str
    overdue: int
    newly_overdue: int
    due_this_week: int
    settled: int


@dataclass(frozen=True, slots=True)
class DigestView:
    """The weekly digest of one superior. Lists are in the organizations' own order."""

    org_code: str
    org_name: str
    week: str
    day: date
    newly_overdue: tuple[DigestLine, ...]
    still_overdue: tuple[DigestLine, ...]
    children: tuple[DigestChild, ...]
    missing: tuple[str, ...]
    """Sentences on data that is lacking: no election date, nobody reachable."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """All that one message says to one person on one day."""

    site_name: str
    person_name: str
    day: date
    late: bool
    items: tuple[Item, ...]
    digests: tuple[DigestView, ...]
    link: str
    """The page on which everything in it can be finished."""


@dataclass(frozen=True, slots=True)
class AlertView:
    """What administrators are told about the saved rule files."""

    site_name: str
    problems: tuple[str, ...]
    """Each with its place and line; none: the files are sound and not applied."""
    folder: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as text, ready for any channel."""

    subject: str
    text: str
    html: str
