"""From when an organization of the roster owes anything, and since when it is known here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import add_months
from dj_cadence.domain.roster.org_rows import RosterOrg


@dataclass(frozen=True, slots=True)
class Beginning:
    """What stays with an organization, however often the roster is imported again."""

    joined_on: date | None
    """From when it owes anything where the roster does not say; None: from the site's start."""
    known_on: date | None
    """Since when somebody could be told; what was under way by then is asked about."""


def first_beginning(
    org: RosterOrg, orgs: Iterable[RosterOrg], today: date, *, under_way: bool
) -> Beginning:
    """That of an organization which is imported for the first time.

    Before the site is `under_way` everybody begins with the site, later on the day of the
    import. Who takes over from a dissolved organization goes on without a gap, and for who
    was founded within the last month its founding says what it owes.
    """
    if not under_way:
        return Beginning(None, today)
    days = [other.dissolved for other in orgs if other.successor == org.code and other.dissolved]
    if org.founded and org.founded >= add_months(today, -1):
        days.append(org.founded.replace(day=1))
    return Beginning(min([*days, today]), today)


def next_beginning(org: RosterOrg, stored: Beginning, was: date | None, today: date) -> Beginning:
    """That of a known organization. `was` is the start it had.

    Where a person puts its start back, what is owed since then is known from today.
    """
    begins = org.starts_on or stored.joined_on or date.min
    if begins < (was or date.min):
        return Beginning(stored.joined_on, today)
    return stored
