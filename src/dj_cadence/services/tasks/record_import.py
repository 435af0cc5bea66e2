"""Records that come in with a file: many at once, all or nothing, and elections of a roster."""

from collections.abc import Iterable
from dataclasses import replace

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks import transitions
from dj_cadence.domain.tasks.actor import Actor, Way
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import RecordsFile
from dj_cadence.problems import faults
from dj_cadence.services.roster.import_roster import Election
from dj_cadence.services.tasks.record import done
from dj_cadence.services.tasks.workflow import follow
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks import records, tasks


def import_records(session: Session, catalogue: Catalogue, file: RecordsFile, actor: Actor) -> int:
    """Record every row; returns how many.

    Raises Refused that names every faulty row. The caller's transaction must then be
    rolled back: earlier rows are in it.
    """
    actor = replace(actor, via=Way.IMPORT)
    wrong = [f"{problem.place}：{problem.message}" for problem in faults(file.problems)]
    for row in file.rows:
        try:
            done(
                session, catalogue, row.task_id, actor, on=row.on, note=row.note, amount=row.amount
            )
        except Refused as refusal:
            wrong.append(f"{row.place}：{refusal}")
    if wrong:
        listed = "\n".join(wrong)
        raise Refused(f"{listed}\n共 {len(wrong)} 处错误，没有登记任何一行。")
    return len(file.rows)


def settle_elections(
    session: Session, catalogue: Catalogue, elections: Iterable[Election], actor: Actor
) -> None:
    """An election that came in with the roster settles the term that it ends, on its day."""
    for election in elections:
        for term in tasks.of_term(session, election.org_id, election.old_anchor_id):
            records.add(session, [term], actor, day=election.day, amount=1, note="")
            held = transitions.complete(term, election.day, actor.now)
            tasks.change(session, term, held, actor, "花名册登记了换届")
            follow(session, catalogue, term, actor, held_on=election.day)
