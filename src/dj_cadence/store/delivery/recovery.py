"""Messages left behind: by a process that died, or by a day that ended.

Both run before bundling, `recover` first.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.conditions import is_asked_for
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.delivery.claims import WAITING, release
from dj_cadence.store.schema import attempt, message

_LEASED = (message.c.send_at.is_not(None), message.c.state == "leased")


def owners(session: Session) -> dict[str, datetime]:
    """Who holds messages, each with the end of its longest lease."""
    query = select(message.c.lease_by, func.max(message.c.lease_until)).where(*_LEASED)
    return {
        by: datetime.fromisoformat(str(until))
        for by, until in session.execute(query.group_by(message.c.lease_by))
    }


def recover(session: Session, dead: Collection[str], today: date, now: datetime) -> list[int]:
    """Take back the messages that `dead` owners hold; returns those now quarantined.

    A message that may have gone out will be tried again with the same content, and is
    made the person's message of `today`, so that bundling adds no second one.
    """
    ended = session.scalars(
        update(message)
        .where(*_LEASED, message.c.lease_by.in_(dead))
        .values(state="retry", lease_by="", lease_until=None)
        .returning(message.c.id)
    ).all()
    twice_unknown = [id_ for ids in batched(ended) for id_ in _mark_unknown(session, ids, now)]
    for ids in batched(twice_unknown):
        session.execute(
            update(message).where(message.c.id.in_(ids)).values(state="quarantined", send_at=None)
        )
    _carry_over(session, today)
    return twice_unknown


def supersede_stale(session: Session, today: date) -> int:
    """Withdraw what was not sent on its day, and free its notices for today's bundle.

    A message that may have gone out all the same is left to be tried again. Returns
    how many were withdrawn.
    """
    ids = session.scalars(
        update(message)
        .where(*_waiting_from_before(today), ~_may_be_out())
        .values(state="superseded", send_at=None)
        .returning(message.c.id)
    ).all()
    for some in batched(ids):
        release(session, some)
    return len(ids)


def withdrawn_since(session: Session, person_ids: Collection[int], today: date) -> dict[int, date]:
    """By person, the last day before `today` whose message reached nobody."""
    failed = message.c.state.in_(("superseded", "gave_up"))
    query = (
        select(message.c.person_id, func.max(message.c.day))
        .where(among(message.c.person_id, sorted(person_ids)))
        .where(message.c.day < today, ~is_asked_for(), failed)
        .group_by(message.c.person_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _mark_unknown(session: Session, ids: Sequence[int], now: datetime) -> list[int]:
    """Attempts under way become unknown; returns the messages whose last two are."""
    session.execute(
        update(attempt)
        .where(attempt.c.message_id.in_(ids), attempt.c.outcome == "sending")
        .values(outcome="unknown", ended=now)
    )
    rows = session.execute(
        select(attempt.c.message_id, attempt.c.outcome)
        .where(attempt.c.message_id.in_(ids))
        .order_by(attempt.c.message_id, attempt.c.n)
    ).all()
    outcomes = {id_: [row[1] for row in found] for id_, found in groupby(rows, lambda row: row[0])}
    return [id_ for id_, found in outcomes.items() if found[-2:] == ["unknown", "unknown"]]


def _carry_over(session: Session, today: date) -> None:
    stale = select(message.c.id).where(*_waiting_from_before(today), _may_be_out())
    for id_ in session.scalars(stale.order_by(message.c.id)).all():
        # Where the person has a message of today already, the day stays as it is.
        with suppress(IntegrityError), session.begin_nested():
            session.execute(update(message).where(message.c.id == id_).values(day=today))


def _waiting_from_before(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        message.c.send_at.is_not(None),
        message.c.state.in_(WAITING),
        message.c.kind != "alert",  # of no day: it is said once, and tried until it is out
        message.c.day < today,
    )


def _may_be_out() -> ColumnElement[bool]:
    return exists().where(attempt.c.message_id == message.c.id, attempt.c.outcome == "unknown")
