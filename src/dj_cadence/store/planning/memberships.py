"""What decides which cohort an organization belongs to: asked of each, or once for each kind.

Which profiles a duty reads alike is kept in a temporary table of the connection, so that
organizations that are alike count as one from the start.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, func, literal, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.shared_conditions import is_current_election
from dj_cadence.store.core.temporary_tables import insert_numbers
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.planning.target_tables import target_representative, target_segment
from dj_cadence.store.schema import org, profile, start_event

_below = org.alias("below")
_elections = select(start_event).where(is_current_election()).subquery("elected")
_NO_DAY = literal(FIRST_DAY, start_event.c.day.type)

CohortAssignments = dict[tuple[int, int], tuple[str, int]]
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


def know_profiles(session: Session, ids: Iterable[int], known: dict[int, Facts]) -> None:
    """Add the facts of the profiles to those that are `known`; a profile never changes."""
    for some in batched(set(ids).difference(known)):
        query = select(profile.c.id, profile.c.facts).where(profile.c.id.in_(some))
        known |= {row.id: Facts.from_json(row.facts) for row in session.execute(query)}


def profiles(session: Session, classes: AnySelect) -> set[int]:
    """The profiles of `classes`, and of the organizations that they are about."""
    columns = classes.selected_columns
    query = classes.with_only_columns(columns.profile_id, columns.about_profile_id)
    return {profile_id for row in session.execute(query) for profile_id in row} - {0}


def keep_representatives(session: Session, reading: int, alike: Mapping[int, int]) -> None:
    """Note for each profile the one as which it is read, where that is not known yet."""
    insert_numbers(session, target_representative, ((reading, *pair) for pair in alike.items()))


def by_representative(source: AnySelect, reading: int, about: int) -> AnySelect:
    """The rows of `source`, with one profile in place of all that are read alike.

    `reading` is that of the organizations, `about` that of those they are about, 0 if none.
    """
    each = source.subquery("each_one")
    columns: dict[str, ColumnElement[Any]] = dict(each.c)
    joined: FromClause = each
    for name, key in {"profile_id": reading, "about_profile_id": about}.items():
        if key:
            read = target_representative.alias(f"read_{name}")
            same = and_(read.c.reading == key, read.c.profile_id == each.c[name])
            columns[name] = func.coalesce(read.c.representative_id, UNREAD)
            joined = joined.outerjoin(read, same)
    return select(*(c.label(name) for name, c in columns.items())).select_from(joined)


def _each(part: OrgSelection, joined: FromClause = org, **values: ColumnElement[Any]) -> AnySelect:
    """The organizations of the part with the columns that every source has, in one order."""
    none: dict[str, ColumnElement[Any]] = {
        "org_id": org.c.id,
        "subject_id": literal(0),
        "start_event_id": literal(0),
        "profile_id": org.c.profile_id,
        "about_profile_id": literal(0),
        "anchor_day": _NO_DAY,
        "case_id": literal(0),
        "known_on": _NO_DAY,
        "segment": literal(0),
    }
    columns = (column.label(name) for name, column in (none | values).items())
    return select(*columns).select_from(joined).where(part.holds(org.c.id))


def by_profile(each: AnySelect) -> AnySelect:
    """What of `each` decides the cohort, once for each profile where nothing else does.

    The index by profile answers it without the table.
    """
    columns = each.selected_columns
    only = each.with_only_columns(*(columns[name] for name in Membership._fields))
    return only.group_by(org.c.profile_id)


def each_organization(part: OrgSelection, *, segmented: bool = False) -> AnySelect:
    """Every organization for itself; `segmented` where superiors have announced something."""
    if not segmented:
        return _each(part)
    inside = org.c.position.between(target_segment.c.first, target_segment.c.last)
    joined = org.outerjoin(target_segment, inside)
    return _each(part, joined, segment=func.coalesce(target_segment.c.segment, 0))


def each_term(part: OrgSelection) -> AnySelect:
    """Every organization with its last election."""
    joined = org.join(_elections, _elections.c.org_id == org.c.id)
    return _each(part, joined, start_event_id=_elections.c.id, anchor_day=_elections.c.day)


def each_case(part: OrgSelection, event: str) -> AnySelect:
    """Every organization with each case that the event began there."""
    begun = and_(start_event.c.kind == event, start_event.c.voided_at.is_(None))
    return _each(
        part,
        org.join(start_event, start_event.c.org_id == org.c.id),
        subject_id=-start_event.c.id,
        start_event_id=start_event.c.id,
        anchor_day=start_event.c.day,
        case_id=start_event.c.id,
    ).where(begun)


def each_term_below(part: OrgSelection) -> AnySelect:
    """Every superior with each organization directly below it and that one's election."""
    below = org.join(_below, _below.c.supervisor_id == org.c.id)
    return _each(
        part,
        below.join(_elections, _elections.c.org_id == _below.c.id),
        subject_id=_below.c.id,
        start_event_id=_elections.c.id,
        about_profile_id=_below.c.profile_id,
        anchor_day=_elections.c.day,
        known_on=_elections.c.known_on,
    )
