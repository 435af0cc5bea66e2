"""Many records at once, all or nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.way import Way
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import RecordRow
from dj_cadence.services.records import done
from dj_cadence.store.acts import came_by


def import_records(
    session: Session,
    catalogue: Catalogue,
    rows: Sequence[RecordRow],
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
    faults = []
    for row in rows:
        unreadable = list(_unreadable(row))
        if unreadable:
            faults += unreadable
            continue
        assert row.task_id is not None
        assert row.on is not None
        assert row.amount is not None
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
            faults.append(f"{row.place}：{refusal}")
    if faults:
        listed = "\n".join(faults)
        raise Refused(f"{listed}\n共 {len(faults)} 处错误，没有登记任何一行。")
    return len(rows)


def _unreadable(row: RecordRow) -> Iterator[str]:
    if row.task_id is None:
        yield f"{row.place}：任务编号应为数字。"
    if row.on is None:
        yield f"{row.place}：日期应写成 2026-03-05 这样。"
    if not row.amount:
        yield f"{row.place}：数量应为大于零的整数。"
