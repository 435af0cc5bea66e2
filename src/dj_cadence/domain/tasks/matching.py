"""Which task a record belongs to that names none: the one in whose window its day lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Window:
    """As much of a task as the question needs. Dates are local, both ends included."""

    task_id: int
    about: int
    """The task's instance: two that are about different things are never mixed up."""
    opens: date
    due: date
    grace_end: date
    """The last day on which it waits to be recorded."""
    owed: bool

    def holds(self, day: date) -> bool:
        return self.opens <= day <= self.due

    def distance(self, day: date) -> int:
        """Days between the window and `day`; 0 inside."""
        return max((self.opens - day).days, (day - self.due).days, 0)


def choose(windows: Iterable[Window], day: date) -> Sequence[Window]:
    """The window that `day` belongs to: one, none, or several where only a person can tell.

    Windows go before the time of recording after them, what is still owed before what is
    settled, and of two the one that is due first.
    """
    ordered = sorted(windows, key=lambda window: (window.due, window.task_id))
    inside = [window for window in ordered if window.holds(day)]
    fitting = inside or [window for window in ordered if window.due < day <= window.grace_end]
    best = [window for window in fitting if window.owed] or fitting
    return best if len({window.about for window in best}) > 1 else best[:1]


def nearest(windows: Iterable[Window], day: date, limit: int = 2) -> Sequence[Window]:
    """The windows closest to `day`, in the order of time."""
    close = sorted(windows, key=lambda window: (window.distance(day), window.due))[:limit]
    return sorted(close, key=lambda window: window.due)
