"""A thread that works through the letters of one channel: claim, write, send, record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter is committed before the next goes out over the same connection, often in
one commit with its beginning; so whenever the process dies at most one letter of each connection
has an unknown outcome: the one that was in flight.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from time import monotonic
from typing import TypeVar

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
from dj_cadence.services.delivery.worker.connection import FinishedDelivery
from dj_cadence.services.delivery.worker.connections import Connections
from dj_cadence.store.core.compiled import DriverTransaction, NotWritten
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import attempts, claims, messages, rate_limits
from dj_cadence.store.delivery.claims import BATCH, LEASE
from dj_cadence.store.reminders import notices

COMMIT_RETRY_DELAYS = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
"""Seconds between tries to write an outcome down: what was accepted must not be forgotten."""
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


@dataclass(eq=False, repr=False)
class ChannelWorker(Thread):
    """Sends what is due on one channel until nothing is left or the pass is over.

    It ends by itself in bounded time, whatever the notifiers do.
    """

    database: Database
    composer: Composer
    connections: Connections
    owner: str
    now: datetime
    since: float
    """What `monotonic` said at `now`."""
    hours: SendingHours
    counts: Counter[str] = field(default_factory=Counter)
    """How many messages were sent, deferred, gave_up and settled."""
    error: Exception | None = None
    """Why it broke off, if it did."""
    _letters: list[ComposedLetter] = field(default_factory=list)
    """Claimed and written, and to go out next."""
    _open: list[int] = field(default_factory=list)
    """The claimed messages whose notices may still be open."""
    _transactions: DriverTransaction | None = None
    _is_down: bool = False
    """Nothing would get through on this channel now."""
    _is_drained: bool = False
    """Nothing more is to be claimed."""

    def __post_init__(self) -> None:
        self.channel = self.connections.channel
        super().__init__(name=f"channel {self.channel}", daemon=True)
        self._breaker = CircuitBreaker(self.database, self.channel)
        self._begun_at = self.moved_at = monotonic()
        """`moved_at`: when something last came of a letter."""

    def run(self) -> None:
        try:
            if self.connections.open() or self.connections.unusable:
                self._work()
        except Exception as error:  # noqa: BLE001  the pass that waits for it raises it
            self._break_off(error)
        finally:
            self._disconnect()
            self.connections.close()

    def pause(self, seconds: float) -> None:
        """Until the process is to end, at most."""
        self.connections.leaving.wait(seconds)

    def _break_off(self, error: Exception) -> None:
        _log.error("channel_broke_off channel=%s error=%s", self.channel, type(error))
        self.error, self._is_drained = error, True

    def _work(self) -> None:
        self.composer = replace(self.composer, form=self.connections.traits.form)
        finished: list[FinishedDelivery] = []
        while True:
            self._record_and_send(finished)
            finished = []
            is_idle = self.connections.are_free or self.connections.are_gone
            if is_idle and not self._letters and not self._is_drained:
                self._next_batch()
            elif self._is_drained and not self._letters and not self.connections.in_flight():
                break
            else:
                finished = self.connections.finished()
        self._close_notices(set())
        self._judge_addresses()

    # --- letters to be sent -----------------------------------------------------------------------

    def _next_batch(self) -> None:
        """Where it fails, what is in flight still gets its outcome."""
        try:
            self._close_notices({each.claim.id for each in self.connections.in_flight()})
            lease, most = self._instant() + LEASE, self._room()
            claimed = self._claim(lease, most) if most else []
            self._is_drained = not claimed
            self._letters += self._write(claimed)
        except Exception as error:  # noqa: BLE001  as in `run`
            self._break_off(error)

    def _claim(self, until: datetime, at_most: int) -> list[Claim]:
        """What is to go out next, leased until then."""
        only, avoiding = not self.hours.allow(self._instant()), self._breaker.avoids
        lease = (self.owner, self.channel, self.now, until, at_most)
        with self.database.write(durable=False) as session:
            claimed = claims.claim(session, *lease, asked_only=only, avoiding=avoiding)
            unwritten = [claim.id for claim in claimed if claim.stored is None]
            notices.close_needless(session, message_ids=unwritten)
        self._open += [claim.id for claim in claimed]
        return claimed

    def _close_notices(self, in_flight: set[int]) -> None:
        """Tell the notices of all messages but those `in_flight` what became of them."""
        if self._open:
            with self.database.write(durable=False) as session:
                notices.close_sent(session, self._open)
        self._open = [id_ for id_ in self._open if id_ in in_flight]

    def _room(self) -> int:
        """How many may go out next; none where the channel is not to be used any more.

        What is written and cannot go out would say tomorrow what was true today.
        """
        if self._is_over():
            return 0
        limit = self.connections.traits.limit
        most = min(BATCH, limit.messages) if limit else BATCH
        room = self._breaker.room(self._instant())
        return most if room is None else min(most, room)

    def _is_over(self) -> bool:
        """The leases of a pass must outlast it, and the next has planning and bundling to do."""
        is_late = monotonic() - self._begun_at > LEASE.total_seconds() / 2
        is_late &= self.counts.total() > 0  # each pass does something
        is_lost = self.connections.are_gone and not self.connections.unusable
        return self._is_down or is_late or is_lost or self.connections.leaving.is_set()

    def _write(self, claimed: Sequence[Claim]) -> list[ComposedLetter]:
        letters: list[ComposedLetter] = []
        reason = self.connections.unusable if claimed and self.connections.are_gone else ""
        if reason:  # said in the delivery log of each; the cause was logged once
            self._breaker.shut(reason, self._instant(), ENOUGH)
            self._is_down = True
            failures, settled = [RenderFailure(claim, reason) for claim in claimed], 0
        else:
            letters, settled, failures = self.composer.write(self.database, claimed, self.now)
        record = attempts.render_failed
        outcomes = [FinishedDelivery(each.claim, record, each.reason) for each in failures]
        if outcomes:
            self._commit(partial(self._record, outcomes))
        self.counts.update(settled=settled, deferred=len(failures))
        return letters

    def _record(self, finished: Sequence[FinishedDelivery], transaction: DriverTransaction) -> None:
        for delivery in finished:
            delivery.record(transaction, delivery.claim, delivery.reply, self.now)

    def _commit(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        """Do `work` in one transaction, again for some minutes where the database fails.

        It must be the same when it is done twice. Raises NotWritten in the end; the letters in
        flight are then unknown, as after a death.
        """
        for seconds in COMMIT_RETRY_DELAYS:
            try:
                return self._committed(work)
            except NotWritten as error:
                _log.warning("outcome_not_written error=%s again_in=%ss", error, seconds)
                self._disconnect()
                self.pause(seconds)
        return self._committed(work)

    def _committed(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        self._transactions = self._transactions or DriverTransaction(self.database)
        return self._transactions.transaction(work)

    def _disconnect(self) -> None:
        transactions, self._transactions = self._transactions, None
        if transactions:
            transactions.close()

    # --- out and back -----------------------------------------------------------------------------

    def _record_and_send(self, finished: Sequence[FinishedDelivery]) -> None:
        """Write down what became of letters, and that the next are in flight; send these.

        Of each connection one letter: so many are unknown should we die before it is written.
        """
        self._is_down |= any(delivery.down for delivery in finished)
        self._is_down |= self._breaker.learn(finished, self._instant())
        decided = [delivery for delivery in finished if delivery.blame not in ABOUT_ADDRESS]
        self.counts.update("sent" if delivery.is_sent else "deferred" for delivery in decided)
        over, free = self._is_over(), self.connections.ready()
        avoided = self._take_avoided()
        if not finished and not (self._letters and (over or free)):
            return

        def work(transaction: DriverTransaction) -> tuple[list[ComposedLetter], int]:
            self._record(finished, transaction)
            _hand_back(transaction, avoided)
            if over:
                return [], _hand_back(transaction, self._letters)
            return self._begin(transaction, self._letters, free)

        begun, passed = self._commit(work)
        self._breaker.note()
        self.moved_at = monotonic()
        del self._letters[:passed]
        for letter in begun:
            self.connections.send(letter)

    def _take_avoided(self) -> list[ComposedLetter]:
        """Take out of what is next whatever is not to go out any more in this pass."""
        if not (domain := self._breaker.avoids):
            return []
        to_all = self._letters
        self._letters = [each for each in to_all if domain_of(each.claim.address) != domain]
        return [each for each in to_all if domain_of(each.claim.address) == domain]

    def _judge_addresses(self) -> None:
        """Strike off or set aside the addresses that are to blame, now that all is back."""
        blamed = self._breaker.verdicts(self._instant())
        ends = {Blame.ADDRESS: attempts.rejected, Blame.MAILBOX: attempts.mailbox_full}
        outcomes = [replace(each, record=ends[each.blame]) for each in blamed if each.blame]
        if outcomes:
            self._commit(partial(self._record, outcomes))
        held = len(self._breaker.suspects)
        self.counts.update(gave_up=len(blamed), deferred=held - len(blamed))

    def _begin(
        self, transaction: DriverTransaction, letters: list[ComposedLetter], at_most: int
    ) -> tuple[list[ComposedLetter], int]:
        """The next letters that are ours to send, now written down as in flight.

        And how many have been passed by for good: begun as well, told to wait, or taken over.
        """
        begun: list[ComposedLetter] = []
        limit, is_open = self.connections.traits.limit, self.hours.allow(self._instant())
        for n, letter in enumerate(letters):
            if len(begun) == at_most:
                return begun, n
            if not (is_open or letter.claim.is_asked_for):
                _hand_back(transaction, [letter])
            elif free_at := limit and self._free_at(transaction, letter.claim, limit):
                if not limit.per_address:  # the others need not even be asked for
                    self._is_drained = True
                    return begun, n + _hand_back(transaction, letters[n:])
                messages.wait_until(transaction, letter.claim, until=free_at)
            elif attempts.begin(transaction, letter.claim, self.now):
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
        return self.now + timedelta(seconds=monotonic() - self.since)


def _hand_back(transaction: DriverTransaction, letters: Collection[ComposedLetter]) -> int:
    """Let others send these; returns how many they are."""
    attempts.hand_back(transaction, [letter.claim for letter in letters])
    return len(letters)
