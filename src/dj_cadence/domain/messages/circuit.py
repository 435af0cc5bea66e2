"""A channel's circuit: shut after refusals that are about us, then tried with single letters.

Nothing is lost while it is shut: letters wait, and what waits at the day's end goes into the
next day's message.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ENOUGH = 3
"""So many refusals about us in a row, with nothing taken in between, shut a channel."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)
LONGEST_ASKED = timedelta(hours=6)
"""For so long a service may ask to be left alone."""
WORTH_TELLING = timedelta(minutes=10)
"""A shorter outage is a burst that the first new try got over."""
_CALM, _CALM_AFTER_SOME = timedelta(hours=1), timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is wrong with one channel, from its first refusal until it works again."""

    channel: str
    since: datetime
    reason: str
    """What the other side answered last."""
    refusals: int
    """In a row, since something was taken."""
    refused_at: datetime
    domain: str = ""
    """Of all the addresses that were refused in a row; empty: of several, or unknown."""
    next_try_at: datetime | None = None
    """Shut until then; None: letters go out."""
    pause_seconds: int = 0
    is_partial: bool = False
    """Whether some letters got through before the rest was refused, as with a limit."""
    accepted_at: datetime | None = None
    told_at: datetime | None = None
    revision: int = 0
    """Counts its changes; 0: it was not written down yet."""

    @property
    def is_shut(self) -> bool:
        return self.next_try_at is not None

    def may_try(self, now: datetime) -> bool:
        """Whether a letter may go out now, if only one."""
        return self.next_try_at is None or self.next_try_at <= now


def refused(
    circuit: Circuit,
    reason: str,
    now: datetime,
    many: int,
    *,
    after_some: bool,
    retry_after: float | None = None,
    domain: str = "",
) -> Circuit:
    """After `many` more refusals in a row, all to addresses of `domain` where it is one.

    `after_some` were taken in the same pass.
    """
    after = replace(
        circuit,
        reason=reason,
        refusals=circuit.refusals + many,
        refused_at=now,
        domain=domain,
        is_partial=circuit.is_partial or after_some,
    )
    if not after.is_shut and after.refusals < ENOUGH:
        return after
    before = timedelta(seconds=after.pause_seconds)
    pause = min(max(2 * before, FIRST_PAUSE), LONGEST_PAUSE)
    asked = timedelta(seconds=min(max(retry_after or 0, 0), LONGEST_ASKED.total_seconds()))
    return replace(
        after, next_try_at=now + max(pause, asked), pause_seconds=int(pause.total_seconds())
    )


def accepted(circuit: Circuit, now: datetime) -> Circuit:
    """Something was taken: the rest may follow."""
    return replace(
        circuit, refusals=0, domain="", accepted_at=now, next_try_at=None, pause_seconds=0
    )


def is_over(circuit: Circuit, now: datetime) -> bool:
    """Whether it works again for good, as far as one can tell.

    A channel that takes some letters and refuses the rest has to take some on another day.
    """
    if circuit.is_shut or circuit.accepted_at is None or circuit.accepted_at < circuit.refused_at:
        return False
    if circuit.is_partial:
        return circuit.accepted_at >= circuit.refused_at + _CALM_AFTER_SOME
    return now >= circuit.refused_at + _CALM


def is_worth_telling(circuit: Circuit, now: datetime) -> bool:
    """Whether the administrators are to hear of it now, the once."""
    return circuit.is_shut and circuit.told_at is None and now >= circuit.since + WORTH_TELLING


def was_long(circuit: Circuit) -> bool:
    """Whether it lasted so long that one wants to know afterwards."""
    return circuit.refused_at >= circuit.since + WORTH_TELLING
