"""What one duty asks of whom, laid out in temporary tables beside what is stored.

The tables live on the connection of one transaction and are made anew for each duty.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from dj_cadence.domain.cohort import Cohort
from dj_cadence.domain.dates import FIRST_DAY
from dj_cadence.domain.organization import Facts
from dj_cadence.domain.override import Segment
from dj_cadence.store.database import insert_or_ignore
from dj_cadence.store.schema import anchor, cohort, org, profile, slot
from dj_cadence.store.types import AnySelect, Json

_Item = TypeVar("_Item")
_AT_ONCE = 500
temporary = MetaData()
_temporary_for_good = MetaData()

want_cohort = Table(
    "want_cohort",
    temporary,
    Column("cohort_id", Integer, primary_key=True),
    Column("facts", Json, nullable=False),
    prefixes=["TEMPORARY"],
)
want_segment = Table(
    "want_segment",  # stretches of the tree for which superiors have announced the same
    temporary,
    Column("segment", Integer, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
want_alike = Table(
    "want_alike",  # what stays on the connection: a profile never changes
    _temporary_for_good,
    Column("reading", Integer, primary_key=True),  # which facts are read
    Column("profile_id", Integer, primary_key=True),
    Column("read_as", Integer, nullable=False),  # a profile in which these facts are the same
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
want_member = Table(
    "want_member",  # which cohort an organization belongs to, by what decides it
    temporary,
    Column("profile_id", Integer, primary_key=True),
    Column("about_profile_id", Integer, primary_key=True),
    Column("anchor_day", Date, primary_key=True),
    Column("case_id", Integer, primary_key=True),
    Column("known_on", Date, primary_key=True),
    Column("segment", Integer, primary_key=True),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
want_slot = Table(
    "want_slot",
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
    Column("first_on", Date, nullable=False),
    Column("derivation", Json, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
want_org = Table(
    "want_org",
    temporary,
    Column("org_id", Integer, primary_key=True),
    Column("instance", Integer, primary_key=True),
    Column("anchor_id", Integer, primary_key=True),
    # Of a workflow's steps: for which period, and what they are counted from.
    Column("period", String(16), primary_key=True, server_default=""),
    Column("counted_from", String(24), primary_key=True, server_default=""),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

_below = org.alias("below")
_elections = select(anchor).where(anchor.c.kind == "election", anchor.c.current).subquery("elected")
_NO_DAY = literal(FIRST_DAY, Date)


@dataclass(frozen=True, slots=True)
class Part:
    """Which organizations are planned at a time: a range of ids, and of them the changed ones."""

    first: int | None = None
    last: int | None = None
    changed_after: int | None = None
    """Only those that changed after this data version; None: all."""

    def holds(self, org_id: ColumnElement[int]) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = [true()]
        if self.changed_after is not None:
            changed = select(org.c.id).where(org.c.changed_in > self.changed_after)
            conditions.append(org_id.in_(changed))
        if self.first is not None:
            conditions.append(org_id.between(self.first, self.last))
        return and_(*conditions)


Enrolled = dict[tuple[int, int], tuple[str, int]]
"""By organization and instance: the signature of the cohort, and the anchor."""


class Membership(NamedTuple):
    """What decides an organization's cohort for one duty; 0 and `FIRST_DAY` stand for none."""

    profile_id: int
    about_profile_id: int
    """The profile of the organization it is about."""
    anchor_day: date
    """The day of the election or event it hangs on."""
    case_id: int
    known_on: date
    """Since when the election is known."""
    segment: int
    """Which of the duty's segments, from 1."""


UNREAD = -1
"""In place of a profile of which it is not known yet which others are read alike."""


def lay_out(session: Session, segments: Sequence[Segment] = ()) -> None:
    """Make the temporary tables, empty but for the segments."""
    for table in temporary.sorted_tables:
        session.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
        session.execute(CreateTable(table))
    session.execute(CreateTable(want_alike, if_not_exists=True))
    insert_rows(session, want_segment, [
        {"segment": n, "first": one.first, "last": one.last} for n, one in enumerate(segments, 1)
    ])  # fmt: skip


# --- which memberships there are -------------------------------------------------------------


def know_profiles(session: Session, ids: Iterable[int], known: dict[int, Facts]) -> None:
    """Add the facts of the profiles to those that are `known`; a profile never changes."""
    for some in _batches(set(ids).difference(known)):
        found = select(profile.c.id, profile.c.facts).where(profile.c.id.in_(some))
        known |= {row.id: Facts.from_json(row.facts) for row in session.execute(found)}


def memberships(session: Session, source: AnySelect) -> list[Membership]:
    """The distinct memberships among the organizations of `source`."""
    columns = [source.selected_columns[name] for name in Membership._fields]
    query = source.with_only_columns(*columns).distinct()
    return [Membership(*row) for row in session.execute(query)]


def profiles(session: Session, source: AnySelect) -> set[int]:
    """The profiles of the organizations of `source`, and of those they are about."""
    columns = source.selected_columns
    return {
        profile_id
        for name in ("profile_id", "about_profile_id")
        for profile_id in session.scalars(source.with_only_columns(columns[name]).distinct())
    } - {0}


def keep_alike(session: Session, reading: int, alike: Mapping[int, int]) -> None:
    """Note for each profile the one as which it is read, where that is not known yet."""
    rows = [
        {"reading": reading, "profile_id": profile_id, "read_as": other}
        for profile_id, other in alike.items()
    ]
    session.execute(insert_or_ignore(session, want_alike), rows)


def read_alike(source: AnySelect, reading: int, about: int | None) -> AnySelect:
    """The rows of `source`, with one profile in place of all that are read alike.

    `reading` is that of the organizations, `about` that of those they are about.
    """
    each = source.subquery("each_one")
    own, other = want_alike.alias("own"), want_alike.alias("about")
    mine = and_(own.c.reading == reading, own.c.profile_id == each.c.profile_id)
    columns: dict[str, ColumnElement[Any]] = dict(each.c)
    joined = each.outerjoin(own, mine)
    columns["profile_id"] = func.coalesce(own.c.read_as, UNREAD)
    if about is not None:
        theirs = and_(other.c.reading == about, other.c.profile_id == each.c.about_profile_id)
        columns["about_profile_id"] = func.coalesce(other.c.read_as, UNREAD)
        joined = joined.outerjoin(other, theirs)
    return select(*(c.label(name) for name, c in columns.items())).select_from(joined)


def _each(**values: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The columns that every source has, in one order."""
    none: dict[str, ColumnElement[Any]] = {
        "org_id": org.c.id,
        "instance": literal(0),
        "anchor_id": literal(0),
        "profile_id": org.c.profile_id,
        "about_profile_id": literal(0),
        "anchor_day": _NO_DAY,
        "case_id": literal(0),
        "known_on": _NO_DAY,
        "segment": literal(0),
    }
    return [column.label(name) for name, column in (none | values).items()]


def each_organization(part: Part, *, segmented: bool = False) -> AnySelect:
    """Every organization for itself; `segmented` where superiors have announced something."""
    if not segmented:
        return select(*_each()).where(part.holds(org.c.id))
    inside = org.c.position.between(want_segment.c.first, want_segment.c.last)
    columns = _each(segment=func.coalesce(want_segment.c.segment, 0))
    return select(*columns).outerjoin_from(org, want_segment, inside).where(part.holds(org.c.id))


def each_term(part: Part) -> AnySelect:
    """Every organization with its last election."""
    columns = _each(anchor_id=_elections.c.id, anchor_day=_elections.c.day)
    joined = org.join(_elections, _elections.c.org_id == org.c.id)
    return select(*columns).select_from(joined).where(part.holds(org.c.id))


def each_case(part: Part, event: str) -> AnySelect:
    """Every organization with each case that the event began there."""
    columns = _each(
        instance=-anchor.c.id,
        anchor_id=anchor.c.id,
        anchor_day=anchor.c.day,
        case_id=anchor.c.id,
    )
    joined = org.join(anchor, anchor.c.org_id == org.c.id)
    begun = anchor.c.kind == event
    return select(*columns).select_from(joined).where(begun, part.holds(org.c.id))


def each_term_below(part: Part) -> AnySelect:
    """Every superior with each organization directly below it and that one's election."""
    columns = _each(
        instance=_below.c.id,
        anchor_id=_elections.c.id,
        about_profile_id=_below.c.profile_id,
        anchor_day=_elections.c.day,
        known_on=_elections.c.known_on,
    )
    joined = org.join(_below, _below.c.supervisor_id == org.c.id)
    joined = joined.join(_elections, _elections.c.org_id == _below.c.id)
    return select(*columns).select_from(joined).where(part.holds(org.c.id))


# --- filling ---------------------------------------------------------------------------------


def cohort_ids(
    session: Session, duty: str, wanted: Mapping[str, object], *, create: bool
) -> dict[str, int]:
    """An id for each signature. Unknown ones are created, or get ids below zero.

    `wanted` has what each cohort is known by, as JSON.
    """
    stored = _stored_cohorts(session, wanted)
    missing = [signature for signature in wanted if signature not in stored]
    if not create:
        return stored | {signature: -n for n, signature in enumerate(missing, 1)}
    insert_rows(session, cohort, [
        {"duty": duty, "signature": s, "facts": wanted[s]} for s in missing
    ])  # fmt: skip
    return stored | _stored_cohorts(session, missing)


def _stored_cohorts(session: Session, signatures: Collection[str]) -> dict[str, int]:
    columns = select(cohort.c.signature, cohort.c.id)
    return {
        row.signature: row.id
        for some in _batches(signatures)
        for row in session.execute(columns.where(cohort.c.signature.in_(some)))
    }


def as_json(wanted: Cohort) -> dict[str, object]:
    """What a cohort is known by."""
    anchored = {"anchor": wanted.anchor.isoformat()} if wanted.anchor else {}
    return {"facts": wanted.facts.as_json(), **anchored}


def fill(
    session: Session,
    cohorts: Mapping[int, Cohort],
    members: Sequence[tuple[Membership, int]],
    slots: Sequence[dict[str, object]],
    source: AnySelect,
) -> None:
    """Fill the temporary tables of one duty; organizations come from `source` in one statement."""
    insert_rows(session, want_cohort, [
        {"cohort_id": key, "facts": as_json(one)} for key, one in cohorts.items()
    ])  # fmt: skip
    insert_rows(session, want_member, [
        {**member._asdict(), "cohort_id": key} for member, key in members
    ])  # fmt: skip
    fill_slots(session, slots)
    each = source.subquery("each")
    same = and_(*(want_member.c[name] == each.c[name] for name in Membership._fields))
    chosen = select(each.c.org_id, each.c.instance, want_member.c.cohort_id, each.c.anchor_id)
    session.execute(
        insert(want_org).from_select(
            ["org_id", "instance", "cohort_id", "anchor_id"],
            chosen.join_from(each, want_member, same),
        )
    )


def fill_slots(session: Session, slots: Sequence[dict[str, object]]) -> None:
    """Lay out the wanted slots, with the ids of those that are stored."""
    insert_rows(session, want_slot, slots)
    _know_slots(session)


def store_slots(session: Session) -> None:
    """Keep the wanted slots. A cohort's slots never change, so only new ones are written."""
    names = [column.name for column in want_slot.columns if column.name != "slot_id"]
    rows = select(*(want_slot.c[name] for name in names)).where(want_slot.c.slot_id.is_(None))
    session.execute(insert_or_ignore(session, slot).from_select(names, rows))
    _know_slots(session)


def _know_slots(session: Session) -> None:
    stored = select(slot.c.id).where(
        slot.c.cohort_id == want_slot.c.cohort_id,
        slot.c.period == want_slot.c.period,
        slot.c.step == want_slot.c.step,
    )
    lacking = want_slot.c.slot_id.is_(None)
    session.execute(
        update(want_slot)
        .where(lacking)
        .values(slot_id=stored.correlate(want_slot).scalar_subquery())
    )


def insert_rows(session: Session, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Write rows of a temporary table; none is fine."""
    if rows:
        session.execute(insert(table), list(rows))


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    ordered = list(items)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
