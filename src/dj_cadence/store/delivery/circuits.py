"""The circuits of channels. Every change compares what it found: several processes work on one."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.circuit import Circuit, accepted
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.delivery import messages
from dj_cadence.store.schema import channel_state, message

_FIELDS = [column for column in channel_state.c if column.name != "revision"]


def load(session: Session, channel: str) -> tuple[Circuit | None, int]:
    """The circuit of a channel, and by which revision `save` knows it; None where all is well."""
    query = select(*_FIELDS, channel_state.c.revision).where(channel_state.c.channel == channel)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        return None, 0
    fields = dict(row)
    revision = fields.pop("revision")
    return Circuit(**fields), revision


def save(session: Session, circuit: Circuit, revision: int) -> bool:
    """False where another process was quicker; `revision` is 0 for one that was not there."""
    values = {**asdict(circuit), "revision": revision + 1}
    if revision == 0:
        added = insert_or_ignore(channel_state).values(values)
        return bool(session.execute(added.returning(channel_state.c.channel)).all())
    mine = (channel_state.c.channel == circuit.channel, channel_state.c.revision == revision)
    changed = update(channel_state).where(*mine).values(values)
    return session.connection().execute(changed).rowcount == 1


def forget(session: Session, channel: str, revision: int) -> bool:
    """All is well again; False where another process was quicker."""
    mine = (channel_state.c.channel == channel, channel_state.c.revision == revision)
    return session.connection().execute(delete(channel_state).where(*mine)).rowcount == 1


def every(session: Session) -> list[Circuit]:
    """Of all channels on which something is or just was wrong, the oldest first."""
    query = select(*_FIELDS).order_by(channel_state.c.since, channel_state.c.channel)
    return [Circuit(**row) for row in session.execute(query).mappings()]


def shut(session: Session) -> list[Circuit]:
    """Those on which nothing goes out now, but for a try now and then."""
    return [circuit for circuit in every(session) if circuit.is_shut]


def reopen(session: Session, channel: str, now: datetime) -> None:
    """Something was taken; what was put off while the channel was shut may go out now."""
    circuit, revision = load(session, channel)
    if circuit is None or not save(session, accepted(circuit, now), revision):
        return  # another process has it in hand
    if circuit.is_shut:
        messages.end_pauses(session, channel, now)


def waiting(session: Session, channel: str, now: datetime) -> int:
    """How many messages are to go out on a channel."""
    mine = (message.c.channel == channel, message.c.send_at.is_not(None))
    query = select(func.count()).where(*mine, message.c.created_at <= now)
    return session.execute(query).scalar_one()
