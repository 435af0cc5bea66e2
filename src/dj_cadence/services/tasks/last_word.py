"""What was said of tasks last, as pages show it: what can be taken back, why it was sent back."""

from collections.abc import Iterable
from dataclasses import dataclass

from dj_cadence.domain.tasks.deed import DeedKind
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import deeds
from dj_cadence.store.tasks.task_list import TaskRow


@dataclass(frozen=True, slots=True)
class LastWord:
    """Of one task."""

    deed: str
    """What can be taken back, as in 撤回登记; empty for nothing."""
    is_grant: bool
    """Whether only a superior may take it back."""
    sent_back: str
    """Why the superior sent it back; empty where it was not, or is handed up again."""


def last_words(session: Session, rows: Iterable[TaskRow]) -> dict[int, LastWord]:
    """By task; one of which nobody said anything is missing."""
    known = {row.id: row for row in rows}
    last = deeds.last_each(session, known)
    returns = deeds.last_each(session, known, (DeedKind.RETURN,))
    found = {}
    for task_id, act in last.items():
        kind, sent_back = DeedKind(act.kind), returns.get(task_id)
        owed = known[task_id].state in OWED
        reason = sent_back.reason if sent_back and owed else ""
        found[task_id] = LastWord(kind.label, kind.is_grant, reason)
    return found
