"""The figures by which an operator's monitoring watches a site; counts only, no names."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from dj_cadence.domain.messages.states import UNCERTAIN, MessageState
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import circuits
from dj_cadence.store.schema import message, site

_NAME = "dj_cadence"


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts of messages, and two ages."""

    due: int
    sent: int
    failed: int
    unknown: int
    oldest_unsent: timedelta
    """Since the message longest due was written; zero for none."""
    last_tick: datetime | None
    shut: tuple[str, ...] = ()
    """The channels on which nothing goes out."""


def measure(database: Database, now: datetime) -> Metrics:
    with database.read() as session:
        states = select(message.c.state, func.count()).group_by(message.c.state)
        counts = {row[0]: row[1] for row in session.execute(states)}
        due = (message.c.send_at.is_not(None), message.c.created_at <= now)
        number, oldest = session.execute(
            select(func.count(), func.min(message.c.created_at)).where(*due)
        ).one()
        last_tick = session.scalar(select(site.c.last_tick))
        shut = tuple(one.channel for one in circuits.shut(session))
    return Metrics(
        due=number,
        sent=counts.get(MessageState.SENT, 0),
        failed=counts.get(MessageState.GAVE_UP, 0),
        unknown=sum(counts.get(state, 0) for state in UNCERTAIN),
        oldest_unsent=max(now - oldest, timedelta(0)) if oldest else timedelta(0),
        last_tick=last_tick,
        shut=shut,
    )


def exposition(found: Metrics, pass_age: float) -> str:
    """In the text format of Prometheus; `pass_age` in seconds."""
    last = found.last_tick.timestamp() if found.last_tick else 0
    lines = (
        ("messages_due", "gauge", "Messages written down and not sent yet.", found.due),
        ("messages_sent_total", "counter", "Messages that a channel accepted.", found.sent),
        ("messages_failed_total", "counter", "Messages refused for good.", found.failed),
        ("channels_shut", "gauge", "Channels that take nothing, see doctor.", len(found.shut)),
        ("messages_unknown", "gauge", "Messages that wait for a person.", found.unknown),
        (
            "oldest_unsent_seconds",
            "gauge",
            "Age of the oldest message not sent yet.",
            found.oldest_unsent.total_seconds(),
        ),
        (
            "last_tick_timestamp_seconds",
            "gauge",
            "When the engine last made a pass, to within five minutes; 0 for never.",
            last,
        ),
        (
            "last_pass_age_seconds",
            "gauge",
            "Time since the last whole pass of this process, or since its start; no clock sets it.",
            pass_age,
        ),
    )
    return "".join(
        f"# HELP {_NAME}_{name} {text}\n# TYPE {_NAME}_{name} {kind}\n{_NAME}_{name} {value:.0f}\n"
        for name, kind, text, value in lines
    )
