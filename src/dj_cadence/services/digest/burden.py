"""What the reminders ask of organizations in a month, and whom they do not reach."""

from dj_cadence.store.digest.burden import Burden, of_month, unreached
from dj_cadence.store.roster.orgs import span

__all__ = ["Burden", "of_month", "span", "unreached"]
