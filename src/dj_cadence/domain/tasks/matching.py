"""Which task a record belongs to that names none: the one in whose window its day lies."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.tasks.task import OWED, Task


class Window(NamedTuple):
    """A task with its period's label, and the last day on which it waits to be recorded."""

    task: Task
    period: str
    grace_end: date

    @property
    def owed(self) -> bool:
        return self.task.state in OWED

    def distance(self, day: date) -> int:
        """Days between the window and `day`; 0 inside."""
        return max((self.task.opens - day).days, (day - self.task.due).days, 0)


def choose(windows: Iterable[Window], day: date) -> Sequence[Window]:
    """The window that `day` belongs to: one, none, or several where only a person can tell.

    Windows go before the time of recording after them, what is still owed before what is
    settled, and of two the one that is due first.
    """
    ordered = sorted(windows, key=lambda window: (window.task.due, window.task.id))
    inside = [window for window in ordered if not window.distance(day)]
    fitting = inside or [window for window in ordered if window.task.due < day <= window.grace_end]
    best = [window for window in fitting if window.owed] or fitting
    return best if len({window.task.subject_id for window in best}) > 1 else best[:1]


def nearest(windows: Iterable[Window], day: date, limit: int = 2) -> Sequence[Window]:
    """The windows closest to `day`, in the order of time."""
    close = sorted(windows, key=lambda window: (window.distance(day), window.task.due))[:limit]
    return sorted(close, key=lambda window: window.task.due)
