"""A thread that works through the letters of one channel: claim, write, freeze, send, record.

Each step is its own transaction, and none is open while a template or a server works. The
outcome of one letter is committed before the next goes out over the same connection, often in
one commit with its beginning; so whenever the process dies at most one letter of each connection
is in the dark: the one that was on its way.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from typing import TypeVar

from dj_cadence.domain.messages.circuit import ENOUGH
from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.domain.messages.sending_hours import SendingHours
from dj_cadence.errors import Blame
from dj_cadence.services.delivery.breaker import ABOUT_ADDRESS, Breaker, domain_of
from dj_cadence.services.delivery.compose import ComposedLetter, Composer, Empty, Fault
from dj_cadence.services.delivery.connections import Connections, Landed
from dj_cadence.signing import message_subject
from dj_cadence.store.core.compiled import DriverTransaction, NotWritten
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import attempts, rate_limits
from dj_cadence.store.delivery import claims as ledger
from dj_cadence.store.delivery import letters as kept
from dj_cadence.store.delivery.claims import Claim
from dj_cadence.store.reminders import notices
from dj_cadence.store.site import tokens

LEASE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(days=45)
"""Of a message's link, should its tasks last longer; each reminder brings another."""
COMMIT_RETRY_DELAYS = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
"""Seconds between tries to write an outcome down: what was accepted must not be forgotten."""
_log = logging.getLogger(__name__)
_Done = TypeVar("_Done")


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
        """How many messages were sent, postponed, gave_up and settled."""
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
        self._unsaid: list[Claim] = []
        """Whose notices are not told yet what became of them."""
        self._down = False
        """Nothing would get through on this channel now."""
        self._drained = False
        """Nothing more is to be claimed."""
        self._breaker = Breaker(database, self.channel)
        self._ledger: DriverTransaction | None = None

    def run(self) -> None:
        try:
            if self._connections.open() or self._connections.unusable:
                self._work()
        except Exception as error:  # noqa: BLE001  the pass that waits for it raises it
            self._break_off(error)
        finally:
            self._let_go()
            self._connections.close()

    def _break_off(self, error: Exception) -> None:
        _log.error("channel_broke_off channel=%s error=%s", self.channel, type(error))
        self.error, self._drained = error, True

    def _work(self) -> None:
        self._composer = replace(self._composer, form=self._connections.traits.form)
        landed: list[Landed] = []
        while True:
            self._turn_over(landed)
            landed = []
            if self._wants_more():
                self._next_batch()
            elif self._is_through():
                break
            else:
                landed = self._connections.landed()
        self._close_said()
        self._judge_addresses()

    # --- from what is due to letters that are ready -----------------------------------------------

    def _wants_more(self) -> bool:
        """Whether nobody is idle for want of letters."""
        idle = self._connections.are_free or self._connections.are_gone
        return idle and not self._letters and not self._drained

    def _is_through(self) -> bool:
        """Whether everything is back, and nothing will follow."""
        at_rest = not self._letters and not self._connections.on_their_way()
        return at_rest and (self._drained or self._connections.are_gone)

    def _next_batch(self) -> None:
        """Where it fails, what is on its way still gets its outcome."""
        try:
            self._close_said()
            claims = self._claim()
            self._drained = not claims
            self._unsaid += claims
            self._letters += self._write(claims)
        except Exception as error:  # noqa: BLE001  as in `run`
            self._break_off(error)

    def _claim(self) -> list[Claim]:
        """What is to go out next; nothing where the channel is not to be used any more."""
        many = self._at_most()
        if not many:
            return []
        with self.database.write(durable=False) as session:
            until = self._instant() + LEASE
            claims = ledger.claim(
                session,
                self.owner,
                self.channel,
                self._now,
                until,
                at_most=many,
                asked_only=self._is_closing_time(),
                avoiding=self._breaker.avoids,
            )
            unwritten = [claim.id for claim in claims if claim.content is None]
            notices.close_needless(session, message_ids=unwritten)
        return claims

    def _at_most(self) -> int:
        """What is written and cannot go out would say tomorrow what was true today."""
        if self._is_over():
            return 0
        limit = self._connections.traits.limit
        most = min(ledger.BATCH, limit.messages) if limit else ledger.BATCH
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
        return self._down or is_late or is_lost or self._connections.leaving.is_set()

    def _write(self, claims: Sequence[Claim]) -> list[ComposedLetter]:
        reason = self._connections.unusable if claims and self._connections.are_gone else ""
        if reason:  # said in the delivery log of each; the cause was logged once
            self._breaker.shut(reason, self._instant(), ENOUGH)
            self._down = True
            self._put_off([Fault(claim, reason) for claim in claims])
            return []
        made = self._composer.write(self.database, claims, self._now)
        letters = [found for found in made if isinstance(found, ComposedLetter)]
        self._freeze(letters)
        self._settle([found.claim for found in made if isinstance(found, Empty)])
        faults = [found for found in made if isinstance(found, Fault)]
        for fault in faults:  # the reason may hold what the message says: not for the log
            _log.error("message_unwritable id=%d, see its attempts", fault.claim.id)
        self._put_off(faults)
        return letters

    def _freeze(self, letters: Iterable[ComposedLetter]) -> None:
        """Keep those that were just written, and what their links open with."""
        if fresh := [letter.frozen for letter in letters if letter.frozen]:
            links = [(one.token, message_subject(one.claim.id)) for one in letters if one.token]
            with self.database.write(durable=False) as session:
                kept.freeze(session, fresh)
                tokens.remember_messages(session, links, self._now, self._now + TOKEN_LIFE)

    def _settle(self, empty: Sequence[Claim]) -> None:
        if empty:
            with self.database.write(durable=False) as session:
                ledger.settle(session, empty)
        self.counts.update(settled=len(empty))

    def _put_off(self, faults: Sequence[Fault]) -> None:
        def work(book: DriverTransaction) -> None:
            for fault in faults:
                attempts.unwritable(book, fault.claim, fault.reason, self._now)

        if faults:
            self._commit(work)
        self.counts.update(postponed=len(faults))

    def _close_said(self) -> None:
        """Tell the notices of the letters that are back."""
        if self._unsaid:
            with self.database.write(durable=False) as session:
                notices.close_sent(session, [claim.id for claim in self._unsaid])
        on_their_way = {one.claim.id for one in self._connections.on_their_way()}
        self._unsaid = [claim for claim in self._unsaid if claim.id in on_their_way]

    # --- out and back -----------------------------------------------------------------------------

    def _turn_over(self, landed: Sequence[Landed]) -> None:
        """Write down what became of letters, and that the next are on their way; send these.

        Of each connection one letter: so many are in the dark should we die before it is written.
        """
        self._down |= any(one.outcome.down for one in landed)
        self._down |= self._breaker.learn(landed, self._instant())
        decided = [one for one in landed if one.outcome.blame not in ABOUT_ADDRESS]
        self.counts.update(one.outcome.counted for one in decided)
        over, room = self._is_over(), self._connections.ready()
        left_out = self._left_out()
        if not landed and not (self._letters and (over or room)):
            return

        def work(book: DriverTransaction) -> tuple[list[ComposedLetter], int]:
            for one in landed:
                one.outcome.record(book, one.written.claim, one.outcome.reply, self._now)
            self._handed_back(book, left_out)
            if over:
                return [], self._handed_back(book, self._letters)
            return self._begin(book, self._letters, room)

        begun, passed = self._commit(work)
        self._breaker.note()
        self.moved_at = monotonic()
        for _ in range(passed):
            self._letters.popleft()
        for letter in begun:
            self._connections.send(letter)

    def _left_out(self) -> list[ComposedLetter]:
        """Those that are not to go out any more in this pass, taken out of what is next."""
        avoids = self._breaker.avoids
        left_out = [one for one in self._letters if avoids and domain_of(one.letter.to) == avoids]
        if left_out:
            self._letters = deque(one for one in self._letters if one not in left_out)
        return left_out

    def _judge_addresses(self) -> None:
        """Strike off or set aside the addresses that are to blame, now that all is back."""
        held, blamed = self._breaker.held, self._breaker.verdicts(self._instant())

        def work(book: DriverTransaction) -> None:
            for one in blamed:
                record = attempts.refused if one.outcome.blame is Blame.ADDRESS else attempts.aside
                record(book, one.written.claim, one.outcome.reply, self._now)

        if blamed:
            self._commit(work)
        self.counts.update(gave_up=len(blamed), postponed=held - len(blamed))

    def _begin(
        self, book: DriverTransaction, letters: deque[ComposedLetter], at_most: int
    ) -> tuple[list[ComposedLetter], int]:
        """The next letters that are ours to send, now written down as on their way.

        And how many have been passed by for good: begun as well, told to wait, or taken over.
        """
        begun: list[ComposedLetter] = []
        limit, is_closing_time = self._connections.traits.limit, self._is_closing_time()
        for n, letter in enumerate(letters):
            if len(begun) == at_most:
                return begun, n
            if is_closing_time and not letter.claim.is_asked_for:
                self._handed_back(book, [letter])
            elif free_at := limit and self._free_at(book, letter.claim, limit):
                if not limit.per_address:  # the others need not even be asked for
                    self._drained = True
                    return begun, n + self._handed_back(book, list(letters)[n:])
                attempts.wait(book, letter.claim, free_at)
            elif attempts.begin(book, letter.claim, self._now):
                begun.append(letter)
        return begun, len(letters)

    def _handed_back(self, book: DriverTransaction, letters: Collection[ComposedLetter]) -> int:
        """Let others send these; returns how many they are."""
        attempts.hand_back(book, [letter.claim for letter in letters])
        return len(letters)

    def _free_at(self, book: DriverTransaction, claim: Claim, limit: Limit) -> datetime | None:
        """From when the channel may be used for this; None: now, and its limit counts it."""
        bucket = f"{claim.channel} {claim.address}" if limit.per_address else claim.channel
        return rate_limits.take(book, bucket, limit, self._instant())

    def _instant(self) -> datetime:
        """It takes time to send, and limits and leases count from the moment itself."""
        return self._now + timedelta(seconds=monotonic() - self._since)

    # --- writing down -----------------------------------------------------------------------------

    def _commit(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        """Do `work` in one transaction, again for some minutes where the database fails.

        So `work` must be the same when it is done twice. Raises in the end; the letter on
        its way is then unknown, as after a death.
        """
        for seconds in COMMIT_RETRY_DELAYS:
            try:
                return self._committed(work)
            except NotWritten as error:
                _log.warning("outcome_not_written error=%s again_in=%ss", error, seconds)
                self._let_go()
                self.pause(seconds)
        return self._committed(work)

    def pause(self, seconds: float) -> None:
        """Until the process is to end, at most."""
        self._connections.leaving.wait(seconds)

    def _committed(self, work: Callable[[DriverTransaction], _Done]) -> _Done:
        if self._ledger is None:
            self._ledger = DriverTransaction(self.database)
        return self._ledger.transaction(work)

    def _let_go(self) -> None:
        """Of the connection to the database."""
        book, self._ledger = self._ledger, None
        if book is not None:
            book.close()
