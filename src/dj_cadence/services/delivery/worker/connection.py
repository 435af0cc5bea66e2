"""A thread that hands letters to one notifier, which may never come back from one.

Nobody waits for such a thread longer than for its letter: it is abandoned, and ends by itself
if the notifier ever returns.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
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
class Outcome:
    """What became of one try."""

    record: Record
    reply: str
    down: bool = False
    """Nothing else would get through on this channel now."""
    blame: Blame | None = None
    """What is due to it that it was not taken; None where it was, or it is ours to mend."""
    retry_after: float | None = None
    """In how many seconds the other side wants to be asked again, if it said so."""

    @property
    def is_sent(self) -> bool:
        return self.record is attempts.sent


@dataclass(frozen=True, slots=True)
class FinishedDelivery:
    """A letter that was in flight, and what became of it."""

    composed: ComposedLetter
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What a connection says of itself: that it is open, or what became of a letter."""

    connection: "Connection"
    finished: FinishedDelivery | None = None


class Connection(Thread):
    """Opens a notifier, and hands it one letter after the other; tells of each in `reports`."""

    def __init__(
        self, channel: str, open_notifier: OpenNotifier, reports: "SimpleQueue[Report]"
    ) -> None:
        super().__init__(name=f"send {channel}", daemon=True)
        self.traits = Traits()
        self.seconds = MOST_SECONDS
        """How long a letter may take."""
        self.unusable = ""
        """Why the notifier could not be opened; empty where it could."""
        self.in_flight: ComposedLetter | None = None
        """The letter that is being sent."""
        self._channel = channel
        self.open_notifier = open_notifier
        self._reports = reports
        self._orders: SimpleQueue[ComposedLetter | None] = SimpleQueue()
        self._notifier: Notifier | None = None

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
        _log.error("notifier_abandoned channel=%s message=%s", self._channel, id_)
        if composed is None:
            return None
        if self._may_be_out():
            outcome = _about_us(attempts.unknown, f"{why}，结果不明")
        else:
            outcome = _about_us(attempts.deferred, why)
        return FinishedDelivery(composed, outcome)

    def run(self) -> None:
        try:
            self._notifier = self.open_notifier()
            self.traits = traits(self._notifier)
            self.seconds = min(float(self.traits.deadline_seconds), MOST_SECONDS)
        except DeliveryError as error:
            self.unusable = _text(error.reply)
        except BaseException as error:  # noqa: BLE001  a site's own notifier may raise anything
            self.unusable = _broken(self._channel, error)
        self._reports.put(Report(self))
        while self._notifier and (composed := self._orders.get()):
            outcome = self._outcome(self._notifier, composed)
            self._reports.put(Report(self, FinishedDelivery(composed, outcome)))
        self._close()

    def _outcome(self, notifier: Notifier, composed: ComposedLetter) -> Outcome:
        if composed.letter.form is not self.traits.form:
            reply = "渠道改了用途，旧消息不再从这里发出"  # a group must not get a letter
            return Outcome(attempts.deferred, reply)
        try:
            return _tried(notifier, composed)
        except BaseException as error:  # noqa: BLE001  as above; an outcome there must be
            return _about_us(attempts.deferred, _broken(self._channel, error))

    def _close(self) -> None:
        try:
            if self._notifier:
                self._notifier.close()
        except BaseException as error:  # noqa: BLE001  as above
            _broken(self._channel, error)

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


def _tried(notifier: Notifier, composed: ComposedLetter) -> Outcome:
    try:
        return Outcome(attempts.sent, _text(notifier.send(composed.letter)))
    except DeliveryError as error:
        return _rejected(error)


def _rejected(error: DeliveryError) -> Outcome:
    reply = _text(error.reply)
    if error.unknown:
        return _about_us(attempts.unknown, reply)
    record = attempts.too_large if error.blame is Blame.LETTER else attempts.deferred
    return Outcome(record, reply, error.down, error.blame, error.retry_after)


def _about_us(record: Record, reply: str) -> Outcome:
    """Silence and a broken notifier are the channel's: the next letter would fare no better."""
    return Outcome(record, reply, blame=Blame.CHANNEL)


def _broken(channel: str, error: BaseException) -> str:
    _log.error("notifier_failed channel=%s error=%s", channel, type(error))
    return f"渠道程序出错：{type(error).__name__}"


def _text(reply: object) -> str:
    """A reply as every database takes it, whatever a notifier or a server makes of it."""
    text = "" if reply is None else str(reply)
    return text[:_LONGEST_REPLY].encode("utf-8", "replace").decode().replace("\0", " ")
