"""What one duty asks of whom, laid out in temporary tables beside what is stored.

The tables live on the connection of one transaction and are made anew for each duty.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from dj_cadence.domain.cohort import Cohort
from dj_cadence.domain.organization import Facts
from dj_cadence.store.schema import anchor, cohort, org, profile
from dj_cadence.store.types import AnySelect, Json

_temporary = MetaData()

want_cohort = Table(
    "want_cohort",
    _temporary,
    Column("cohort_id", Integer, primary_key=True),
    Column("facts", Json, nullable=False),
    prefixes=["TEMPORARY"],
)
want_profile = Table(
    "want_profile",  # which cohort an organization belongs to, by what rules may test of it
    _temporary,
    Column("profile_id", Integer, nullable=False),
    Column("about_profile_id", Integer, nullable=True),
    Column("anchor_day", Date, nullable=True),
    Column("case_id", Integer, nullable=True),
    Column("cohort_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
want_slot = Table(
    "want_slot",
    _temporary,
    Column("cohort_id", Integer, primary_key=True),
    Column("period", String(16), primary_key=True),
    Column("step", String(24), primary_key=True),
    Column("label", String(32), nullable=False),
    Column("opens", Date, nullable=False),
    Column("planned", Date, nullable=True),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("target", Integer, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("derivation", Json, nullable=False),
    prefixes=["TEMPORARY"],
)
want_org = Table(
    "want_org",
    _temporary,
    Column("org_id", Integer, primary_key=True),
    Column("instance", Integer, primary_key=True),
    Column("cohort_id", Integer, nullable=False),
    Column("anchor_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)

_below = org.alias("below")
_elections = select(anchor).where(anchor.c.kind == "election", anchor.c.current).subquery("elected")


class Membership(NamedTuple):
    """What decides an organization's cohort for one duty."""

    profile_id: int
    about_profile_id: int | None
    """The profile of the organization it is about."""
    anchor_day: date | None
    """The day of the election or event it hangs on."""
    case_id: int | None


_MEMBERSHIP = Membership._fields


def lay_out(session: Session) -> None:
    """Make the temporary tables, empty."""
    for table in _temporary.sorted_tables:
        session.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
        session.execute(CreateTable(table))


# --- which memberships there are -------------------------------------------------------------


def profiles(session: Session) -> dict[int, Facts]:
    """Every profile that an organization has."""
    used = select(org.c.profile_id)
    rows = session.execute(select(profile.c.id, profile.c.facts).where(profile.c.id.in_(used)))
    return {row.id: Facts.from_json(row.facts) for row in rows}


def memberships(session: Session, source: AnySelect) -> list[Membership]:
    """The distinct memberships among the organizations of `source`."""
    columns = [source.selected_columns[name] for name in _MEMBERSHIP]
    query = source.with_only_columns(*columns).distinct()
    return [Membership(*row) for row in session.execute(query)]


def each_organization() -> AnySelect:
    """Every organization for itself."""
    return select(
        org.c.id.label("org_id"),
        literal(0).label("instance"),
        literal(0).label("anchor_id"),
        org.c.profile_id,
        cast(null(), Integer).label("about_profile_id"),
        cast(null(), Date).label("anchor_day"),
    )


def each_term() -> AnySelect:
    """Every organization with its last election."""
    return select(
        org.c.id.label("org_id"),
        literal(0).label("instance"),
        _elections.c.id.label("anchor_id"),
        org.c.profile_id,
        cast(null(), Integer).label("about_profile_id"),
        _elections.c.day.label("anchor_day"),
        cast(null(), Integer).label("case_id"),
    ).join_from(org, _elections, _elections.c.org_id == org.c.id)


def each_case(event: str) -> AnySelect:
    """Every organization with each case that the event began there."""
    return (
        select(
            org.c.id.label("org_id"),
            (-anchor.c.id).label("instance"),
            anchor.c.id.label("anchor_id"),
            org.c.profile_id,
            cast(null(), Integer).label("about_profile_id"),
            anchor.c.day.label("anchor_day"),
            anchor.c.id.label("case_id"),
        )
        .join_from(org, anchor, anchor.c.org_id == org.c.id)
        .where(anchor.c.kind == event)
    )


def each_term_below() -> AnySelect:
    """Every superior with each organization directly below it and that one's election."""
    joined = org.join(_below, _below.c.supervisor_id == org.c.id)
    joined = joined.join(_elections, _elections.c.org_id == _below.c.id)
    return select(
        org.c.id.label("org_id"),
        _below.c.id.label("instance"),
        _elections.c.id.label("anchor_id"),
        org.c.profile_id,
        _below.c.profile_id.label("about_profile_id"),
        _elections.c.day.label("anchor_day"),
        cast(null(), Integer).label("case_id"),
    ).select_from(joined)


# --- filling ---------------------------------------------------------------------------------


def cohort_ids(session: Session, wanted: Mapping[str, Cohort], *, create: bool) -> dict[str, int]:
    """An id for each signature. Unknown ones are created, or get ids below zero."""
    stored = _stored_cohorts(session, wanted)
    missing = [signature for signature in wanted if signature not in stored]
    if not create:
        return stored | {signature: -n for n, signature in enumerate(missing, 1)}
    if missing:
        rows = [
            {"duty": wanted[s].duty, "signature": s, "facts": _as_json(wanted[s])} for s in missing
        ]
        session.execute(insert(cohort), rows)
    return _stored_cohorts(session, wanted)


def _stored_cohorts(session: Session, wanted: Mapping[str, Cohort]) -> dict[str, int]:
    duties = {one.duty for one in wanted.values()}
    query = select(cohort.c.signature, cohort.c.id).where(cohort.c.duty.in_(duties))
    return {row.signature: row.id for row in session.execute(query) if row.signature in wanted}


def _as_json(wanted: Cohort) -> dict[str, object]:
    anchored = {"anchor": wanted.anchor.isoformat()} if wanted.anchor else {}
    return {"facts": wanted.facts.as_json(), **anchored}


def fill(
    session: Session,
    cohorts: Mapping[int, Cohort],
    members: Iterable[tuple[Membership, int]],
    slots: Sequence[dict[str, object]],
    source: AnySelect,
) -> None:
    """Fill the temporary tables of one duty; organizations come from `source` in one statement."""
    _insert(session, want_cohort, [
        {"cohort_id": key, "facts": _as_json(one)} for key, one in cohorts.items()
    ])  # fmt: skip
    _insert(session, want_profile, [
        {**member._asdict(), "cohort_id": key} for member, key in members
    ])  # fmt: skip
    _insert(session, want_slot, slots)
    each = source.subquery("each")
    same = want_profile.c.profile_id == each.c.profile_id
    for name in ("about_profile_id", "anchor_day", "case_id"):
        same &= want_profile.c[name].is_not_distinct_from(each.c[name])
    chosen = select(each.c.org_id, each.c.instance, want_profile.c.cohort_id, each.c.anchor_id)
    session.execute(
        insert(want_org).from_select(
            ["org_id", "instance", "cohort_id", "anchor_id"],
            chosen.join_from(each, want_profile, same),
        )
    )


def _insert(session: Session, table: Table, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        session.execute(insert(table), list(rows))
