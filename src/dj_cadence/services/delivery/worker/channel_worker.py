"""A thread that works through the letters of one channel: claim, write, send, record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter is committed before the next goes out over the same connection, often in
one commit with its beginning; so whenever the process dies at most one letter of each connection
has an unknown outcome: the one that was in flight.
"""

import logging
from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic

from dj_cadence.domain.messages.circuit import ENOUGH
from dj_cadence.domain.messages.claim import Claim
from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.domain.messages.sending_hours import SendingHours
from dj_cadence.errors import Blame
from dj_cadence.services.delivery.compose import ComposedLetter, Composer
from dj_cadence.services.delivery.message_sources import RenderFailure
from dj_cadence.services.delivery.worker.circuit_breaker import (
    ABOUT_ADDRESS,
    CircuitBreaker,
    domain_of,
)
from dj_cadence.services.delivery.worker.commit_retries import RetriedTransactions
from dj_cadence.services.delivery.worker.connection import FinishedDelivery
from dj_cadence.services.delivery.worker.connections import Connections
from dj_cadence.services.delivery.worker.letter_supply import LetterSupply
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import attempts, messages, rate_limits
from dj_cadence.store.delivery.claims import BATCH, LEASE

_log = logging.getLogger(__name__)


class ChannelWorker(Thread):
    """Sends what is due on one channel until nothing is left or the pass is over.

    It ends by itself in bounded time, whatever the notifiers do.
    """

    def __init__(
        self,
        database: Database,
        composer: Composer,
        connections: Connections,
        owner: str,
        now: datetime,
        since: float,
        hours: SendingHours,
    ) -> None:
        """`since` is what `monotonic` said at `now`."""
        super().__init__(name=f"channel {connections.channel}", daemon=True)
        self.database = database
        self.owner = owner
        self.channel = connections.channel
        self.counts: Counter[str] = Counter()
        """How many messages were sent, deferred, gave_up and settled."""
        self.error: Exception | None = None
        """Why it broke off, if it did."""
        self.moved_at = monotonic()
        """When something last came of a letter."""
        self._composer = composer
        self._connections = connections
        self._now = now
        self._since = since
        self._hours = hours
        self._begun_at = monotonic()
        self._letters: deque[ComposedLetter] = deque()
        """Claimed and written, and to go out next."""
        self._is_down = False
        """Nothing would get through on this channel now."""
        self._is_drained = False
        """Nothing more is to be claimed."""
        self._breaker = CircuitBreaker(database, self.channel)
        self._transactions = RetriedTransactions(database, self.pause)

    def run(self) -> None:
        try:
            if self._connections.open() or self._connections.unusable:
                self._work()
        except Exception as error:  # noqa: BLE001  the pass that waits for it raises it
            self._break_off(error)
        finally:
            self._transactions.close()
            self._connections.close()

    def pause(self, seconds: float) -> None:
        """Until the process is to end, at most."""
        self._connections.leaving.wait(seconds)

    def _break_off(self, error: Exception) -> None:
        _log.error("channel_broke_off channel=%s error=%s", self.channel, type(error))
        self.error, self._is_drained = error, True

    def _work(self) -> None:
        composer = replace(self._composer, form=self._connections.traits.form)
        self._supply = LetterSupply(self.database, composer, self.owner, self.channel, self._now)
        finished: list[FinishedDelivery] = []
        while True:
            self._record_and_send(finished)
            finished = []
            if self._wants_more():
                self._next_batch()
            elif self._is_through():
                break
            else:
                finished = self._connections.finished()
        self._supply.close_notices(())
        self._judge_addresses()

    # --- letters to be sent -----------------------------------------------------------------------

    def _wants_more(self) -> bool:
        """Whether a connection is idle for want of letters."""
        idle = self._connections.are_free or self._connections.are_gone
        return idle and not self._letters and not self._is_drained

    def _is_through(self) -> bool:
        """Whether everything is back, and nothing will follow."""
        at_rest = not self._letters and not self._connections.in_flight()
        return at_rest and (self._is_drained or self._connections.are_gone)

    def _next_batch(self) -> None:
        """Where it fails, what is in flight still gets its outcome."""
        try:
            self._supply.close_notices(
                {composed.claim.id for composed in self._connections.in_flight()}
            )
            claims = self._claim()
            self._is_drained = not claims
            self._letters += self._write(claims)
        except Exception as error:  # noqa: BLE001  as in `run`
            self._break_off(error)

    def _claim(self) -> list[Claim]:
        """What is to go out next; nothing where the channel is not to be used any more."""
        at_most = self._room()
        if not at_most:
            return []
        return self._supply.claim(
            at_most,
            self._instant() + LEASE,
            asked_only=self._is_closing_time(),
            avoiding=self._breaker.avoids,
        )

    def _room(self) -> int:
        """What is written and cannot go out would say tomorrow what was true today."""
        if self._is_over():
            return 0
        limit = self._connections.traits.limit
        most = min(BATCH, limit.messages) if limit else BATCH
        room = self._breaker.room(self._instant())
        return most if room is None else min(most, room)

    def _is_closing_time(self) -> bool:
        """Whether only what was asked for may be begun."""
        return not self._hours.allow(self._instant())

    def _is_over(self) -> bool:
        """The leases of a pass must outlast it, and the next has planning and bundling to do."""
        is_late = monotonic() - self._begun_at > LEASE.total_seconds() / 2
        is_late &= self.counts.total() > 0  # each pass does something
        is_lost = self._connections.are_gone and not self._connections.unusable
        return self._is_down or is_late or is_lost or self._connections.leaving.is_set()

    def _write(self, claims: Sequence[Claim]) -> list[ComposedLetter]:
        reason = self._connections.unusable if claims and self._connections.are_gone else ""
        if reason:  # said in the delivery log of each; the cause was logged once
            self._breaker.shut(reason, self._instant(), ENOUGH)
            self._is_down = True
            self._defer([RenderFailure(claim, reason) for claim in claims])
            return []
        letters, settled, failures = self._supply.write(claims)
        self.counts.update(settled=settled)
        self._defer(failures)
        return letters

    def _defer(self, failures: Sequence[RenderFailure]) -> None:
        def record(transaction: DriverTransaction) -> None:
            for failure in failures:
                attempts.render_failed(transaction, failure.claim, failure.reason, self._now)

        if failures:
            self._transactions.commit(record)
        self.counts.update(deferred=len(failures))

    # --- out and back -----------------------------------------------------------------------------

    def _record_and_send(self, finished: Sequence[FinishedDelivery]) -> None:
        """Write down what became of letters, and that the next are in flight; send these.

        Of each connection one letter: so many are unknown should we die before it is written.
        """
        self._is_down |= any(delivery.outcome.down for delivery in finished)
        self._is_down |= self._breaker.learn(finished, self._instant())
        decided = [delivery for delivery in finished if delivery.outcome.blame not in ABOUT_ADDRESS]
        self.counts.update(
            "sent" if delivery.outcome.is_sent else "deferred" for delivery in decided
        )
        over, free = self._is_over(), self._connections.ready()
        avoided = self._take_avoided()
        if not finished and not (self._letters and (over or free)):
            return

        def work(transaction: DriverTransaction) -> tuple[list[ComposedLetter], int]:
            for delivery in finished:
                delivery.outcome.record(
                    transaction, delivery.composed.claim, delivery.outcome.reply, self._now
                )
            _hand_back(transaction, avoided)
            if over:
                return [], _hand_back(transaction, self._letters)
            return self._begin(transaction, self._letters, free)

        begun, passed = self._transactions.commit(work)
        self._breaker.note()
        self.moved_at = monotonic()
        for _ in range(passed):
            self._letters.popleft()
        for letter in begun:
            self._connections.send(letter)

    def _take_avoided(self) -> list[ComposedLetter]:
        """Take out of what is next whatever is not to go out any more in this pass."""
        domain = self._breaker.avoids
        avoided = [
            composed
            for composed in self._letters
            if domain and domain_of(composed.letter.to) == domain
        ]
        if avoided:
            self._letters = deque(composed for composed in self._letters if composed not in avoided)
        return avoided

    def _judge_addresses(self) -> None:
        """Strike off or set aside the addresses that are to blame, now that all is back."""
        held, blamed = self._breaker.held, self._breaker.verdicts(self._instant())

        def record(transaction: DriverTransaction) -> None:
            for delivery in blamed:
                is_bad = delivery.outcome.blame is Blame.ADDRESS
                end = attempts.rejected if is_bad else attempts.mailbox_full
                end(transaction, delivery.composed.claim, delivery.outcome.reply, self._now)

        if blamed:
            self._transactions.commit(record)
        self.counts.update(gave_up=len(blamed), deferred=held - len(blamed))

    def _begin(
        self, transaction: DriverTransaction, letters: deque[ComposedLetter], at_most: int
    ) -> tuple[list[ComposedLetter], int]:
        """The next letters that are ours to send, now written down as in flight.

        And how many have been passed by for good: begun as well, told to wait, or taken over.
        """
        begun: list[ComposedLetter] = []
        limit, is_closing_time = self._connections.traits.limit, self._is_closing_time()
        for n, letter in enumerate(letters):
            if len(begun) == at_most:
                return begun, n
            if is_closing_time and not letter.claim.is_asked_for:
                _hand_back(transaction, [letter])
            elif free_at := limit and self._free_at(transaction, letter.claim, limit):
                if not limit.per_address:  # the others need not even be asked for
                    self._is_drained = True
                    return begun, n + _hand_back(transaction, list(letters)[n:])
                messages.wait_until(transaction, letter.claim, until=free_at)
            elif attempts.begin(transaction, letter.claim, self._now):
                begun.append(letter)
        return begun, len(letters)

    def _free_at(
        self, transaction: DriverTransaction, claim: Claim, limit: Limit
    ) -> datetime | None:
        """From when the channel may be used for this; None: now, and its limit counts it."""
        bucket = f"{claim.channel} {claim.address}" if limit.per_address else claim.channel
        return rate_limits.take(transaction, bucket, limit, self._instant())

    def _instant(self) -> datetime:
        """It takes time to send, and limits and leases count from the moment itself."""
        return self._now + timedelta(seconds=monotonic() - self._since)


def _hand_back(transaction: DriverTransaction, letters: Collection[ComposedLetter]) -> int:
    """Let others send these; returns how many they are."""
    attempts.hand_back(transaction, [letter.claim for letter in letters])
    return len(letters)
