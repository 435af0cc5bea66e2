"""Whom to ask: the superior's clerk, else its 书记."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from dj_cadence.domain.office import CLERK, SECRETARY
from dj_cadence.store import orgs


def contacts(session: Session, org_ids: Collection[int], day: date) -> dict[int, str]:
    """By organization, who there is to ask above it; missing where nobody is known."""
    above = orgs.supervisors(session, org_ids)
    held = orgs.holders(session, above.values(), day)
    names = orgs.names(session, above.values())
    phones = orgs.addresses(session, [holder.person_id for holder in held.values()])
    found = {}
    for org_id, superior in above.items():
        for office in (CLERK, SECRETARY):
            if holder := held.get((superior, office)):
                phone = phones.get(holder.person_id, {}).get("phone", "")
                found[org_id] = f"{names[superior]}{holder.name}{f'（{phone}）' if phone else ''}"
                break
    return found
