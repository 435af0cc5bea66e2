"""What people write to name an organization or a person, looked up for commands and pages."""

from dj_cadence.store.roster.orgs import find_org
from dj_cadence.store.roster.people import find_person

__all__ = ["find_org", "find_person"]
