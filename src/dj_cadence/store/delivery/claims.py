"""Claiming messages: what is due is leased to one process, which alone may send it.

A message goes ready → leased → sent; `domain.messages.states` has all moves. What becomes of a
try is in `attempts`. At the end stands what takes up messages that were left behind, by a process
that died or by a day that ended: before bundling, `recover` first.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.domain.messages.states import WAITING, AttemptOutcome, MessageKind, MessageState
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import is_asked_for
from dj_cadence.store.delivery import attempts, messages
from dj_cadence.store.digest import digests
from dj_cadence.store.reminders import notices
from dj_cadence.store.schema import attempt, letter, message, person, site, skeleton

BATCH = 250
LEASE = timedelta(minutes=10)
"""For so long a claim holds where nobody can tell whether its process is alive."""


def channels_due(session: Session, now: datetime, *, asked_only: bool = False) -> list[str]:
    """The channels that something is due on; `asked_only` outside the sending hours."""
    query = select(message.c.channel).where(*_is_due(now, asked_only=asked_only))
    return sorted(session.scalars(query.distinct()))


def is_due_elsewhere(session: Session, channel: str, now: datetime, domain: str) -> bool:
    """Whether something is due on a channel to an address that is not of `domain`."""
    due = (message.c.channel == channel, *_is_due(now, asked_only=False))
    query = select(message.c.id).where(*due, _is_elsewhere(domain))
    return session.execute(query.limit(1)).first() is not None


def _is_due(now: datetime, *, asked_only: bool) -> tuple[ColumnElement[bool], ...]:
    due = (message.c.send_at <= now, message.c.state.in_(WAITING))
    return (*due, is_asked_for()) if asked_only else due


def _is_elsewhere(domain: str) -> ColumnElement[bool]:
    return ~message.c.address.endswith(f"@{domain}", autoescape=True)


def claim(
    session: Session,
    owner: str,
    channel: str,
    now: datetime,
    lease_until: datetime,
    at_most: int = BATCH,
    *,
    asked_only: bool = False,
    avoiding: str = "",
) -> list[Claim]:
    """Take up to `at_most` messages that are due on `channel`, the longest waiting first.

    Outside the sending hours (`asked_only`) those alone that do not wait for them, and none to
    addresses of the domain `avoiding`.

    None while sending is switched off: a restored backup has a queue too.
    """
    due = (
        select(message.c.id)
        .where(*_is_due(now, asked_only=asked_only))
        .where(message.c.channel == channel, exists().where(site.c.sending))
        .where(*([_is_elsewhere(avoiding)] if avoiding else []))
        .order_by(message.c.send_at, message.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    messages.lease(session, ids, owner, lease_until)
    return _claims(session, ids)


def _claims(session: Session, ids: Sequence[int]) -> list[Claim]:
    """With their values in the order of `Claim`."""
    before = ("id", "attempts", "lease_by", "serial", "kind", "day", "late", "channel", "address")
    rows = session.execute(
        select(*(message.c[name] for name in before), message.c.person_id, person.c.name)
        .add_columns(message.c.edition, skeleton.c.content, letter.c.content)
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(letter, letter.c.message_id == message.c.id)
        .outerjoin(skeleton, skeleton.c.id == letter.c.skeleton_id)
        .where(among(message.c.id, ids))
        .order_by(message.c.send_at, message.c.id)
    )
    return [
        Claim(*own, *([StoredLetter(alike, content)] if content is not None else []))
        for *own, alike, content in rows
    ]


# --- messages left behind -------------------------------------------------------------------------


def owners(session: Session) -> dict[str, datetime]:
    """Who holds messages, each with the end of its longest lease."""
    held = (message.c.send_at.is_not(None), message.c.state == MessageState.LEASED)
    query = select(message.c.lease_by, func.max(message.c.lease_until)).where(*held)
    return dict(session.execute(query.group_by(message.c.lease_by)).all())


def recover(session: Session, dead: Collection[str], today: date, now: datetime) -> list[int]:
    """Take back the messages that `dead` owners hold; returns those now quarantined.

    A message that may have gone out will be tried again with the same content, and is
    made the person's message of `today`, so that bundling adds no second one.
    """
    ids = messages.take_back(session, dead)
    attempts.end_unknown(session, ids, now)
    twice_unknown = _unknown_twice(session, ids)
    messages.quarantine(session, twice_unknown)
    stale = select(message.c.id).where(
        *_waits_since_before(today), message.c.state.in_(WAITING), attempts.may_have_arrived()
    )
    for id_ in session.scalars(stale.order_by(message.c.id)).all():
        # Where the person has a message of today already, the day stays as it is.
        with suppress(IntegrityError), session.begin_nested():
            messages.set_day(session, id_, today)
    return twice_unknown


def supersede_stale(session: Session, today: date) -> int:
    """Withdraw what was not sent on its day, and free its notices for today's bundle.

    A message that may have gone out all the same is left to be tried again. Returns
    how many were withdrawn.
    """
    ids = messages.supersede(session, *_waits_since_before(today), ~attempts.may_have_arrived())
    release(session, ids)
    return len(ids)


def withdrawn_since(session: Session, person_ids: Collection[int], today: date) -> dict[int, date]:
    """By person, the last day before `today` whose message reached nobody."""
    failed = message.c.state.in_((MessageState.SUPERSEDED, MessageState.GAVE_UP))
    query = (
        select(message.c.person_id, func.max(message.c.day))
        .where(among(message.c.person_id, sorted(person_ids)))
        .where(message.c.day < today, ~is_asked_for(), failed)
        .group_by(message.c.person_id)
    )
    return dict(session.execute(query).all())


def _unknown_twice(session: Session, message_ids: Sequence[int]) -> list[int]:
    """Those whose last two tries have an unknown outcome."""
    tries = (
        select(attempt.c.message_id, attempt.c.outcome)
        .where(among(attempt.c.message_id, message_ids))
        .order_by(attempt.c.message_id, attempt.c.n)
    )
    rows = groupby(session.execute(tries).all(), lambda row: row.message_id)
    outcomes = {id_: [row.outcome for row in own] for id_, own in rows}
    return [id_ for id_, own in outcomes.items() if own[-2:] == [AttemptOutcome.UNKNOWN] * 2]


def _waits_since_before(today: date) -> tuple[ColumnElement[bool], ...]:
    """Beside the state, which may be one to be claimed."""
    return (
        message.c.send_at.is_not(None),
        message.c.kind != MessageKind.ALERT,  # of no day
        # Asked for before midnight, a link to log in is good after it.
        or_(message.c.kind != MessageKind.LOGIN, message.c.day < today - DAY),
        message.c.day < today,
    )


def release(session: Session, message_ids: Sequence[int]) -> None:
    """Make the open notices and the digests of these messages free for another bundle."""
    notices.release(session, message_ids)
    digests.release(session, message_ids)
