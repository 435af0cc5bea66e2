"""The figures by which an operator's monitoring watches a site; counts only, no names."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dj_cadence.domain.messages.states import UNCERTAIN, MessageState
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import circuits, messages
from dj_cadence.store.site import site as sites

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
        due = messages.due(session, now)
        return Metrics(
            due=due.number,
            sent=messages.count(session, MessageState.SENT),
            failed=messages.count(session, MessageState.GAVE_UP),
            unknown=messages.count(session, *UNCERTAIN),
            oldest_unsent=max(now - due.oldest, timedelta(0)) if due.oldest else timedelta(0),
            last_tick=sites.load(session).last_tick,
            shut=tuple(state.channel for state in circuits.shut(session)),
        )


def exposition(metrics: Metrics, pass_age: float) -> str:
    """In the text format of Prometheus; `pass_age` in seconds."""
    last = metrics.last_tick.timestamp() if metrics.last_tick else 0
    oldest = metrics.oldest_unsent.total_seconds()
    lines = (
        ("messages_due", "gauge", "Messages written down and not sent yet.", metrics.due),
        ("messages_sent_total", "counter", "Messages that a channel accepted.", metrics.sent),
        ("messages_failed_total", "counter", "Messages refused for good.", metrics.failed),
        ("channels_shut", "gauge", "Channels that take nothing, see doctor.", len(metrics.shut)),
        ("messages_unknown", "gauge", "Messages that wait for a person.", metrics.unknown),
        ("oldest_unsent_seconds", "gauge", "Age of the oldest message not sent yet.", oldest),
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
