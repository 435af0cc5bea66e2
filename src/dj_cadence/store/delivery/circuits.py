"""The circuits of channels. Every change compares what it found: several processes work on one."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.circuit import Circuit, accepted
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.delivery import messages
from dj_cadence.store.schema import channel_state, message


def load(session: Session, channel: str) -> Circuit | None:
    """The circuit of a channel; None where all is well."""
    return next((state for state in every(session) if state.channel == channel), None)


def save(session: Session, circuit: Circuit) -> bool:
    """False where another process was quicker."""
    values = {**asdict(circuit), "revision": circuit.revision + 1}
    if circuit.revision == 0:
        added = insert_or_ignore(channel_state).values(values)
        return bool(session.execute(added.returning(channel_state.c.channel)).all())
    changed = update(channel_state).where(*_as_seen(circuit)).values(values)
    return session.connection().execute(changed).rowcount == 1


def forget(session: Session, circuit: Circuit) -> None:
    """All is well again, unless another process was quicker."""
    session.execute(delete(channel_state).where(*_as_seen(circuit)))


def _as_seen(circuit: Circuit) -> tuple[ColumnElement[bool], ...]:
    columns = channel_state.c
    return columns.channel == circuit.channel, columns.revision == circuit.revision


def every(session: Session) -> list[Circuit]:
    """Of all channels on which something is or just was wrong, the oldest first."""
    query = select(channel_state).order_by(channel_state.c.since, channel_state.c.channel)
    return [Circuit(**row) for row in session.execute(query).mappings()]


def shut(session: Session) -> list[Circuit]:
    """Those on which nothing goes out now, but for a try now and then."""
    return [circuit for circuit in every(session) if circuit.is_shut]


def reopen(session: Session, channel: str, now: datetime) -> None:
    """Something was taken; what was put off while the channel was shut may go out now."""
    state = load(session, channel)
    if state and save(session, accepted(state, now)) and state.is_shut:  # nobody else has it
        messages.end_pauses(session, channel, now)


def waiting(session: Session, channel: str, now: datetime) -> int:
    """How many messages are to go out on a channel."""
    return int(messages.due(session, now, message.c.channel == channel).number)
