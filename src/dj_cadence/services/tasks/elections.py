"""An election that came in with the roster settles the term it ends."""

from collections.abc import Iterable

from sqlalchemy import select

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import OWED, State
from dj_cadence.services.roster.import_roster import Election
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import task
from dj_cadence.store.tasks import acts
from dj_cadence.store.tasks.acts import last_election

__all__ = ["last_election"]


def settle_elections(
    session: Session,
    catalogue: Catalogue,
    elections: Iterable[Election],
    actor: Actor,
) -> None:
    """Mark the task of each ended term as done on the day of its election."""
    for election in elections:
        mine = (task.c.org_id == election.org_id, task.c.subject_id == 0, task.c.step == OWN)
        running = (task.c.start_event_id == election.old_anchor_id, task.c.state.in_(sorted(OWED)))
        for row in session.execute(select(task).where(*mine, *running)).all():
            acts.add_record(session, [row], actor, day=election.day, amount=1, note="")
            values: dict[str, object] = {
                "amount": row.target,
                "state": State.DONE.value,
                "completed_on": election.day,
                "settled_at": actor.now,
                "next_on": None,
            }
            acts.change(session, row, "done", actor, reason="花名册登记了换届", values=values)
            held_on = election.day
            follow(session, catalogue, row, actor, held_on=held_on)
