"""A copy of a site in a file of its own, to walk the clock over without touching the site."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select, update

from dj_cadence.domain.dates.arithmetic import LAST_DAY
from dj_cadence.domain.messages.states import MessageState
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Session, let_refer_ahead, open_file
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.schema import (
    act,
    address,
    appointment,
    catalogue,
    cohort,
    digest,
    message,
    notice,
    org,
    org_cohort,
    override,
    person,
    plan_snapshot,
    profile,
    quiet_period,
    record,
    record_task,
    site,
    slot,
    start_event,
    task,
)
from dj_cadence.store.site import site as sites

_ROSTER = (
    site,
    profile,
    org,
    person,
    address,
    appointment,
    start_event,
    catalogue,
    override,
    quiet_period,
)
_UNDER_WAY = (
    *(cohort, org_cohort, slot, plan_snapshot, task, record, record_task, act),
    *(message, digest, notice),
)
"""What is open and what was done and said, beside the roster; no letters and no files."""
_AT_ONCE = 1000
_Row = dict[str, Any]
_Change = Callable[[Table, _Row], _Row]
_ON_ITS_WAY = (MessageState.LEASED, MessageState.RETRY)


def copy_site(original: Site, folder: Path, since: date) -> tuple[Site, date, bool]:
    """The copy, the day it stands at, and whether it goes on from the last pass.

    The copy is a new SQLite file, and the original is only read.
    """
    database = open_file(folder / "simulation.db")
    migrate(database)
    with original.database.read() as source, database.write(durable=False) as target:
        let_refer_ahead(target)  # organizations name one another
        row = sites.load(source)
        last = original.today(row.last_tick) if row.last_tick else None
        goes_on = last is not None and last <= since
        for table in (*_ROSTER, *(_UNDER_WAY if goes_on else ())):
            _copy_rows(source, target, table, _plainly if goes_on else _known_from_the_start)
        begun = {"sending": True, "home": original.home, "last_sending_day": LAST_DAY}
        if last and goes_on:
            on_its_way = message.c.state.in_(_ON_ITS_WAY)
            target.execute(
                update(message).where(on_its_way).values(state=MessageState.READY, lease_by="")
            )
            target.execute(site.update().values(**begun))
            return replace(original, database=database), last, True
        first = min(row.starts_on, since)
        target.execute(
            site.update().values(**begun, starts_on=first, digest_week="", planned_with="")
        )
    return replace(original, database=database), first, False


def _copy_rows(source: Session, target: Session, table: Table, change: _Change) -> None:
    rows = source.execute(select(table), execution_options={"yield_per": _AT_ONCE}).mappings()
    for some in rows.partitions():
        target.execute(insert(table), [change(table, dict(row)) for row in some])


def _plainly(_table: Table, row: _Row) -> _Row:
    return row


def _known_from_the_start(table: Table, row: _Row) -> _Row:
    """A walk from the beginning tells everybody in time, whenever they were entered here."""
    if table is profile:
        row["facts"] = {name: v for name, v in row["facts"].items() if name != "known_on"}
    return row
