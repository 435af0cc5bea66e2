"""A site copied row by row into another database, to be walked through days to come."""

from datetime import date

from sqlalchemy import insert, select, update

from dj_cadence.domain.dates.arithmetic import LAST_DAY
from dj_cadence.domain.messages.states import MessageState
from dj_cadence.store.core.database import Session, let_refer_ahead
from dj_cadence.store.schema import message, metadata, site

_ROSTER = (
    *("site", "profile", "org", "person", "address", "appointment"),
    *("start_event", "catalogue", "override", "quiet_period"),
)
_UNDER_WAY = (
    *("cohort", "org_cohort", "slot", "plan_snapshot", "task", "record", "record_task", "act"),
    *("message", "digest", "notice"),
)
"""What is open and what was done and said, beside the roster; no letters and no files."""
_AT_ONCE = 1000


def copy_rows(source: Session, target: Session, home: str, first: date | None) -> None:
    """All that is open and was said, what is on its way made ready again; its sending on.

    With `first` it is the roster alone, as a site that begins on that day: a walk from the
    beginning tells everybody in time, whenever they were entered here.
    """
    let_refer_ahead(target)  # organizations name one another
    for name in _ROSTER if first else (*_ROSTER, *_UNDER_WAY):
        table = metadata.tables[name]
        rows = source.execute(select(table), execution_options={"yield_per": _AT_ONCE}).mappings()
        for some in rows.partitions():
            values = [dict(row) for row in some]
            if first and name == "profile":
                for row in values:
                    row["facts"].pop("known_on", None)
            target.execute(insert(table), values)
    on_its_way = message.c.state.in_((MessageState.LEASED, MessageState.RETRY))
    target.execute(update(message).where(on_its_way).values(state=MessageState.READY, lease_by=""))
    anew = {"starts_on": first, "digest_week": "", "planned_with": ""} if first else {}
    begun = {"sending": True, "home": home, "last_sending_day": LAST_DAY}
    target.execute(update(site).values(**begun, **anew))
