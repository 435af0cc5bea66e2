"""A thread that hands letters to one notifier, which may never come back from one.

Nobody waits for such a thread longer than for its letter: it is abandoned, and ends by itself
if the notifier ever returns.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from threading import enumerate as enumerate_threads

from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.notifier import Notifier, OpenNotifier, Traits, traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.services.delivery.compose import ComposedLetter
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.delivery import attempts

MOST_SECONDS = 290.0
"""No letter is waited for longer, whatever a notifier says of itself: leases must outlast it."""
_LONGEST_REPLY = 1000
_log = logging.getLogger(__name__)
Record = Callable[[DriverTransaction, Claim, str, datetime], None]
"""Writes down what became of a try."""


@dataclass(frozen=True, slots=True)
class FinishedDelivery:
    """A message that was claimed, and what became of this try."""

    claim: Claim
    record: Record
    reply: str
    blame: Blame | None = None
    """What is due to it that it was not taken; None where it was, or it is ours to mend.

    Silence and a broken notifier are the channel's: the next letter would fare no better.
    """
    down: bool = False
    """Nothing else would get through on this channel now."""
    retry_after: float | None = None
    """In how many seconds the other side wants to be asked again, if it said so."""

    @property
    def is_sent(self) -> bool:
        return self.record is attempts.sent


Reports = SimpleQueue[tuple["Connection", FinishedDelivery | None]]
"""What connections say of themselves: that they are open, or what became of a letter."""


@dataclass(eq=False, repr=False)
class Connection(Thread):
    """Opens a notifier, and hands it one letter after the other; tells of each in `reports`."""

    channel: str
    open_notifier: OpenNotifier
    reports: Reports
    traits: Traits = field(default_factory=Traits)
    seconds: float = MOST_SECONDS
    """How long a letter may take."""
    unusable: str = ""
    """Why the notifier could not be opened; empty where it could."""
    in_flight: ComposedLetter | None = None
    """The letter that is being sent."""
    _notifier: Notifier | None = None

    def __post_init__(self) -> None:
        super().__init__(name=f"send {self.channel}", daemon=True)
        self._orders: SimpleQueue[ComposedLetter | None] = SimpleQueue()

    def send(self, composed: ComposedLetter) -> None:
        """Set out with a letter; only when the one before is back."""
        self.in_flight = composed
        self._orders.put(composed)

    def finish(self) -> None:
        """Let go of the notifier, once it is back."""
        self._orders.put(None)

    def abandon(self, why: str) -> FinishedDelivery | None:
        """Wait for it no longer; returns what is known of the letter in flight, if there is one.

        It may have arrived, unless the notifier says that nothing of it was handed over yet.
        """
        self.finish()
        composed = self.in_flight
        id_ = composed.claim.id if composed else None
        _log.error("notifier_abandoned channel=%s message=%s", self.channel, id_)
        if composed is None:
            return None
        record, reply = attempts.deferred, why
        if self._may_be_out():
            record, reply = attempts.unknown, f"{why}，结果不明"
        return FinishedDelivery(composed.claim, record, reply, Blame.CHANNEL)

    def run(self) -> None:
        try:
            self._notifier = self.open_notifier()
            self.traits = traits(self._notifier)
            self.seconds = min(float(self.traits.deadline_seconds), MOST_SECONDS)
        except DeliveryError as error:
            self.unusable = _text(error.reply)
        except BaseException as error:  # noqa: BLE001  a site's own notifier may raise anything
            self.unusable = _broken(self.channel, error)
        self.reports.put((self, None))
        while self._notifier and (composed := self._orders.get()):
            self.reports.put((self, self._tried(self._notifier, composed)))
        try:
            if self._notifier:
                self._notifier.close()
        except BaseException as error:  # noqa: BLE001  as above
            _broken(self.channel, error)

    def _tried(self, notifier: Notifier, composed: ComposedLetter) -> FinishedDelivery:
        claim = composed.claim
        if composed.letter.form is not self.traits.form:
            reply = "渠道改了用途，旧消息不再从这里发出"  # a group must not get a letter
            return FinishedDelivery(claim, attempts.deferred, reply)
        try:
            try:
                return FinishedDelivery(claim, attempts.sent, _text(notifier.send(composed.letter)))
            except DeliveryError as error:
                return _rejected(claim, error)
        except BaseException as error:  # noqa: BLE001  as above; an outcome there must be
            reply = _broken(self.channel, error)
            return FinishedDelivery(claim, attempts.deferred, reply, Blame.CHANNEL)

    def _may_be_out(self) -> bool:
        with suppress(Exception):
            return getattr(self._notifier, "may_be_out", True) is not False
        return True


def living(open_notifier: OpenNotifier) -> int:
    """How many threads of this process are with a notifier of this kind, or stuck in one."""
    return sum(
        isinstance(thread, Connection) and thread.open_notifier is open_notifier
        for thread in enumerate_threads()
    )


def _rejected(claim: Claim, error: DeliveryError) -> FinishedDelivery:
    reply = _text(error.reply)
    if error.unknown:
        return FinishedDelivery(claim, attempts.unknown, reply, Blame.CHANNEL)
    record = attempts.too_large if error.blame is Blame.LETTER else attempts.deferred
    return FinishedDelivery(claim, record, reply, error.blame, error.down, error.retry_after)


def _broken(channel: str, error: BaseException) -> str:
    _log.error("notifier_failed channel=%s error=%s", channel, type(error))
    return f"渠道程序出错：{type(error).__name__}"


def _text(reply: object) -> str:
    """A reply as every database takes it, whatever a notifier or a server makes of it."""
    text = "" if reply is None else str(reply)
    return text[:_LONGEST_REPLY].encode("utf-8", "replace").decode().replace("\0", " ")
