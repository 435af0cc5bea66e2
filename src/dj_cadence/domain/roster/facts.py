"""What rules may test about an organization of the roster, and since when; from when it owes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from dj_cadence.domain.dates.arithmetic import add_months
from dj_cadence.domain.organizations.facts import BRANCHES, Change, Facts, city_name
from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.tree import TreePosition

_REMEMBERED = ("kind", "has_committee", "groups")
"""Facts whose change acts from the next period."""


@dataclass(frozen=True, slots=True)
class OrgStart:
    """What stays with an organization, however often the roster is imported again."""

    joined_on: date | None
    """From when it owes anything where the roster does not say; None: from the site's start."""
    known_on: date | None
    """Since when somebody could be told; what was under way by then is asked about."""


def facts_of(
    org: RosterOrg,
    tree_position: TreePosition,
    before: Facts | None,
    today: date,
    *,
    beginning: OrgStart,
    kind_since: date | None = None,
    correct: bool = False,
) -> Facts:
    """What rules may test about an organization; `before` is what was stored until today.

    Another kind counts from `kind_since`, by default today; with `correct` the one before
    was a slip of the pen, and the new one counts as if it had always been there.
    """
    is_branch = org.kind in BRANCHES
    facts = Facts(
        kind=org.kind,
        top_of_school=tree_position.top_of_school,
        has_committee=org.has_committee,
        groups=(tree_position.group_rows or org.groups or 0) if is_branch else 0,
        branches_below=tree_position.branches_below,
        stage=org.stage,
        boarding=bool(org.boarding),
        ownership=org.ownership,
        city=city_name(org.city),
        theme_day=org.theme_day,
        term_years=org.term_years or 0,
        starts_on=org.starts_on or beginning.joined_on,
        known_on=beginning.known_on,
        founded=org.founded,
        dissolved=org.dissolved,
    )
    if before is None:
        return facts
    if correct and before.kind != facts.kind:
        earlier = tuple(change for change in before.changes if change.name != "kind")
        before = replace(before, kind=facts.kind, changes=earlier)
    return with_changes(facts, before, today, kind_since)


def with_changes(facts: Facts, before: Facts, today: date, kind_since: date | None = None) -> Facts:
    """`facts` with what was remembered and what changes today, in the order of time.

    A second change on the same day keeps the value of the day before.
    """
    changes = list(before.changes)
    for name in _REMEMBERED:
        was, is_now = getattr(before, name), getattr(facts, name)
        day = (kind_since or today) if name == "kind" else today
        todays = next((c for c in changes if c.name == name and c.since == day), None)
        if todays and todays.before == is_now:
            changes.remove(todays)
        elif was != is_now and not todays:
            changes.append(Change(name, was, day))
    return replace(facts, changes=tuple(changes))


def first_beginning(
    org: RosterOrg, orgs: Iterable[RosterOrg], today: date, *, under_way: bool
) -> OrgStart:
    """That of an organization which is imported for the first time.

    Before the site is `under_way` everybody begins with the site, later on the day of the
    import. Who takes over from a dissolved organization goes on without a gap, and for who
    was founded within the last month its founding says what it owes.
    """
    if not under_way:
        return OrgStart(None, today)
    days = [other.dissolved for other in orgs if other.successor == org.code and other.dissolved]
    if org.founded and org.founded >= add_months(today, -1):
        days.append(org.founded.replace(day=1))
    return OrgStart(min([*days, today]), today)


def next_beginning(org: RosterOrg, stored: OrgStart, was: date | None, today: date) -> OrgStart:
    """That of a known organization. `was` is the start it had.

    Where a person puts its start back, what is owed since then is known from today.
    """
    begins = org.starts_on or stored.joined_on or date.min
    if begins < (was or date.min):
        return OrgStart(stored.joined_on, today)
    return stored
