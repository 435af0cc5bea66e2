"""That somebody is to be told something about a task."""

from datetime import date
from typing import NamedTuple


class Notice(NamedTuple):
    """What an office is to be told of a task, from a day on. All but `due_on` is its key."""

    task_id: int
    due_revision: int
    """Of the task's dates: after a re-dating the same may be said once more."""
    reminder_step: str
    occurrence: int
    """Of a repeated step from 0; of what an act or an appointment caused, its id."""
    level: int
    """0: the task's organization itself; above, so many levels up its reporting line."""
    office: str
    due_on: date


class WaitingNotice(NamedTuple):
    """A notice that is to be told now, with the task's organization and reminder plan."""

    id: int
    notice: Notice
    org_id: int
    plan_snapshot_id: int

    def one_level_up(self, day: date) -> Notice:
        """The same for the next level, due on `day`: nobody can be reached at this one."""
        return self.notice._replace(level=self.notice.level + 1, due_on=day)
