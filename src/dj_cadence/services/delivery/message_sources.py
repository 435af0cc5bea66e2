"""What messages are made of, read from the database for a batch of claims at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple, TypeVar

from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.view import DIGESTS
from dj_cadence.services.reminders.address_book import contacts, whom_to_ask
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import message_content
from dj_cadence.store.delivery.message_content import NOTHING, MessageContents, SuperiorTold
from dj_cadence.store.reminders import quiet_periods
from dj_cadence.store.roster import orgs, people

DigestOf = Callable[[Session, int, str], DigestView]
"""The digest of an organization (by id) for an ISO week like 2026-W48."""
_Made = TypeVar("_Made")
_ROLES = 3
"""So many offices are named; who holds more knows why."""


@dataclass(frozen=True, slots=True)
class RenderFailure:
    """A message that cannot be written."""

    claim: Claim
    reason: str


class Introduction(NamedTuple):
    """See the fields of that name in `MessageView`; empty in all messages but the first."""

    first: str = ""
    role: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class MessageSources:
    """What one message is made of."""

    contents: MessageContents
    superiors: tuple[tuple[SuperiorTold, ...], ...]
    """Of each item, the superiors that were to be told of it."""
    digests: tuple[DigestView, ...]
    more_digests: int
    """So many more than a message carries."""
    contact: str
    introduction: Introduction
    held: tuple[str, ...]
    """The reasons of quiet periods that are over."""


def guarded(claim: Claim, make: Callable[[], _Made]) -> _Made | RenderFailure:
    """A fault in one message, of a site's own template or its data, concerns that one only."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001  whatever they bring
        return RenderFailure(claim, f"{type(error).__name__}: {error}")


def read_sources(
    session: Session, claims: Sequence[Claim], contact: str, digest_of: DigestOf
) -> dict[int, MessageSources | RenderFailure]:
    """By message; `contact` is the site's own, if it has one."""
    ids, day = [claim.id for claim in claims], max(claim.day for claim in claims)
    contents = message_content.contents(session, ids)
    digests = message_content.digests(session, ids)
    heads = [head for content in contents.values() for head in content.heads]
    today = day.isoformat()
    late = {head.task_id for head in heads if head.due < today}  # the only ones to go up
    superiors = message_content.upwards(session, late)
    told_orgs = {head.told_org_id for head in heads if head.told_org_id}
    digest_orgs = {org_id for each in digests.values() for org_id, _ in each}
    known_contacts = contacts(session, told_orgs | digest_orgs, day)
    held = quiet_periods.reasons_held(session, ids)
    first = _introductions(session, claims, day)

    def sources(claim: Claim) -> MessageSources:
        own = contents.get(claim.id, NOTHING)
        carried = digests.get(claim.id, [])
        above = [*(head.told_org_id or 0 for head in own.heads), *(org_id for org_id, _ in carried)]
        return MessageSources(
            contents=own,
            superiors=tuple(superiors.get(head.task_id, ()) for head in own.heads),
            digests=tuple(digest_of(session, *content) for content in carried[:DIGESTS]),
            more_digests=max(0, len(carried) - DIGESTS),
            contact=contact or whom_to_ask(known_contacts, above),
            introduction=first.get(claim.id, Introduction()),
            held=held.get(claim.id, ()),
        )

    return {claim.id: guarded(claim, partial(sources, claim)) for claim in claims}


def _introductions(
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
