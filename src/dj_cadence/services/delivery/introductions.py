"""What somebody's first message says of itself: who sends it, on whose behalf, and why to them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import message_content
from dj_cadence.store.roster import orgs, people

_ROLES = 3
"""So many offices are named; who holds more knows why."""


class Introduction(NamedTuple):
    """See the fields of that name in `MessageView`; empty in all messages but the first."""

    first: str = ""
    role: str = ""
    host: str = ""


KNOWN = Introduction()


def introductions(
    session: Session, claims: Sequence[Claim], day: date
) -> Mapping[int, Introduction]:
    """By message; missing for one who was written to before, at the same address."""
    firsts = message_content.first_messages(session, [claim.id for claim in claims])
    if not firsts:
        return {}
    fresh = [claim for claim in claims if claim.id in firsts]
    held = people.offices_held(session, [claim.person_id for claim in fresh], day)
    uppermost = orgs.uppermost(session)
    host = uppermost[0] if len(uppermost) == 1 else ""
    return {
        claim.id: Introduction(firsts[claim.id], _role(held.get(claim.person_id, [])), host)
        for claim in fresh
    }


def _role(held: Sequence[str]) -> str:
    return "、".join(held[:_ROLES]) + ("等" if len(held) > _ROLES else "")
