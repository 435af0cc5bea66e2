"""What rules may test about an organization of the roster, and since when."""

from dataclasses import replace
from datetime import date

from dj_cadence.domain.organizations.city import city_name
from dj_cadence.domain.organizations.facts import BRANCHES, Change, Facts, OrgKind
from dj_cadence.domain.roster.org_rows import RosterOrg
from dj_cadence.domain.roster.start import Beginning
from dj_cadence.domain.roster.tree import Seat

_REMEMBERED = ("kind", "has_committee", "groups")
"""Facts whose change acts from the next period."""


def facts_of(
    org: RosterOrg,
    seat: Seat,
    before: Facts | None,
    today: date,
    *,
    beginning: Beginning,
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
        top_of_school=seat.top_of_school,
        has_committee=org.has_committee,
        groups=(seat.group_rows or org.groups or 0) if is_branch else 0,
        branches_below=seat.branches_below,
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
        was, is_now = _plain(getattr(before, name)), _plain(getattr(facts, name))
        day = (kind_since or today) if name == "kind" else today
        todays = next((c for c in changes if c.name == name and c.since == day), None)
        if todays and todays.before == is_now:
            changes.remove(todays)
        elif was != is_now and not todays:
            changes.append(Change(name, was, day))
    return replace(facts, changes=tuple(changes))


def _plain(value: str | int | bool) -> str | int | bool:  # noqa: FBT001
    return value.value if isinstance(value, OrgKind) else value
