"""Questions about organizations and the people in their offices."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.organizations.tree_range import WHOLE_TREE, TreeRange
from dj_cadence.domain.reminders.recipient import Holder
from dj_cadence.domain.roster.contact_text import email_address, phone_number
from dj_cadence.errors import Refused
from dj_cadence.normal_form import code_key, visible
from dj_cadence.problems import suggestion
from dj_cadence.store.core.conditions import holds_office, in_subtree
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.schema import address, appointment, org, person, profile


def lookup(session: Session, code: str) -> Row[Any] | None:
    """The organization with `code`, else the only one whose code is compared alike."""
    found = session.execute(select(org).where(org.c.code == code)).one_or_none()
    if found is not None or not (key := code_key(code)):
        return found
    alike = [known for known in session.scalars(select(org.c.code)) if code_key(known) == key]
    if len(alike) != 1:
        return None
    return session.execute(select(org).where(org.c.code == alike[0])).one()


def find_org(session: Session, code: str) -> Row[Any]:
    """The organization that is meant; Refused, naming the nearest, where there is none."""
    found = lookup(session, code)
    if found is None:
        hint = suggestion(code, session.scalars(select(org.c.code)))
        raise Refused(f"没有代码为“{code}”的组织{hint or '。用 roster tree 查看全部代码。'}")
    return found


def is_handed_over() -> ColumnElement[bool]:
    """Whether an organization was dissolved and what it left open went to its successor."""
    return and_(
        org.c.successor_id.is_not(None),
        org.c.handed_over.is_not(None),
        org.c.handed_over == org.c.dissolved,
    )


def facts(session: Session, row: Row[Any]) -> Facts:
    """What rules may test about the organization."""
    found = select(profile.c.facts).where(profile.c.id == row.profile_id)
    return Facts.from_json(session.execute(found).scalar_one())


def by_id(session: Session, org_id: int) -> Row[Any]:
    """The organization with a number that the database itself gave."""
    return session.execute(select(org).where(org.c.id == org_id)).one()


def subtree(session: Session, org_code: str) -> list[Row[Any]]:
    """The organization and all below it, in the organizations' own order."""
    top = find_org(session, org_code)
    inside = in_subtree(top)
    return list(session.execute(select(org).where(inside).order_by(org.c.position)))


def span(session: Session, org_code: str) -> TreeRange:
    """The first and last position of a subtree; of the whole tree for an empty code."""
    if not org_code:
        return WHOLE_TREE
    top = find_org(session, org_code)
    return TreeRange(top.position, top.subtree_end)


def find_person(session: Session, key_or_address: str) -> Row[Any]:
    """The person with that 人员编号 or address; Refused where there is none, or several."""
    text = visible(key_or_address)
    ways = {text, text.lower(), email_address(text), phone_number(text)}
    has_address = select(address.c.person_id).where(address.c.value.in_(sorted(ways)))
    found = (
        session.execute(select(person).where(person.c.key == text)).all()
        or session.execute(select(person).where(person.c.id.in_(has_address))).all()
        or _of_number(session, text)
    )
    if not found:
        raise Refused(f"没有编号或地址为“{text}”的人员，请检查，或先导入花名册。")
    if len(found) > 1:
        names = "、".join(row.name for row in found)
        raise Refused(f"“{text}”是几个人共用的地址（{names}），请改用人员编号。")
    return found[0]


def _of_number(session: Session, text: str) -> Sequence[Row[Any]]:
    """Persons whose 人员编号 is compared alike."""
    key = code_key(text)
    alike = [known for known in session.scalars(select(person.c.key)) if code_key(known) == key]
    return session.execute(select(person).where(person.c.key.in_(alike))).all()


def superiors(session: Session, org_ids: Collection[int]) -> dict[int, list[int]]:
    """The organizations above each of these, the nearest first."""
    above: dict[int, int] = {}
    missing = set(org_ids)
    while missing:
        links = select(org.c.id, org.c.supervisor_id).where(among(org.c.id, missing))
        above |= {row.id: row.supervisor_id or 0 for row in session.execute(links).all()}
        missing = set(above.values()) - above.keys() - {0}
    return {org_id: list(_upwards(org_id, above)) for org_id in org_ids}


def decider() -> ColumnElement[int]:
    """Which organization decides for `org`: who approves for it, else its superior."""
    return func.coalesce(org.c.approver_id, org.c.supervisor_id)


def deciding(session: Session, org_ids: Collection[int]) -> dict[int, list[int]]:
    """Who decides for each of these, and the organizations above that one, the nearest first."""
    query = select(org.c.id, decider()).where(among(org.c.id, org_ids))
    deciders = {row[0]: row[1] for row in session.execute(query) if row[1] is not None}
    above = superiors(session, set(deciders.values()))
    return {org_id: [one, *above[one]] for org_id, one in deciders.items()}


def _upwards(org_id: int, above: Mapping[int, int]) -> Iterator[int]:
    while org_id := above.get(org_id, 0):
        yield org_id


def supervisors(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """The organization right above each of these; missing where there is none."""
    found = _looked_up(session, org.c.supervisor_id, org_ids)
    return {org_id: above for org_id, above in found.items() if above is not None}


def positions(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """Where each of these stands in the tree's order."""
    return _looked_up(session, org.c.position, org_ids)


def names(session: Session, org_ids: Collection[int]) -> dict[int, str]:
    """What each of these is called."""
    return _looked_up(session, org.c.name, org_ids)


def _looked_up(session: Session, column: Column[Any], org_ids: Collection[int]) -> dict[int, Any]:
    query = select(org.c.id, column).where(among(org.c.id, set(org_ids)))
    return {row[0]: row[1] for row in session.execute(query).all()}


def holders(session: Session, org_ids: Collection[int], day: date) -> dict[tuple[int, str], Holder]:
    """Who holds each office of the organizations on `day`, by (organization, office).

    Whoever is acting (主持工作) goes before the regular holder, else the latest comer.
    """
    a = appointment
    query = (
        select(a.c.org_id, a.c.office, a.c.person_id, person.c.name, a.c.acting)
        .join(person, person.c.id == a.c.person_id)
        .where(among(a.c.org_id, set(org_ids)), holds_office(day))
        .order_by(a.c.acting, a.c.since, a.c.id)
    )
    return {
        (row.org_id, row.office): Holder(row.person_id, row.name, row.acting)
        for row in session.execute(query).all()
    }


def offices_held(session: Session, person_ids: Collection[int], day: date) -> dict[int, list[str]]:
    """What each person is on `day`: organization and office, in the organizations' own order."""
    a = appointment
    query = (
        select(a.c.person_id, org.c.name, a.c.office)
        .join(org, org.c.id == a.c.org_id)
        .where(among(a.c.person_id, set(person_ids)), holds_office(day))
        .order_by(org.c.position, a.c.id)
    )
    found: dict[int, list[str]] = {}
    for row in session.execute(query).all():
        found.setdefault(row.person_id, []).append(f"{row.name}{row.office}")
    return found


def uppermost(session: Session) -> list[str]:
    """The names of the organizations with nobody above them; two of them say all that many do."""
    query = select(org.c.name).where(org.c.supervisor_id.is_(None)).order_by(org.c.position)
    return list(session.scalars(query.limit(2)))


def addresses(session: Session, person_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Addresses not known to be bad, by person and channel; the first of two."""
    query = (
        select(address.c.person_id, address.c.channel, address.c.value)
        .where(among(address.c.person_id, set(person_ids)), address.c.state == "ok")
        .order_by(address.c.id)
    )
    found: dict[int, dict[str, str]] = {}
    for row in session.execute(query).all():
        found.setdefault(row.person_id, {}).setdefault(row.channel, row.value)
    return found


def address_counts(session: Session) -> dict[tuple[str, str], int]:
    """How many addresses there are, by (channel, state)."""
    query = select(address.c.channel, address.c.state, func.count().label("n"))
    rows = session.execute(query.group_by(address.c.channel, address.c.state))
    return {(row.channel, row.state): row.n for row in rows}
