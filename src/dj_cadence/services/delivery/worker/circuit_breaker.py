"""Decides for one channel and pass how many letters may go on, and learns from what comes back.

Verdicts about addresses are held until the pass is over: where many people are refused in the
same words, the channel is to blame, whatever the words say.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from dj_cadence.domain.messages import circuit
from dj_cadence.domain.messages.circuit import Circuit
from dj_cadence.errors import Blame
from dj_cadence.services.delivery.worker.connection import FinishedDelivery
from dj_cadence.store.core.database import Database, DatabaseError
from dj_cadence.store.delivery import circuits, claims
from dj_cadence.transport.refusals.reply import wording

ALIKE = 3
"""So many people refused in the same words, and most of a pass, are the channel's fault."""
ALIKE_IN_A_ROW = 10
"""Or so many one after the other, whatever went out before."""
ABOUT_ADDRESS = (Blame.ADDRESS, Blame.MAILBOX)
_log = logging.getLogger(__name__)


def domain_of(address: str) -> str:
    """Empty for what is no e-mail address."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


class CircuitBreaker:
    """For one pass over one channel."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._is_known = False
        """Whether something is wrong with the channel, as far as this pass knows."""
        self._refusals = 0
        """About us, since something was taken; also in earlier passes."""
        self._unwritten: list[Callable[[], object]] = []
        self._is_trial = False
        """The channel is shut, and this pass sends its one letter."""
        self._accepted = 0
        self._others = 0
        """Came back for another reason than their own address."""
        self._suspects: list[tuple[str, FinishedDelivery]] = []
        """Each with what was said."""
        self._in_a_row = 0
        """Of the last suspects, so many were refused in the same words."""
        self._domains: set[str] = set()
        """Of the addresses refused about us since something was taken; empty: unknown."""
        self._undecided: list[Callable[[], object]] = []
        """Refusals that shut the channel, unless letters to other domains get through."""
        self._may_try_another = False
        """The trial letter came back for its addressee's sake, which says nothing of us."""
        self.avoids = ""
        """The domain to which nothing more goes out in this pass."""

    def room(self, now: datetime) -> int | None:
        """How many letters may be claimed now; None: as many as one likes.

        Of a shut channel one, by one process alone, when its time has come.
        """
        if self._is_trial:  # it is not back yet, or was refused
            another, self._may_try_another = self._may_try_another, False
            return 1 if another and len(self._suspects) < ALIKE else 0
        if self._undecided:
            return 1
        state, revision = self._load(now)
        if state is None or not state.is_shut:
            return None
        if not (self.avoids or state.may_try(now)):
            return 0
        later = now + timedelta(seconds=state.pause_seconds)
        with self._database.write() as session:
            mine = circuits.save(session, replace(state, next_try_at=later), revision)
        self._is_trial = mine
        return 1 if mine else 0

    def _load(self, now: datetime) -> tuple[Circuit | None, int]:
        """What is known of the channel. Where one domain alone refuses us, others come first."""
        with self._database.read() as session:
            state, revision = circuits.load(session, self._channel)
            if state and state.is_shut and state.domain:
                others = claims.is_due_elsewhere(session, self._channel, now, state.domain)
                self.avoids = state.domain if others else ""
        self._is_known = state is not None
        self._refusals = state.refusals if state else 0
        self._domains = {state.domain} if state and state.refusals else set()
        return state, revision

    def learn(self, finished: Sequence[FinishedDelivery], now: datetime) -> bool:
        """What came back, in its order; returns whether the channel is shut by it.

        Nothing is written down before `note`: what became of the letters themselves comes first.
        """
        is_shut = False
        for delivery in finished:
            if delivery.outcome.is_sent:
                self._take(now)
            elif delivery.outcome.blame in ABOUT_ADDRESS:
                is_shut |= self._suspect(delivery)
            else:
                self._others += 1
                self._in_a_row = 0
                if delivery.outcome.down or delivery.outcome.blame is Blame.CHANNEL:
                    many = circuit.ENOUGH if delivery.outcome.down else 1
                    is_shut |= self._refuse(delivery, now, many)
        return is_shut

    def note(self) -> None:
        """Write down what was learnt. That it cannot be is no reason to break off."""
        waiting, self._unwritten = self._unwritten, []
        try:
            for write in waiting:
                write()
        except DatabaseError as error:
            _log.warning("circuit_not_written channel=%s error=%s", self._channel, type(error))

    @property
    def held(self) -> int:
        """How many letters wait for `verdicts`."""
        return len(self._suspects)

    def verdicts(self, now: datetime) -> list[FinishedDelivery]:
        """At the end of the pass: those whose own address is to blame after all."""
        self._decide()
        self.note()
        if self._is_trial:
            return []
        wordings = [words for words, _ in self._suspects]
        passed = len(wordings) + self._accepted + self._others
        alike = {
            delivery
            for delivery in wordings
            if wordings.count(delivery) >= ALIKE and 2 * wordings.count(delivery) > passed
        }
        if self._in_a_row >= ALIKE_IN_A_ROW:
            alike.add(wordings[-1])
        if blamed := [delivery for words, delivery in self._suspects if words in alike]:
            self.shut(blamed[-1].outcome.reply, now, len(blamed))
        return [delivery for words, delivery in self._suspects if words not in alike]

    def shut(
        self,
        reason: str,
        now: datetime,
        many: int,
        retry_after: float | None = None,
        domain: str = "",
    ) -> None:
        """Something about us was refused so many times, by servers of `domain` if it is one."""
        after_some = self._accepted > 0

        def change(state: Circuit | None) -> Circuit:
            state = state or Circuit(self._channel, now, reason, 0, now)
            return circuit.refused(
                state, reason, now, many, retry_after, after_some=after_some, domain=domain
            )

        self._is_known = True
        self._change(change)

    def _refuse(self, delivery: FinishedDelivery, now: datetime, many: int) -> bool:
        self._refusals += many
        self._domains.add("" if delivery.outcome.down else domain_of(delivery.composed.letter.to))
        domain = next(iter(self._domains)) if len(self._domains) == 1 else ""
        reason, retry_after = delivery.outcome.reply, delivery.outcome.retry_after
        self._undecided.append(partial(self.shut, reason, now, many, retry_after, domain))
        is_enough = self._refusals >= circuit.ENOUGH or self._is_trial
        if is_enough and domain and not self._is_trial:
            self.avoids = domain  # perhaps it is that domain's alone: the others will show
            return False
        self._decide()
        return is_enough

    def _decide(self) -> None:
        """What was refused counts for the channel."""
        self._unwritten += self._undecided
        self._undecided = []

    def _take(self, now: datetime) -> None:
        self._accepted += 1
        self._in_a_row = 0
        self._is_trial = False
        self._undecided, self._domains = [], set()
        if self._is_known or self._refusals:
            self._is_known, self._refusals = False, 0
            self._unwritten.append(partial(self._reopen, now))

    def _reopen(self, now: datetime) -> None:
        with self._database.write() as session:
            circuits.reopen(session, self._channel, now)
        _log.info("channel_takes_letters channel=%s", self._channel)

    def _suspect(self, delivery: FinishedDelivery) -> bool:
        to = delivery.composed.letter.to
        text = wording(delivery.outcome.reply, (to, to.partition("@")[0]))
        alike = bool(self._suspects) and self._suspects[-1][0] == text and self._in_a_row > 0
        self._in_a_row = self._in_a_row + 1 if alike else 1
        self._suspects.append((text, delivery))
        self._may_try_another = self._is_trial
        return self._in_a_row >= ALIKE_IN_A_ROW

    def _change(self, change: Callable[[Circuit | None], Circuit]) -> None:
        while True:
            with self._database.write() as session:
                state, revision = circuits.load(session, self._channel)
                changed = change(state)
                if circuits.save(session, changed, revision):
                    break
        if changed.is_shut and not (state and state.is_shut):
            _log.error("channel_shut channel=%s refusals=%d", self._channel, changed.refusals)
