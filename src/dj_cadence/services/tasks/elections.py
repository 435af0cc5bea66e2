"""An election that came in with the roster settles the term it ends."""

from collections.abc import Iterable

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks import change
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.roster.import_roster import Election
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import records, tasks
from dj_cadence.store.tasks.start_events import last_election

__all__ = ["last_election"]


def settle_elections(
    session: Session, catalogue: Catalogue, elections: Iterable[Election], actor: Actor
) -> None:
    """Mark the task of each ended term as done on the day of its election."""
    for election in elections:
        for term in tasks.of_term(session, election.org_id, election.old_anchor_id):
            records.add(session, [term], actor, day=election.day, amount=1, note="")
            done = change.complete(term, election.day, actor.now)
            tasks.change(session, term, done, actor, "花名册登记了换届")
            follow(session, catalogue, term, actor, held_on=election.day)
