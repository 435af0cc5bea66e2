"""One thread of one channel at work: claim, write, freeze, then send and record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter and the beginning of the next over the same connection are one commit, so
that whenever the process dies at most one letter of each connection is in the dark: the one
that was on its way.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from time import monotonic, sleep
from typing import TypeVar

from dj_cadence.domain.letter import Limit, Notifier, Traits, traits
from dj_cadence.services.letters import Composer, Empty, Fault, Written, token_subject
from dj_cadence.services.trip import Trip, ready
from dj_cadence.store import ledger, outcomes, rates, tokens
from dj_cadence.store import letters as kept
from dj_cadence.store.database import Database
from dj_cadence.store.ledger import Claim
from dj_cadence.store.prepared import Ledger, NotWritten

LEASE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(days=45)
"""Of a message's link, should its tasks last longer; each reminder brings another."""
PATIENCE = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
"""Seconds between tries to write an outcome down: what was accepted must not be forgotten."""
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


@dataclass
class Lane:
    """Sends what is due on one channel until nothing is left or the pass is over."""

    database: Database
    composer: Composer
    channel: str
    notifiers: Sequence[Notifier]
    """Alike, and used by this lane alone: a connection each."""
    owner: str
    now: datetime
    since: float
    """What `monotonic` said at `now`."""
    turn: AbstractContextManager[object]
    """Held while writing to the database."""
    counts: Counter[str] = field(default_factory=Counter)
    _started: float = field(default_factory=monotonic)
    _down: bool = False
    """Nothing would get through on this channel now."""
    _used_up: bool = False
    """It may not be used any more for now."""
    _ledger: Ledger | None = None

    def run(self) -> Counter[str]:
        """Send; returns how many messages were sent, postponed, gave_up and settled."""
        with ExitStack() as leaving:
            leaving.callback(self._let_go)
            for notifier in self.notifiers:
                leaving.callback(self._close, notifier)
            while self._send_batch() and not (self._is_over() or self._used_up):
                pass
        return self.counts

    def _close(self, notifier: Notifier) -> None:
        try:
            notifier.close()
        except Exception as error:  # noqa: BLE001  a site's own notifier may raise anything
            _log.error("notifier_failed channel=%s error=%s", self.channel, type(error))

    @cached_property
    def _traits(self) -> Traits:
        return traits(self.notifiers[0])

    def _is_over(self) -> bool:
        """The leases of a pass must outlast it, and the next has planning and bundling to do."""
        return self._down or monotonic() - self._started > LEASE.total_seconds() / 2

    def _send_batch(self) -> bool:
        """One batch from claim to outcome; False where nothing is due any more."""
        with self.turn, self.database.write(durable=False) as session:
            until, many = self._instant() + LEASE, self._at_most()
            claims = ledger.claim(session, self.owner, self.channel, self.now, until, at_most=many)
            ledger.trim(session, claims)
        self._send(self._write(claims))
        with self.turn, self.database.write(durable=False) as session:
            ledger.close_said(session, claims)
        return bool(claims)

    def _at_most(self) -> int:
        """What is written and cannot go out would say tomorrow what was true today."""
        limit = self._traits.limit
        return min(ledger.BATCH, limit.messages) if limit else ledger.BATCH

    def _write(self, claims: Sequence[Claim]) -> deque[Written]:
        made = self.composer.write(self.database, claims, self.now)
        letters = deque(found for found in made if isinstance(found, Written))
        self._freeze(letters)
        if empty := [found.claim for found in made if isinstance(found, Empty)]:
            with self.turn, self.database.write(durable=False) as session:
                ledger.settle(session, empty)
        if faults := [found for found in made if isinstance(found, Fault)]:
            self._commit(lambda book: self._put_off(book, faults))
        if self.channel not in self.composer.unusable:  # which was logged once
            for fault in faults:  # the reason may hold what the message says: not for the log
                _log.error("message_unwritable id=%d, see its attempts", fault.claim.id)
        self.counts.update(settled=len(empty), postponed=len(faults))
        return letters

    def _freeze(self, letters: Iterable[Written]) -> None:
        """Keep those that were just written, and what their links open with."""
        if fresh := [letter.frozen for letter in letters if letter.frozen]:
            links = [(one.token, token_subject(one.claim.id)) for one in letters if one.token]
            with self.turn, self.database.write(durable=False) as session:
                kept.freeze(session, fresh)
                tokens.remember_messages(session, links, self.now, self.now + TOKEN_LIFE)

    def _put_off(self, book: Ledger, faults: Sequence[Fault]) -> None:
        for fault in faults:
            outcomes.unwritable(book, fault.claim, fault.reason, self.now)

    def _send(self, letters: deque[Written]) -> None:
        """All of them, on each connection one at a time."""
        trips = self._turn_over((), self.notifiers, letters)
        while trips:
            if ended := [trip for trip in ready(trips) if trip.go_on()]:
                free = [trip.notifier for trip in ended]
                trips = [trip for trip in trips if trip not in ended]
                trips += self._turn_over(ended, free, letters)
            if self._is_over():
                trips = self._called_back(trips)
        if letters:  # time ran out while one was written down
            self._commit(lambda book: self._handed_back(book, letters))

    def _turn_over(
        self, ended: Sequence[Trip], free: Sequence[Notifier], letters: deque[Written]
    ) -> list[Trip]:
        """Write down what became of letters, and that the next are on their way where it is free.

        Of each connection one letter: so many are in the dark should we die before it is written.
        """
        self._down |= any(trip.outcome.down for trip in ended)
        over = bool(ended) and self._is_over()  # each pass sends something

        def work(book: Ledger) -> tuple[list[Written], int]:
            for trip in ended:
                trip.outcome.record(book, trip.written.claim, trip.outcome.reply, self.now)
            if over:
                return [], self._handed_back(book, letters)
            return self._begin(book, letters, len(free))

        begun, passed = self._commit(work)
        self.counts.update(trip.outcome.counted for trip in ended)
        for _ in range(passed):
            letters.popleft()
        return [Trip(*one) for one in zip(free, begun, strict=False)]

    def _begin(
        self, book: Ledger, letters: deque[Written], at_most: int
    ) -> tuple[list[Written], int]:
        """The next letters that are ours to send, now written down as on their way.

        And how many have been passed by for good: begun as well, told to wait, or taken over.
        """
        begun: list[Written] = []
        limit = self._traits.limit
        for n, letter in enumerate(letters):
            if len(begun) == at_most:
                return begun, n
            if free_at := limit and self._free_at(book, letter.claim, limit):
                if not limit.per_address:  # the others need not even be asked for
                    self._used_up = True
                    return begun, n + self._handed_back(book, list(letters)[n:])
                outcomes.wait(book, letter.claim, free_at)
            elif outcomes.begin(book, letter.claim, self.now):
                begun.append(letter)
        return begun, len(letters)

    def _handed_back(self, book: Ledger, letters: Collection[Written]) -> int:
        """Let others send these; returns how many they are."""
        outcomes.hand_back(book, [letter.claim for letter in letters])
        return len(letters)

    def _called_back(self, trips: Sequence[Trip]) -> list[Trip]:
        """Hand back what was not even begun; returns the others."""
        if unbegun := [trip.written for trip in trips if not trip.awaited]:
            self._commit(lambda book: self._handed_back(book, unbegun))
        return [trip for trip in trips if trip.awaited]

    def _free_at(self, book: Ledger, claim: Claim, limit: Limit) -> datetime | None:
        """From when the channel may be used for this; None: now, and its limit counts it."""
        bucket = f"{claim.channel} {claim.address}" if limit.per_address else claim.channel
        return rates.take(book, bucket, limit, self._instant())

    def _commit(self, work: Callable[[Ledger], _Done]) -> _Done:
        """Do `work` in one transaction, again for some minutes where the database fails.

        So `work` must be the same when it is done twice. Raises in the end; the letter on
        its way is then unknown, as after a death.
        """
        for pause in PATIENCE:
            try:
                return self._committed(work)
            except NotWritten as error:
                _log.warning("outcome_not_written error=%s again_in=%ss", error, pause)
                self._let_go()
                sleep(pause)
        return self._committed(work)

    def _committed(self, work: Callable[[Ledger], _Done]) -> _Done:
        with self.turn:
            if self._ledger is None:
                self._ledger = Ledger(self.database)
            return self._ledger.transaction(work)

    def _let_go(self) -> None:
        """Of the connection to the database."""
        book, self._ledger = self._ledger, None
        if book is not None:
            book.close()

    def _instant(self) -> datetime:
        """It takes time to send, and limits and leases count from the moment itself."""
        return self.now + timedelta(seconds=monotonic() - self.since)
