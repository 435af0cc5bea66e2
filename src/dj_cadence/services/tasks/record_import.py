"""Many records at once, all or nothing."""

from datetime import date, datetime

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.way import Way
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import RecordsFile
from dj_cadence.problems import faults
from dj_cadence.services.tasks.record import done
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks.acts import came_by


def import_records(
    session: Session,
    catalogue: Catalogue,
    file: RecordsFile,
    *,
    by: str,
    now: datetime,
    today: date,
) -> int:
    """Record every row; returns how many.

    Raises Refused that names every faulty row. The caller's transaction must then be
    rolled back: earlier rows are in it.
    """
    came_by(session, Way.IMPORT)
    wrong = [f"{problem.place}：{problem.message}" for problem in faults(file.problems)]
    for row in file.rows:
        try:
            done(
                session,
                catalogue,
                row.task_id,
                on=row.on,
                by=by,
                now=now,
                today=today,
                note=row.note,
                amount=row.amount,
            )
        except Refused as refusal:
            wrong.append(f"{row.place}：{refusal}")
    if wrong:
        listed = "\n".join(wrong)
        raise Refused(f"{listed}\n共 {len(wrong)} 处错误，没有登记任何一行。")
    return len(file.rows)
