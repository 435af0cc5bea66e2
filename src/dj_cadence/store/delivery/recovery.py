"""Messages left behind: by a process that died, or by a day that ended.

Both run before bundling, `recover` first.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import WAITING, AttemptOutcome, MessageKind, MessageState
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import is_asked_for
from dj_cadence.store.delivery import attempts, messages
from dj_cadence.store.delivery.claims import release
from dj_cadence.store.schema import attempt, message


def owners(session: Session) -> dict[str, datetime]:
    """Who holds messages, each with the end of its longest lease."""
    held = (message.c.send_at.is_not(None), message.c.state == MessageState.LEASED)
    query = select(message.c.lease_by, func.max(message.c.lease_until)).where(*held)
    return {
        by: datetime.fromisoformat(str(until))
        for by, until in session.execute(query.group_by(message.c.lease_by))
    }


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
    return {row[0]: row[1] for row in session.execute(query)}


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
        message.c.day < today,
    )
