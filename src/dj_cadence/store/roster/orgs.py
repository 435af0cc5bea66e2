"""Organizations: found by code, asked about their place in the tree, and written."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, func, or_, select, update

from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.organizations.organization import WHOLE_TREE, Organization, TreeRange
from dj_cadence.errors import Refused
from dj_cadence.fingerprint import digest
from dj_cadence.normal_form import code_key
from dj_cadence.problems import suggestion
from dj_cadence.store.core import shared_conditions
from dj_cadence.store.core.batching import Values, add_rows, change_rows
from dj_cadence.store.core.database import Session, insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.schema import org, profile
from dj_cadence.store.site import site

_ORGANIZATION = select(*(org.c[name] for name in Organization._fields))


def lookup(session: Session, code: str) -> Organization | None:
    """The organization with `code`, else the only one whose code is compared alike."""
    row = session.execute(_ORGANIZATION.where(org.c.code == code)).one_or_none()
    if row is None and (key := code_key(code)):
        alike = [other for other in session.scalars(select(org.c.code)) if code_key(other) == key]
        if len(alike) == 1:
            row = session.execute(_ORGANIZATION.where(org.c.code == alike[0])).one()
    return Organization._make(row) if row else None


def find_org(session: Session, code: str) -> Organization:
    """The organization that is meant; Refused, naming the nearest, where there is none."""
    organization = lookup(session, code)
    if organization is None:
        hint = suggestion(code, session.scalars(select(org.c.code)))
        raise Refused(f"没有代码为“{code}”的组织{hint or '。用 roster tree 查看全部代码。'}")
    return organization


def by_id(session: Session, org_id: int) -> Organization:
    """The organization with a number that the database itself gave."""
    return Organization._make(session.execute(_ORGANIZATION.where(org.c.id == org_id)).one())


def is_handed_over() -> ColumnElement[bool]:
    """Whether an organization was dissolved and what it left open went to its successor."""
    return and_(
        org.c.successor_id.is_not(None),
        org.c.handed_over.is_not(None),
        org.c.handed_over == org.c.dissolved,
    )


def facts(session: Session, organization: Organization) -> Facts:
    """What rules may test about the organization."""
    its_own = select(profile.c.facts).where(profile.c.id == organization.profile_id)
    return Facts.from_json(session.execute(its_own).scalar_one())


def ids_where(session: Session, *conditions: ColumnElement[bool]) -> set[int]:
    """The organizations for which all of this holds."""
    return set(session.scalars(select(org.c.id).where(*conditions)))


def school_of(session: Session, organization: Organization) -> Organization | None:
    """The top of the school that the organization belongs to; None for one of no school."""
    inside = org.c.position <= organization.position, org.c.subtree_end >= organization.position
    query = _ORGANIZATION.add_columns(profile.c.facts).join(profile).where(*inside)
    for *row, facts in session.execute(query.order_by(org.c.position.desc())):
        if facts.get("top_of_school"):
            return Organization._make(row)
    return None


def schools(session: Session) -> set[tuple[str, str]]:
    """The (城市, 学段) of all organizations; empty where one names none."""
    used = select(profile.c.facts).where(profile.c.id.in_(select(org.c.profile_id)))
    return {(f.get("city", ""), f.get("stage", "")) for f in session.scalars(used)}


# --- the tree ---------------------------------------------------------------------------------


def in_range(session: Session, positions: TreeRange) -> list[Organization]:
    """The organizations at these positions, in their own order."""
    return _in_order(session, shared_conditions.in_range(positions))


def children(session: Session, org_id: int, also: Collection[int] = ()) -> list[Organization]:
    """The organizations directly below one, and these others, in their own order."""
    return _in_order(session, or_(org.c.supervisor_id == org_id, org.c.id.in_(also)))


def _in_order(session: Session, condition: ColumnElement[bool]) -> list[Organization]:
    rows = session.execute(_ORGANIZATION.where(condition).order_by(org.c.position))
    return [Organization._make(row) for row in rows]


def span(session: Session, org_code: str) -> TreeRange:
    """The first and last position of a subtree; of the whole tree for an empty code."""
    return find_org(session, org_code).subtree if org_code else WHOLE_TREE


def superiors(session: Session, org_ids: Collection[int]) -> dict[int, list[int]]:
    """The organizations above each of these, the nearest first."""
    above: dict[int, int] = {}
    missing = set(org_ids)
    while missing:
        links = select(org.c.id, org.c.supervisor_id).where(among(org.c.id, missing))
        above |= {row.id: row.supervisor_id or 0 for row in session.execute(links).all()}
        missing = set(above.values()) - above.keys() - {0}
    return {org_id: list(_upwards(org_id, above)) for org_id in org_ids}


def _upwards(org_id: int, above: Mapping[int, int]) -> Iterator[int]:
    while org_id := above.get(org_id, 0):
        yield org_id


def decider() -> ColumnElement[int]:
    """Which organization decides for `org`: who approves for it, else its superior."""
    return func.coalesce(org.c.approver_id, org.c.supervisor_id)


def deciding(session: Session, org_ids: Collection[int]) -> dict[int, list[int]]:
    """Who decides for each of these, and the organizations above that one, the nearest first."""
    query = select(org.c.id, decider()).where(among(org.c.id, org_ids))
    deciders = {row[0]: row[1] for row in session.execute(query) if row[1] is not None}
    above = superiors(session, set(deciders.values()))
    return {org_id: [one, *above[one]] for org_id, one in deciders.items()}


def supervisors(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """The organization right above each of these; missing where there is none."""
    above = _looked_up(session, org.c.supervisor_id, org_ids)
    return {org_id: superior for org_id, superior in above.items() if superior is not None}


def positions(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """Where each of these stands in the tree's order."""
    return _looked_up(session, org.c.position, org_ids)


def names(session: Session, org_ids: Collection[int]) -> dict[int, str]:
    """What each of these is called."""
    return _looked_up(session, org.c.name, org_ids)


def _looked_up(session: Session, column: Column[Any], org_ids: Collection[int]) -> dict[int, Any]:
    query = select(org.c.id, column).where(among(org.c.id, set(org_ids)))
    return {row[0]: row[1] for row in session.execute(query).all()}


def uppermost(session: Session) -> list[str]:
    """The names of the organizations with nobody above them; two of them say all that many do."""
    query = select(org.c.name).where(org.c.supervisor_id.is_(None)).order_by(org.c.position)
    return list(session.scalars(query.limit(2)))


# --- writing ----------------------------------------------------------------------------------


def ids(session: Session) -> dict[str, int]:
    """Ids by code."""
    return dict(session.execute(select(org.c.code, org.c.id)).all())


def add(session: Session, rows: Iterable[Values]) -> None:
    """Add organizations, without links: a link needs the other's id."""
    unlinked = {"supervisor_id": None, "approver_id": None, "successor_id": None}
    add_rows(session, org, [{**row, **unlinked} for row in rows])


def change(session: Session, rows: Sequence[Values]) -> None:
    """Give organizations other values; each row has an `id` and the same columns."""
    change_rows(session, org, rows)


def mark_handed_over(session: Session, org_id: int) -> None:
    """Remember that what a dissolved organization left open went to its successor."""
    session.execute(update(org).where(org.c.id == org_id).values(handed_over=org.c.dissolved))


def mark_changed(session: Session, org_ids: Iterable[int]) -> None:
    """Say that something changed at these organizations that their plan hangs on.

    Their direct superiors are planned again as well: they owe notices about them.
    """
    version = site.next_data_version(session)
    concerned = _with_superiors(org_ids)
    session.execute(update(org).where(concerned).values(changed_at_version=version))


def planned_together(session: Session, org_ids: Iterable[int]) -> list[int]:
    """Some organizations and those that are planned again with them."""
    return list(session.scalars(select(org.c.id).where(_with_superiors(org_ids))))


def _with_superiors(org_ids: Iterable[int]) -> ColumnElement[bool]:
    numbers = sorted(set(org_ids))
    above = select(org.c.supervisor_id).where(among(org.c.id, numbers))
    return or_(among(org.c.id, numbers), org.c.id.in_(above))


def ensure_profiles(session: Session, facts: Iterable[Facts]) -> dict[Facts, int]:
    """The id of the profile of each, made where it was lacking."""
    hashes = {each: digest(each.as_json()) for each in set(facts)}
    if rows := [{"hash": h, "facts": each.as_json()} for each, h in hashes.items()]:
        session.execute(insert_or_ignore(profile), sorted(rows, key=itemgetter("hash")))
    ids = dict(session.execute(select(profile.c.hash, profile.c.id)).all())
    return {each: ids[h] for each, h in hashes.items()}
