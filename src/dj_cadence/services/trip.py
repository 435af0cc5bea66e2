"""One letter on its way over one connection, from the first word to the answer."""

import logging
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from dj_cadence.domain.letter import Answer, Notifier, Steps, steps, traits
from dj_cadence.errors import DeliveryError
from dj_cadence.services.letters import Written
from dj_cadence.store import outcomes
from dj_cadence.store.ledger import Claim
from dj_cadence.store.prepared import Ledger

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try."""

    record: Callable[[Ledger, Claim, str, datetime], None]
    counted: str
    reply: str
    down: bool = False
    """Nothing else would get through on this channel now."""


@dataclass(eq=False, slots=True)
class Trip:
    """A letter between its beginning and its outcome."""

    notifier: Notifier
    """Used by no other trip meanwhile."""
    written: Written
    awaited: Answer | None = None
    """What it stopped for; None before its first step."""
    until: float = 0.0
    """When it will have waited long enough."""
    in_vain: bool = False
    """Whether it has."""
    outcome: Outcome = field(init=False)
    """What became of it, once it is over."""
    _steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self._steps = steps(self.notifier, self.written.letter)

    def go_on(self) -> bool:
        """Up to the next answer that has to be waited for. True: it is over, see `outcome`."""
        if self.written.letter.form is not traits(self.notifier).form:
            reply = "渠道改了用途，旧消息不再从这里发出"  # a group must not get a letter
            self.outcome = Outcome(outcomes.postponed, "postponed", reply)
            return True
        try:
            self._step()
        except StopIteration as end:
            self.outcome = Outcome(outcomes.sent, "sent", end.value)
        except DeliveryError as error:
            self.outcome = _refused(error)
        except Exception as error:  # noqa: BLE001  a site's own notifier may raise anything
            channel = self.written.claim.channel
            _log.error("notifier_failed channel=%s error=%s", channel, type(error))
            reply = f"渠道程序出错：{type(error).__name__}"
            self.outcome = Outcome(outcomes.postponed, "postponed", reply)
        else:
            return False
        return True

    def _step(self) -> None:
        self.awaited = self._steps.throw(TimeoutError()) if self.in_vain else next(self._steps)
        self.until = monotonic() + self.awaited.seconds


def _refused(error: DeliveryError) -> Outcome:
    if error.permanent:
        return Outcome(outcomes.refused, "gave_up", error.reply)
    if error.unknown:
        return Outcome(outcomes.in_the_dark, "postponed", error.reply)
    return Outcome(outcomes.postponed, "postponed", error.reply, error.down)


def ready(trips: Sequence[Trip]) -> Sequence[Trip]:
    """Those of one thread that can go on; waits until there is one.

    One whose answer does not come holds up none of the others.
    """
    if len(trips) == 1:
        return trips  # it may as well wait by itself
    waiting = {trip.awaited.file: trip for trip in trips if trip.awaited}
    if len(waiting) < len(trips):
        return [trip for trip in trips if not trip.awaited]
    return _answered(waiting) or _in_vain(trips)


def _answered(waiting: Mapping[int, Trip]) -> list[Trip]:
    """By the descriptors that they wait on; none where the first one's time is over."""
    poll = select.poll()
    for file in waiting:
        poll.register(file, select.POLLIN)
    seconds = min(trip.until for trip in waiting.values()) - monotonic()
    return [waiting[file] for file, _ in poll.poll(max(0.0, 1000 * seconds))]


def _in_vain(trips: Sequence[Trip]) -> list[Trip]:
    now = monotonic()
    for trip in trips:
        trip.in_vain = trip.until <= now
    return [trip for trip in trips if trip.in_vain]
