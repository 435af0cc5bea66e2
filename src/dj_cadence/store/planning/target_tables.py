"""What one duty asks of whom, laid out in temporary tables beside what is stored.

The tables live on the connection of one transaction and are made anew for each duty.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.override import Segment
from dj_cadence.store.core.batching import add_rows
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
    Column("representative_id", Integer, nullable=False),  # one in which they are the same
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
_SLOT_KEY = ("cohort_id", "period", "step")
target_slot = Table(
    "target_slot",  # as it is stored
    temporary,
    *(
        Column(column.name, column.type, primary_key=column.name in _SLOT_KEY)
        for column in slot.columns
        if column is not slot.c.id
    ),
    Column("slot_id", Integer, nullable=True),  # None: not stored yet
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
    add_rows(session, target_segment, [
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
    add_rows(session, target_cohort, [
        {"cohort_id": key, "facts": facts} for key, facts in known_by.items()
    ])  # fmt: skip
    insert_numbers(session, target_member, cohorts.items())
    fill_slots(session, slots)
    each = assigned.subquery("each")
    same = target_member.c.class_id == each.c.class_id
    names = ("org_id", "subject_id", "start_event_id")
    chosen = select(*(each.c[name] for name in names), target_member.c.cohort_id)
    rows = chosen.join_from(each, target_member, same).order_by(each.c.org_id, each.c.subject_id)
    session.execute(insert(target_org).from_select([*names, "cohort_id"], rows))


def fill_slots(session: Session, slots: Sequence[dict[str, object]]) -> None:
    """Lay out the wanted slots, with the ids of those that are stored."""
    add_rows(session, target_slot, slots)
    find_slot_ids(session)


def find_slot_ids(session: Session) -> None:
    """Give the target slots that are stored the ids that they have there."""
    same = (slot.c[name] == target_slot.c[name] for name in _SLOT_KEY)
    stored = select(slot.c.id).where(*same).correlate(target_slot).scalar_subquery()
    lacking = target_slot.c.slot_id.is_(None)
    session.execute(update(target_slot).where(lacking).values(slot_id=stored))
