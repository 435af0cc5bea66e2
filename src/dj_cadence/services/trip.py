"""One letter on its way over one connection, from the first word to the answer."""

import logging
import select
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from dj_cadence.domain.letter import Answer, Letter, Notifier, Talk, is_talking, traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.services.letters import Written
from dj_cadence.store import outcomes
from dj_cadence.store.ledger import Claim
from dj_cadence.store.prepared import Ledger

_LONGEST_REPLY = 1000
_LONGEST_WAIT = 3600.0
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
    _talk: Talk = field(init=False)

    def __post_init__(self) -> None:
        self._talk = _talk(self.notifier, self.written.letter)

    @property
    def is_connected(self) -> bool:
        return is_talking(self.notifier) and self.notifier.is_connected

    def go_on(self) -> bool:
        """Up to the next answer that has to be waited for. True: it is over, see `outcome`."""
        if self.written.letter.form is not traits(self.notifier).form:
            reply = "渠道改了用途，旧消息不再从这里发出"  # a group must not get a letter
            self.outcome = Outcome(outcomes.postponed, "postponed", reply)
            return True
        try:
            self._step()
        except StopIteration as end:
            self.outcome = Outcome(outcomes.sent, "sent", _text(end.value))
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
        in_vain, self.in_vain = self.in_vain, False
        file, seconds = self._talk.throw(TimeoutError()) if in_vain else next(self._talk)
        self.awaited = Answer(int(file), min(seconds, _LONGEST_WAIT))
        self.until = monotonic() + self.awaited.seconds


def _talk(notifier: Notifier, letter: Letter) -> Talk:
    """All at once where the notifier does not talk."""
    if is_talking(notifier):
        return (yield from notifier.talk(letter))
    return notifier.send(letter)


def _refused(error: DeliveryError) -> Outcome:
    reply = _text(error.reply)
    if error.unknown:
        return Outcome(outcomes.in_the_dark, "postponed", reply)
    if error.blame is Blame.ADDRESS:
        return Outcome(outcomes.refused, "gave_up", reply)
    return Outcome(outcomes.postponed, "postponed", reply, error.down)


def _text(reply: object) -> str:
    """A reply as every database takes it, whatever a notifier or a server makes of it."""
    text = "" if reply is None else str(reply)
    return text[:_LONGEST_REPLY].encode("utf-8", "replace").decode().replace("\0", " ")


def ready(trips: Sequence[Trip]) -> Sequence[Trip]:
    """Those of one thread that can go on; waits until there is one.

    One that has to connect first goes alone, and after those whose answer is there, for that is
    to be written down. One that waits in vain holds up none of the others.
    """
    if len(trips) == 1:
        return trips  # it may as well wait by itself
    waiting = [trip for trip in trips if trip.awaited]
    unbegun = [trip for trip in trips if not trip.awaited]
    if connected := [trip for trip in unbegun if trip.is_connected]:
        return connected
    return _answered(waiting, wait=not unbegun) or unbegun[:1]


def _answered(trips: Sequence[Trip], *, wait: bool) -> list[Trip]:
    """Those whose answer is there or whose time is over; none is fine unless we `wait`."""
    poll, by_file = select.poll(), defaultdict[int, list[Trip]](list)
    for trip in trips:
        file = trip.awaited.file if trip.awaited else -1
        if file < 0:
            return [trip]  # it was closed, and will say so
        by_file[file].append(trip)
        poll.register(file, select.POLLIN)
    seconds = max(0.0, min(trip.until for trip in trips) - monotonic()) if wait else 0.0
    found = [trip for file, _ in poll.poll(1000 * seconds) for trip in by_file[file]]
    return found + _in_vain([trip for trip in trips if trip not in found])


def _in_vain(trips: Sequence[Trip]) -> list[Trip]:
    now = monotonic()
    for trip in trips:
        trip.in_vain = trip.until <= now
    return [trip for trip in trips if trip.in_vain]
