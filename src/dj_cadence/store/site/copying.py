"""A site copied row by row into another database, to be walked through days to come."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Table, insert, select, update

from dj_cadence.domain.dates.arithmetic import LAST_DAY
from dj_cadence.domain.messages.states import MessageState
from dj_cadence.store.core.database import Session, let_refer_ahead
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

_ROSTER = (
    *(site, profile, org, person, address, appointment),
    *(start_event, catalogue, override, quiet_period),
)
_UNDER_WAY = (
    *(cohort, org_cohort, slot, plan_snapshot, task, record, record_task, act),
    *(message, digest, notice),
)
"""What is open and what was done and said, beside the roster; no letters and no files."""
_AT_ONCE = 1000


def copy_under_way(source: Session, target: Session, home: str) -> None:
    """All that is open and was said, what is on its way made ready again; its sending on."""
    let_refer_ahead(target)  # organizations name one another
    for table in (*_ROSTER, *_UNDER_WAY):
        for rows in _partitions(source, table):
            target.execute(insert(table), rows)
    on_its_way = message.c.state.in_((MessageState.LEASED, MessageState.RETRY))
    target.execute(update(message).where(on_its_way).values(state=MessageState.READY, lease_by=""))
    target.execute(update(site).values(sending=True, home=home, last_sending_day=LAST_DAY))


def copy_from_the_start(source: Session, target: Session, home: str, first: date) -> None:
    """The roster alone, as a site that begins on `first`; its sending on.

    A walk from the beginning tells everybody in time, whenever they were entered here.
    """
    let_refer_ahead(target)
    for table in _ROSTER:
        for rows in _partitions(source, table):
            if table is profile:
                for row in rows:
                    row["facts"].pop("known_on", None)
            target.execute(insert(table), rows)
    begun = {"sending": True, "home": home, "last_sending_day": LAST_DAY}
    target.execute(update(site).values(**begun, starts_on=first, digest_week="", planned_with=""))


def _partitions(source: Session, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows = source.execute(select(table), execution_options={"yield_per": _AT_ONCE}).mappings()
    for some in rows.partitions():
        yield [dict(row) for row in some]
