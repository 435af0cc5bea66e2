"""What one duty asks of whom, laid out in temporary tables beside what is stored.

The tables live on the connection of one transaction and are made anew for each duty.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.override import Segment
from dj_cadence.store.core.temporary_tables import insert_numbers, make_anew
from dj_cadence.store.core.types import AnySelect, Json
from dj_cadence.store.schema import slot

temporary = MetaData()
_temporary_for_good = MetaData()

target_cohort = Table(
    "target_cohort",  # what those are known by that are not stored
    temporary,
    Column("cohort_id", Integer, primary_key=True),
    Column("facts", Json, nullable=False),
    prefixes=["TEMPORARY"],
)
target_segment = Table(
    "target_segment",  # stretches of the tree for which superiors have announced the same
    temporary,
    Column("segment", Integer, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
target_representative = Table(
    "target_representative",  # what stays on the connection: a profile never changes
    _temporary_for_good,
    Column("reading", Integer, primary_key=True),  # which facts are read
    Column("profile_id", Integer, primary_key=True),
    Column(
        "representative_id", Integer, nullable=False
    ),  # a profile in which these facts are the same
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
target_member = Table(
    "target_member",  # the cohort of each kind of organizations, by the number it is assigned under
    temporary,
    Column("class_id", Integer, primary_key=True),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
target_slot = Table(
    "target_slot",
    temporary,
    Column("cohort_id", Integer, primary_key=True),
    Column("period", String(16), primary_key=True),
    Column("step", String(24), primary_key=True),
    Column("slot_id", Integer, nullable=True),  # None: not stored yet
    Column("label", String(32), nullable=False),
    Column("opens", Date, nullable=False),
    Column("planned", Date, nullable=True),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("target", Integer, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("theme", Text, nullable=False),
    Column("asked_on", Date, nullable=True),
    Column("first_on", Date, nullable=False),
    Column("derivation", Json, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
target_org = Table(
    "target_org",
    temporary,
    Column("org_id", Integer, primary_key=True),
    Column("subject_id", Integer, primary_key=True),
    Column("start_event_id", Integer, primary_key=True),
    # Of a workflow's steps: for which period, and what they are counted from.
    Column("period", String(16), primary_key=True, server_default=""),
    Column("counted_from", String(24), primary_key=True, server_default=""),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


def stage(session: Session, segments: Sequence[Segment] = ()) -> None:
    """Make the temporary tables, empty but for the segments."""
    make_anew(session, temporary)
    target_representative.create(session.connection(), checkfirst=True)
    insert_rows(session, target_segment, [
        {"segment": n, "first": s.first, "last": s.last} for n, s in enumerate(segments, 1)
    ])  # fmt: skip


def fill(
    session: Session,
    known_by: Mapping[int, object],
    cohorts: Mapping[int, int],
    slots: Sequence[dict[str, object]],
    assigned: AnySelect,
) -> None:
    """Fill the temporary tables of one duty with who is `assigned`, in one statement.

    `known_by` has what the cohorts are known by that are not stored, `cohorts` the cohort of
    each kind of organizations that owe anything.
    """
    insert_rows(session, target_cohort, [
        {"cohort_id": key, "facts": facts} for key, facts in known_by.items()
    ])  # fmt: skip
    insert_numbers(session, target_member, cohorts.items())
    fill_slots(session, slots)
    each = assigned.subquery("each")
    same = target_member.c.class_id == each.c.class_id
    chosen = select(
        each.c.org_id, each.c.subject_id, target_member.c.cohort_id, each.c.start_event_id
    )
    session.execute(
        insert(target_org).from_select(
            ["org_id", "subject_id", "cohort_id", "start_event_id"],
            chosen.join_from(each, target_member, same).order_by(each.c.org_id, each.c.subject_id),
        )
    )


def fill_slots(session: Session, slots: Sequence[dict[str, object]]) -> None:
    """Lay out the wanted slots, with the ids of those that are stored."""
    insert_rows(session, target_slot, slots)
    find_slot_ids(session)


def find_slot_ids(session: Session) -> None:
    """Give the target slots that are stored the ids that they have there."""
    stored = select(slot.c.id).where(
        slot.c.cohort_id == target_slot.c.cohort_id,
        slot.c.period == target_slot.c.period,
        slot.c.step == target_slot.c.step,
    )
    lacking = target_slot.c.slot_id.is_(None)
    session.execute(
        update(target_slot)
        .where(lacking)
        .values(slot_id=stored.correlate(target_slot).scalar_subquery())
    )


def insert_rows(session: Session, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Write rows of a temporary table; none is fine."""
    if rows:
        session.execute(insert(table), list(rows))
