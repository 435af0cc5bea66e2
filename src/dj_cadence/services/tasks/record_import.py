"""Many records at once, all or nothing."""

from dataclasses import replace

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.way import Way
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import RecordsFile
from dj_cadence.problems import faults
from dj_cadence.services.tasks.record import done
from dj_cadence.store.core.database import Session


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
