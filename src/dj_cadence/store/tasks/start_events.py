"""What deadlines are counted from: elections that begin a term, and cases."""

from collections.abc import Sequence

from sqlalchemy import select

from dj_cadence.store.core.batching import Values, add_rows, change_rows
from dj_cadence.store.core.conditions import is_current_election
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import start_event


def running_terms(session: Session) -> dict[int, int]:
    """The id of the election that the running term of each organization hangs on."""
    query = select(start_event.c.org_id, start_event.c.id).where(is_current_election())
    return dict(session.execute(query).all())


def write_elections(
    session: Session,
    *,
    corrected: Sequence[Values],
    ended: Sequence[int],
    begun: Sequence[Values],
) -> None:
    """Elections that a roster brings: other days by `id`, terms that are over, and new ones."""
    change_rows(session, start_event, corrected)
    change_rows(session, start_event, [{"id": number, "current": False} for number in ended])
    rows = [{"kind": "election", "current": True, **values} for values in begun]
    add_rows(session, start_event, rows)
