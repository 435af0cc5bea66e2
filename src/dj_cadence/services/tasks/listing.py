"""Tasks as readers are shown them, for commands and pages."""

from dj_cadence.store.tasks.task_list import TaskRow, tasks

__all__ = ["TaskRow", "tasks"]
