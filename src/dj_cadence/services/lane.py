"""One connection of one channel at work: claim, write, freeze, then one by one send and record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter and the beginning of the next are one commit, so that whenever the
process dies at most one letter of a lane is in the dark: the one that was on its way.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TypeVar

from dj_cadence.domain.letter import Limit, Notifier, traits
from dj_cadence.errors import DeliveryError
from dj_cadence.services.letters import Composer, Fault, Written, token_subject
from dj_cadence.store import ledger, outcomes, rates, tokens
from dj_cadence.store import letters as kept
from dj_cadence.store.database import Database
from dj_cadence.store.ledger import Claim
from dj_cadence.store.prepared import Ledger, NotWritten

LEASE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(days=120)
PATIENCE = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
"""Seconds between tries to write an outcome down: what was accepted must not be forgotten."""
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try."""

    record: Callable[[Ledger, Claim, str, datetime], None]
    counted: str
    reply: str
    down: bool = False
    """Nothing else would get through on this channel now."""


@dataclass
class Lane:
    """Sends what is due on one channel until nothing is left or the pass is over."""

    database: Database
    composer: Composer
    channel: str
    notifier: Notifier
    """Used by this lane alone."""
    owner: str
    now: datetime
    turn: AbstractContextManager[object]
    """Held while writing to the database."""
    counts: Counter[str] = field(default_factory=Counter)
    _started: float = field(default_factory=monotonic)
    _down: bool = False
    _ledger: Ledger | None = None

    def run(self) -> Counter[str]:
        """Send; returns how many messages were sent, postponed, gave_up and settled."""
        try:
            while self._send_batch() and not self._is_over():
                pass
        finally:
            self.notifier.close()
            self._let_go()
        return self.counts

    def _is_over(self) -> bool:
        """The leases of a pass must outlast it, and the next has planning and bundling to do."""
        return self._down or monotonic() - self._started > LEASE.total_seconds() / 2

    def _send_batch(self) -> bool:
        """One batch from claim to outcome; False where nothing is due any more."""
        with self.turn, self.database.write(durable=False) as session:
            until, many = self._instant() + LEASE, self._at_most()
            claims = ledger.claim(session, self.owner, self.channel, self.now, until, at_most=many)
            empty = ledger.trim(session, claims)
        self.counts["settled"] += len(empty)
        self._send(self._write([claim for claim in claims if claim.id not in empty]))
        with self.turn, self.database.write(durable=False) as session:
            ledger.close_said(session, claims)
        return bool(claims)

    def _at_most(self) -> int:
        """What is written and cannot go out would say tomorrow what was true today."""
        limit = traits(self.notifier).limit
        return min(ledger.BATCH, limit.messages) if limit else ledger.BATCH

    def _write(self, claims: Sequence[Claim]) -> deque[Written]:
        made = self.composer.write(self.database, claims, self.now)
        letters = deque(found for found in made if isinstance(found, Written))
        faults = [found for found in made if isinstance(found, Fault)]
        fresh = [letter.frozen for letter in letters if letter.frozen]
        ids = [one.claim.id for one in fresh]
        links = [(self.composer.token(id_), token_subject(id_)) for id_ in ids]
        if fresh:
            with self.turn, self.database.write(durable=False) as session:
                kept.freeze(session, fresh)
                tokens.remember_messages(session, links, self.now, self.now + TOKEN_LIFE)
        if faults:
            self._commit(lambda book: self._put_off(book, faults))
        for fault in faults:  # the reason may hold what the message says: not for the log
            _log.error("message_unwritable id=%d, see its attempts", fault.claim.id)
        self.counts["postponed"] += len(faults)
        return letters

    def _put_off(self, book: Ledger, faults: Sequence[Fault]) -> None:
        for fault in faults:
            outcomes.unwritable(book, fault.claim, fault.reason, self.now)

    def _send(self, letters: deque[Written]) -> None:
        current = self._commit(lambda book: self._begin_next(book, letters))
        while current:
            while letters.popleft() is not current:
                pass  # taken over by another process, or told to wait
            outcome = self._try(current)
            self._down |= outcome.down
            current = self._record(current, outcome, letters)
            self.counts[outcome.counted] += 1

    def _record(self, letter: Written, outcome: Outcome, letters: deque[Written]) -> Written | None:
        """Write down what became of a letter, and that the next one is on its way."""
        over = self._is_over()

        def work(book: Ledger) -> Written | None:
            outcome.record(book, letter.claim, outcome.reply, self.now)
            if not over:
                return self._begin_next(book, letters)
            outcomes.hand_back(book, [waiting.claim for waiting in letters])
            return None

        return self._commit(work)

    def _begin_next(self, book: Ledger, letters: deque[Written]) -> Written | None:
        """The next letter that is still ours to send, now written down as on its way."""
        limit = traits(self.notifier).limit
        for n, letter in enumerate(letters):
            if free_at := limit and self._free_at(book, letter.claim, limit):
                if not limit.per_address:  # the others need not even be asked for
                    self._down = True
                    outcomes.hand_back(book, [one.claim for one in list(letters)[n:]])
                    return None
                outcomes.wait(book, letter.claim, free_at)
            elif outcomes.begin(book, letter.claim, self.now):
                return letter
        return None

    def _free_at(self, book: Ledger, claim: Claim, limit: Limit) -> datetime | None:
        """From when the channel may be used for this; None: now, and its limit counts it."""
        bucket = f"{claim.channel} {claim.address}" if limit.per_address else claim.channel
        return rates.take(book, bucket, limit, self._instant())

    def _try(self, letter: Written) -> Outcome:
        """Send it; returns how the outcome is to be recorded, and the channel's answer."""
        if letter.letter.form is not traits(self.notifier).form:  # a group must not get a letter
            reply = "渠道改了用途，旧消息不再从这里发出"
            return Outcome(outcomes.postponed, "postponed", reply)
        try:
            return Outcome(outcomes.sent, "sent", self.notifier.send(letter.letter))
        except DeliveryError as error:
            if error.permanent:
                return Outcome(outcomes.refused, "gave_up", error.reply)
            if error.unknown:
                return Outcome(outcomes.in_the_dark, "postponed", error.reply)
            return Outcome(outcomes.postponed, "postponed", error.reply, error.down)
        except Exception as error:  # noqa: BLE001  a site's own notifier may raise anything
            _log.error("notifier_failed channel=%s error=%s", self.channel, type(error))
            reply = f"渠道程序出错：{type(error).__name__}"
            return Outcome(outcomes.postponed, "postponed", reply)

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
        return self.now + timedelta(seconds=monotonic() - self._started)
