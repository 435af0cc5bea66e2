"""What the reminders ask of organizations in a month, and whom they do not reach."""

from collections.abc import Sequence
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.store.core.database import Session
from dj_cadence.store.digest import burden
from dj_cadence.store.digest.burden import Burden
from dj_cadence.store.digest.phone_list import unreached
from dj_cadence.store.roster.orgs import span

__all__ = ["Burden", "of_month", "span", "unreached"]


def of_month(session: Session, first: int, last: int, month: date) -> Sequence[Burden]:
    """Of the organizations at these positions, in the month that begins on the day `month`."""
    return burden.burdens(session, first, last, month, add_months(month, 1) - DAY)
