"""Tasks as commands and pages show them, and what was said of each last."""

from collections.abc import Iterable
from dataclasses import dataclass

from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import acts
from dj_cadence.store.tasks.start_events import last_election
from dj_cadence.store.tasks.task_list import TaskRow, tasks

__all__ = ["TaskRow", "last_election", "tasks"]


@dataclass(frozen=True, slots=True)
class LastWord:
    """What can be taken back of one task, and why it was sent back."""

    deed: str
    """What can be taken back, as in 撤回登记; empty for nothing."""
    is_grant: bool
    """Whether only a superior may take it back."""
    sent_back: str
    """Why the superior sent it back; empty where it was not, or is handed up again."""


def last_words(session: Session, rows: Iterable[TaskRow]) -> dict[int, LastWord]:
    """By task; one of which nobody said anything is missing."""
    state_by_task = {row.id: row.state for row in rows}
    returns = acts.last_each(session, state_by_task, (ActKind.RETURN,))
    words = {}
    for task_id, last in acts.last_each(session, state_by_task).items():
        is_returned = task_id in returns and state_by_task[task_id] in OWED
        reason = returns[task_id].reason if is_returned else ""
        words[task_id] = LastWord(last.kind.undo_label, last.kind.is_grant, reason)
    return words
